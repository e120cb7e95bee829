"""The rounds: what has come due is put into the queue once, closed, resumed or taken out, and no fault ends them."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from service.app.end_pair import end_pair
from service.app.rest_pair import pause_pair, resume_due
from service.app.tidy import tidy
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.jobs import rounds
from service.jobs.rounds import Rounds, daily, one_round
from service.store import pairs, proposals, webhooks
from service.store.tables import IdempotencyRow, MailRow
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEvent
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def ledger(house: TestHouse, pair_id: str) -> list[str]:
    with house.house.reading() as session:
        return [entry.type.value for entry in pairs.ledger(session, pair_id)]


def readings(house: TestHouse) -> list[str | int]:
    return [args[0] for _, name, args in house.jobs.waiting() if name == "sync_calendar"]


def test_a_due_calendar_is_read_once_a_beat(house: TestHouse) -> None:
    _, first, second = house.ready_pair()
    house.run()
    one_round(house.house)
    assert readings(house) == [], "they were read when they were connected"
    house.clock.advance(300 - house.clock.now() % 300 + 300)
    for _ in range(3):
        one_round(house.house)
    assert sorted(readings(house)) == sorted([first, second])
    house.run()
    one_round(house.house)
    assert readings(house) == []
    house.clock.advance(300)
    one_round(house.house)
    assert sorted(readings(house)) == sorted([first, second])


def test_an_unanswered_proposal_is_closed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, _ = house.slots(pair)
    one_round(house.house)
    with house.house.reading() as session:
        expires_at = proposals.get(session, proposal).expires_at
    house.clock.advance(expires_at - house.clock.now())
    one_round(house.house)
    one_round(house.house)
    with house.house.reading() as session:
        assert proposals.get(session, proposal).status == "expired"
    assert ledger(house, pair).count("proposal.expired") == 1
    house.run()
    assert len(house.posts.of("proposal.expired")) == 1


def test_a_pause_that_has_run_out_ends(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    pause_pair(house.house, pair, by=Seat.MENTEE, until=house.clock.now() + 7 * DAY)
    house.clock.advance(7 * DAY - 1)
    one_round(house.house)
    assert "pair.resumed" not in ledger(house, pair)
    house.clock.advance(1)
    one_round(house.house)
    one_round(house.house)
    with house.house.reading() as session:
        row = pairs.get(session, pair)
    assert (row.status, row.paused_until) == ("active", None)
    assert ledger(house, pair).count("pair.resumed") == 1
    house.slots(pair)  # and it is offered times again


def test_a_pause_without_an_end_and_an_ended_pair_stay_as_they_are(house: TestHouse) -> None:
    resting, _, _ = house.ready_pair()
    pause_pair(house.house, resting, by=Seat.MENTOR, until=None)
    ended = house.pair(house.person("Cleo"), house.person("Dora"))
    pause_pair(house.house, ended, by=Seat.MENTOR, until=house.clock.now() + DAY)
    end_pair(house.house, ended, by=Seat.MENTOR)
    house.clock.advance(400 * DAY)
    assert resume_due(house.house) == 0
    with house.house.reading() as session:
        assert [pairs.get(session, pair).status for pair in (resting, ended)] == ["paused", "ended"]


def test_watches_that_end_soon_are_renewed_once_an_hour(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "due_watches", lambda _house: ["cal_2", "cal_1"])
    for _ in range(2):
        one_round(house.house)
    assert [(name, args) for _, name, args in house.jobs.waiting()] == [
        ("watch_calendar", ("cal_1",)),
        ("watch_calendar", ("cal_2",)),
    ]
    house.clock.advance(HOUR)
    one_round(house.house)
    assert len(house.jobs.waiting()) == 4


def test_a_part_that_fails_keeps_no_other_waiting(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, _, _ = house.ready_pair()
    pause_pair(house.house, pair, by=Seat.MENTEE, until=house.clock.now() + DAY)
    house.clock.advance(DAY)

    def broken(_house: Any) -> list[str]:
        raise OSError("the database is away")

    monkeypatch.setattr(rounds, "due_calendars", broken)
    monkeypatch.setattr(rounds, "expire_proposals", broken)
    one_round(house.house)
    assert "pair.resumed" in ledger(house, pair)


def test_a_round_that_fails_is_followed_by_the_next(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    beats, enough = [], threading.Event()

    def look_after() -> None:
        beats.append(1)
        if len(beats) == 3:
            enough.set()
        raise RuntimeError("a fault")

    making = Rounds(dataclasses.replace(house.house, sync_seconds=1), look_after)
    monkeypatch.setattr(making._stop, "wait", lambda _seconds: enough.is_set())
    making.start()
    assert enough.wait(30)
    assert making.alive()
    making.stop()
    assert not making.alive()
    assert [args for _, name, args in house.jobs.waiting() if name == "tidy"] == [()], "and once a day is once a day"


def test_what_is_daily_is_asked_for_once_a_day(house: TestHouse) -> None:
    for _ in range(3):
        daily(house.house)
    assert sorted(name for _, name, _ in house.jobs.waiting()) == ["refit", "take_care", "tidy"]
    assert house.run() == 3
    house.clock.advance(DAY)
    daily(house.house)
    assert house.run() == 3


def test_old_idempotency_keys_go(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.app.tidy.AT_ONCE", 2)
    now = house.clock.now()
    with house.house.writing() as session:
        for number in range(5):
            session.add(_key(f"old{number}", now - 7 * DAY - 1))
        session.add(_key("young", now - 7 * DAY))
    tidy(house.house)
    with house.house.reading() as session:
        assert [row.key for row in session.exec(select(IdempotencyRow)).all()] == ["young"]


def _key(key: str, at: int) -> IdempotencyRow:
    return IdempotencyRow(caller="key_1", key=key, fingerprint="f", resource_id="per_1", created_at=at)


def test_delivered_events_go_after_a_month_and_others_stay(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    house.slots(pair)
    house.run()
    house.slots(pair)  # still on its way
    house.clock.advance(30 * DAY)
    tidy(house.house)
    with house.house.reading() as session:
        assert len(session.exec(select(WebhookEvent)).all()) == 2, "a month is kept"
    house.clock.advance(1)
    tidy(house.house)
    with house.house.reading() as session:
        [event] = session.exec(select(WebhookEvent)).all()
        [delivery] = session.exec(select(WebhookDelivery)).all()
        assert session.exec(select(WebhookAttempt)).all() == []
    assert delivery.event_id == event.id
    assert delivery.status == "pending"
    house.run()
    with house.house.reading() as session:
        assert webhooks.delivery(session, delivery.id).status == "delivered"
    tidy(house.house)
    with house.house.reading() as session:
        assert session.exec(select(WebhookEvent)).all() == []


def test_the_words_of_sent_mails_go_after_a_day_and_kept_ones_stay(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    house.booked(pair)
    now = house.clock.now()
    with house.house.writing() as session:
        sent = session.exec(select(MailRow)).one()
        assert (sent.status, sent.sent_at) == ("sent", now)
        facts = {**sent.model_dump(), "id": "mail:kept", "status": "kept"}
        session.add(MailRow(**facts))
        session.add(MailRow(**{**facts, "id": "mail:queued", "status": "queued", "sent_at": None}))
        was = (sent.text, sent.html, sent.draft)
        assert all(was)
    house.clock.advance(DAY)
    tidy(house.house)
    assert _words(house)[sent.id] == was
    house.clock.advance(1)
    tidy(house.house)
    tidy(house.house)
    assert _words(house) == {sent.id: ("", "", None), "mail:kept": was, "mail:queued": was}
    with house.house.reading() as session:
        row = session.get(MailRow, sent.id)
        assert row is not None
        assert (row.subject, row.status, row.sent_at) == (sent.subject, "sent", now)


def _words(house: TestHouse) -> dict[str, Any]:
    with house.house.reading() as session:
        return {row.id: (row.text, row.html, row.draft) for row in session.exec(select(MailRow)).all()}
