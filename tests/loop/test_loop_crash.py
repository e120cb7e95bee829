"""The process ends between any two transactions of a look, an offer or a confirmation: afterwards all is done, and once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from loop_hand import beat, fallback, ledger, open_offers, posts, proposal, types, until
from sqlalchemy import text
from sqlmodel import Session

from service.app import answer_proposal, close_proposals, fallbacks, look_after, onus, take_care
from service.app.alter_meeting import cancel_meeting
from service.app.pair_rules import consent
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.store import loops
from service.store import migrate as migrations
from service.store.engine import make_engine
from tests.databases import sqlite
from tests.house import TestHouse, make_house


class Crash(BaseException):
    """The process ends: nothing catches it."""


def crashing(patched: pytest.MonkeyPatch, module: Any, name: str, *, after: bool) -> None:
    """The next call ends the process, before or after it did its work (in a transaction: it is rolled back with it)."""
    real: Callable[..., Any] = getattr(module, name)

    def once(*given: Any, **named: Any) -> Any:
        patched.undo()
        if after:
            real(*given, **named)
        raise Crash

    patched.setattr(module, name, once)


def until_it_crashes(house: TestHouse, act: Callable[[], Any]) -> None:
    with pytest.raises(Crash):
        act()


POINTS = [
    (look_after, "_mark", False),
    (look_after, "_propose", False),  # what is due was seen and noted, and nothing proposed
    (look_after, "_search", True),
    (look_after, "store_offer", True),
    (loops, "settle", True),
]


@pytest.mark.parametrize(("module", "name", "after"), POINTS, ids=[name for _, name, _ in POINTS])
def test_a_look_that_is_cut_off_is_taken_again(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: bool
) -> None:
    pair, _, _ = house.ready_pair()
    house.clock.advance(DAY)
    with monkeypatch.context() as patched:
        crashing(patched, module, name, after=after)
        until_it_crashes(house, lambda: look_after.look_after(house.house, pair))
    look_after.look_after(house.house, pair)  # as the durable queue does with what was under way
    beat(house)
    assert types(house, pair).count("proposal.created") == 1
    assert len(open_offers(house, pair)) == 1
    assert len(posts(house, "proposal.created")) == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_pick_is_offered_once(house: TestHouse, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    cancel_meeting(house.house, booked, by=Seat.MENTOR)
    [(_, _, args)] = [job for job in house.jobs.waiting() if job[1] == "offer_times"]
    with monkeypatch.context() as patched:
        crashing(patched, onus, "store_offer", after=after)
        until_it_crashes(house, lambda: onus.offer_times(house.house, *args))  # type: ignore[arg-type]
    assert open_offers(house, pair) == []
    house.run()
    assert [offer.purpose for offer in open_offers(house, pair)] == ["pick"]


@pytest.mark.parametrize("after", [False, True])
def test_what_both_agreed_to_is_booked_once(house: TestHouse, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    pair, _, _ = house.ready_pair(rules={"when_unanswered": "auto_confirm"})
    for seat in Seat:
        consent(house.house, pair, by=seat, auto_confirm=True)
    offer, _ = house.slots(pair)
    house.clock.advance(proposal(house, offer).expires_at - house.clock.now())
    with monkeypatch.context() as patched:
        crashing(patched, answer_proposal, "_book", after=after)
        until_it_crashes(house, lambda: close_proposals.confirm_steadiest(house.house, offer))
    assert "meeting.booked" not in types(house, pair)
    beat(house)
    beat(house, HOUR)
    assert types(house, pair).count("meeting.booked") == 1
    assert proposal(house, offer).status == "accepted"


def test_a_fallback_is_held_once(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, _, _ = house.ready_pair(rules={"fallback": False})
    booked = house.booked(pair)
    from service.app.keep_pair import change_pair

    change_pair(house.house, pair, {"rules": {"fallback": True}})
    with monkeypatch.context() as patched:
        crashing(patched, fallbacks, "_hold_best", after=True)
        until_it_crashes(house, lambda: fallbacks.hold_fallback(house.house, booked))
    assert fallback(house, booked) is None
    for _ in range(2):
        fallbacks.hold_fallback(house.house, booked)
    assert types(house, pair).count("fallback.held") == 1


def test_care_that_is_cut_off_offers_once(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, _, mentees = house.ready_pair()
    offer, slots = house.slots(pair, limit=20)
    slot = min((s for s in slots if s.start > house.clock.now() + 8 * DAY), key=lambda s: s.start)
    booked = answer_proposal.accept_slot(house.house, offer, slot_id=slot.id, by=Seat.MENTEE)
    house.run()
    house.event(mentees, slot.start + HOUR // 2)
    house.run()
    with monkeypatch.context() as patched:
        crashing(patched, take_care, "store_offer", after=True)
        until_it_crashes(house, lambda: (take_care.take_care(house.house), take_care.offer_better(house.house, booked)))
    for _ in range(2):
        take_care.take_care(house.house)
        house.run()
    assert [e.data["purpose"] for e in ledger(house, pair) if e.type == "proposal.created"].count("care") == 1


def test_a_database_of_before_is_brought_on_and_its_pairs_are_looked_after(tmp_path: Path) -> None:
    with sqlite(tmp_path) as url:
        engine = make_engine(url)
        config = migrations._config()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0013")
            old = {row[1] for row in connection.execute(text("PRAGMA table_info(pair)")).all()}
            assert "rules" not in old
        clock, pair = make_before(engine, tmp_path)
        migrations.migrate(engine)
        at = make_house(tmp_path, engine=engine, now=clock)
        with Session(engine) as session:
            assert loops.get(session, pair).look_at == 0
        until(at, lambda: bool(open_offers(at, pair)), most=3 * DAY)
        engine.dispose()


def make_before(engine: Any, tmp_path: Path) -> tuple[int, str]:
    """When it is, and a pair written by an earlier release: made on another file, its rows carried over by their columns."""
    other = tmp_path / "other"
    other.mkdir()
    made = make_house(other)
    pair, _, _ = made.ready_pair()
    made.run()
    with made.house.engine.connect() as source, engine.begin() as target:
        for table in ("person", "calendar", "pair", "ledger_entry"):
            columns = [row[1] for row in target.execute(text(f"PRAGMA table_info({table})")).all()]
            names = ", ".join(f'"{name}"' for name in columns)
            rows = source.execute(text(f"SELECT {names} FROM {table}")).mappings().all()
            marks = ", ".join(f":{name}" for name in columns)
            for row in rows:
                target.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), dict(row))
    made.house.engine.dispose()
    return made.clock.now(), pair
