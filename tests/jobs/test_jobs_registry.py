"""One try of a job: what is tried again and when, and what happens after the last try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from service.domain.errors import NotFound, Refused, Throttled, Unreachable
from service.domain.timespan import HOUR, MINUTE
from service.jobs import registry
from service.jobs.registry import JOBS, PATIENT, Job, run_job
from service.store import calendars, mails, meetings, webhooks
from service.store.tables import MailRow
from service.store.webhook_tables import WebhookDelivery
from tests.house import make_house
from tests.jobs.jobs_at_work import with_job

HOUSE: Any = None


def failing(monkeypatch: pytest.MonkeyPatch, trouble: Exception, retries: tuple[int, ...] = (5, 30)) -> Any:
    probe = with_job(monkeypatch, "probe", retries)
    probe.troubles = [trouble] * 999
    return probe


def test_done_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = with_job(monkeypatch, "probe")
    assert run_job(HOUSE, "probe", ("a", 1), 0) is None
    assert probe.ran == [("a", 1)]
    assert probe.gave_up == []


def test_what_is_not_there_any_more_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = failing(monkeypatch, NotFound("There is no thing."))
    assert run_job(HOUSE, "probe", ("a",), 0) is None
    assert probe.gave_up == []


def as_planned(waits: list[int | None], planned: list[int | None]) -> bool:
    """Each wait as planned, or up to an eighth longer."""
    return all(
        (one is None and plan is None) or (one is not None and plan is not None and plan <= one <= plan * 9 / 8)
        for one, plan in zip(waits, planned, strict=True)
    )


@pytest.mark.parametrize("trouble", [Unreachable("Away."), Throttled("Wait."), Refused("No."), ValueError("a fault")])
def test_failures_are_tried_again_as_planned_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    probe = failing(monkeypatch, trouble)
    assert as_planned([run_job(HOUSE, "probe", ("a", 1), attempt) for attempt in range(3)], [5, 30, None])
    [(*args, said)] = probe.gave_up
    assert args == ["a", 1]
    if isinstance(trouble, Unreachable | Throttled):
        assert said is trouble
    else:
        assert said.detail == f"An unexpected fault: {type(trouble).__name__}."


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(None, 5), (0, 5), (3, 5), (40, 40), (40.2, 41), (99 * HOUR, 12 * HOUR)],
)
def test_a_wait_that_was_asked_for_is_kept_within_reason(
    monkeypatch: pytest.MonkeyPatch, asked: float | None, waits: int
) -> None:
    failing(monkeypatch, Throttled("Wait.", retry_after=asked))
    assert as_planned([run_job(HOUSE, "probe", ("a",), 0)], [waits])


def test_those_who_failed_together_do_not_all_come_back_together(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Throttled("Wait.", retry_after=HOUR))
    waits = [run_job(HOUSE, "probe", (f"cal_{number}",), 0) or 0 for number in range(100)]
    assert len(set(waits)) > 50
    assert min(waits) >= HOUR
    assert max(waits) <= HOUR * 9 // 8
    assert waits == [run_job(HOUSE, "probe", (f"cal_{number}",), 0) for number in range(100)]


def test_patience_lasts_a_day() -> None:
    assert PATIENT[0] == 5
    assert sum(PATIENT) > 22 * HOUR
    assert list(PATIENT) == sorted(PATIENT)
    assert JOBS["send_mail"].retries == JOBS["write_booking"].retries == PATIENT
    assert sum(JOBS["sync_calendar"].retries) < 6 * MINUTE


def test_giving_up_that_fails_itself_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = failing(monkeypatch, Unreachable("Away."), ())

    def broken(_house: Any, *_args: Any) -> None:
        raise OSError("the database is away")

    monkeypatch.setitem(JOBS, "probe", Job(probe.run, (), broken))
    assert run_job(HOUSE, "probe", ("a",), 0) == HOUR
    assert run_job(HOUSE, "probe", ("a",), registry.GIVE_UPS - 1) == HOUR
    assert run_job(HOUSE, "probe", ("a",), registry.GIVE_UPS) is None


def test_giving_up_on_what_is_not_there_any_more_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = failing(monkeypatch, Unreachable("Away."), ())

    def gone(_house: Any, *_args: Any) -> None:
        raise NotFound("There is no thing.")

    monkeypatch.setitem(JOBS, "probe", Job(probe.run, (), gone))
    assert run_job(HOUSE, "probe", ("a",), 0) is None


def test_a_job_of_a_newer_release_waits_for_a_newer_worker() -> None:
    assert run_job(HOUSE, "not_yet_invented", ("a",), 0) == PATIENT[0]


def test_a_mail_that_is_given_up_says_why(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    pair, _, _ = house.ready_pair()
    house.mails.trouble = Unreachable("The mail server does not answer.")
    house.booked(pair)
    with house.house.reading() as session:
        [first, *_] = session.exec(select(MailRow).order_by(col(MailRow.id))).all()
    assert run_job(house.house, "send_mail", (first.id,), 0) == 5
    assert run_job(house.house, "send_mail", (first.id,), len(PATIENT)) is None
    with house.house.reading() as session:
        row = mails.get(session, first.id)
    assert (row.status, row.problem) == ("failed", "The mail server does not answer.")


def test_a_booking_that_is_given_up_stands_and_is_carried_by_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(tmp_path)
    pair, _, _ = house.ready_pair()

    def away(*_args: Any) -> None:
        raise Unreachable("The calendar does not answer.")

    monkeypatch.setattr(house.house.calendar("local"), "create", away)
    meeting = house.booked(pair)
    assert run_job(house.house, "write_booking", (meeting,), len(PATIENT)) is None
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
    assert (row.booking_status, row.booking_problem) == ("failed", "The calendar does not answer.")
    assert (row.status, row.organizer) == ("booked", "holdfast")


def test_a_delivery_that_cannot_even_be_tried_counts_as_a_failed_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(tmp_path)
    pair, _, _ = house.ready_pair()

    def broken(**_facts: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(house.posts, "send", broken)
    house.slots(pair)
    with house.house.reading() as session:
        delivery = session.exec(select(WebhookDelivery)).one()
    waits = [run_job(house.house, "deliver_webhook", (delivery.id, 0), attempt) for attempt in range(4)]
    assert as_planned(waits, [5, 30, 300, None])
    with house.house.reading() as session:
        row = webhooks.delivery(session, delivery.id)
        [tried] = webhooks.tries(session, delivery.id)
    assert (row.status, row.attempts, row.next_attempt_at) == ("pending", 1, house.clock.now() + 10)
    assert tried.error == "An unexpected fault: RuntimeError."
    assert ("deliver_webhook", (delivery.id, 1)) in [(name, args) for _, name, args in house.jobs.waiting()]


def test_a_calendar_whose_reading_breaks_becomes_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = make_house(tmp_path)
    _, calendar, _ = house.ready_pair()

    def broken(*_args: Any) -> None:
        raise RecursionError("a fault of ours")

    monkeypatch.setattr(house.house.calendar("local"), "sync", broken)
    waits = [run_job(house.house, "sync_calendar", (calendar,), attempt) for attempt in range(4)]
    assert as_planned(waits, [5, 30, 300, None])
    with house.house.reading() as session:
        row = calendars.get(session, calendar)
    assert (row.status, row.problem_text) == ("error", "An unexpected fault: RecursionError.")
