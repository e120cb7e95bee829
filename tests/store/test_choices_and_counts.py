"""On both databases: which calendars are read, and counts of calls that several processes add to at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app.choose_calendar import choose_calendar
from service.app.keep_counts import keep_counts
from service.app.sync_calendar import due_calendars
from service.app.watch_calendar import due_watches
from service.store import calendars, provider_calls
from service.store.engine import make_engine
from service.store.migrate import migrate
from tests.databases import postgres, sqlite
from tests.house import TestHouse, make_house


@pytest.fixture(params=["sqlite", "postgresql"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestHouse]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        yield make_house(tmp_path, engine=engine)
        engine.dispose()


def test_what_is_read_follows_the_choices_and_the_meetings(at: TestHouse) -> None:
    pair, mentor, mentee = at.ready_pair()
    with at.house.reading() as session:
        person = calendars.get(session, mentor).person_id
    side = at.local(person)
    meeting = at.booked(pair)
    at.clock.at += 600
    assert set(due_calendars(at.house)) == {mentor, mentee, side}
    choose_calendar(at.house, side, {"counts": False})
    assert set(due_calendars(at.house)) == {mentor, mentee}
    choose_calendar(at.house, side, {"primary": True})
    choose_calendar(at.house, mentor, {"counts": False})
    assert set(due_calendars(at.house)) == {mentor, mentee, side}, "a meeting stands there"
    with at.house.reading() as session:
        from service.store import meetings

        end = meetings.get(session, meeting).end
    at.clock.at = end + 1
    assert set(due_calendars(at.house)) == {mentee, side}
    assert due_watches(at.house) == []


def test_several_who_count_lose_nothing(at: TestHouse) -> None:
    for _ in range(3):
        at.house.tally.add("google", "read", "ok")
    keep_counts(at.house)
    gate = threading.Barrier(4)

    def add() -> None:
        gate.wait()
        for _ in range(5):
            with at.house.writing() as session:
                provider_calls.add(session, {("google", "read", "ok"): 2, ("microsoft", "create", "timeout"): 1})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with at.house.reading() as session:
        assert provider_calls.totals(session) == [("google", "read", "ok", 43), ("microsoft", "create", "timeout", 20)]
