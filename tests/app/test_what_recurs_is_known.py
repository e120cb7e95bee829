"""That an event comes again and again is kept where events may be read, through reading, expanding again and searching."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scripted_calendar import ScriptedCalendar, event

from service.app.connect_calendar import connect_calendar
from service.app.find_slots import read_situation
from service.app.sync_calendar import sync_calendar
from service.domain.busy import Busy
from service.domain.timespan import DAY, HOUR
from service.store import calendars
from tests.house import MONDAY, TestHouse, make_house


@pytest.fixture
def dav() -> ScriptedCalendar:
    return ScriptedCalendar()


@pytest.fixture
def house(tmp_path: Path, dav: ScriptedCalendar) -> TestHouse:
    return make_house(tmp_path, calendars={"caldav": dav})


def connected(house: TestHouse, dav: ScriptedCalendar) -> tuple[str, str]:
    """``(the pair, the mentor's calendar)``: a weekly event on Tuesday, one on its own on Wednesday."""
    mentor, mentee = house.person("Marta"), house.person("Emil")
    dav.events["weekly"] = replace(event("weekly", MONDAY + DAY, MONDAY + DAY + HOUR), recurring=True)
    dav.events["once"] = event("once", MONDAY + 2 * DAY, MONDAY + 2 * DAY + HOUR)
    given = {"provider": "caldav", "url": "https://dav.example", "username": "m", "password": "p"}
    calendar = connect_calendar(house.house, mentor, given)
    return house.pair(mentor, mentee), calendar


def known(busy: Busy) -> list[bool]:
    return [False] * busy.starts.size if busy.series is None else busy.series.tolist()


def held(house: TestHouse, calendar: str) -> Busy:
    with house.house.reading() as session:
        return Busy.unpack(calendars.get(session, calendar).busy or b"")


def test_a_series_is_known_as_one_in_the_search(house: TestHouse, dav: ScriptedCalendar) -> None:
    pair, calendar = connected(house, dav)
    assert known(held(house, calendar)) == [True, False]
    situation = read_situation(house.house, pair, horizon_days=28)
    assert known(situation.parties[0].busy) == [True, False]


def test_it_is_still_known_when_the_horizon_has_moved_on(house: TestHouse, dav: ScriptedCalendar) -> None:
    _, calendar = connected(house, dav)
    house.clock.advance(250 * DAY)
    dav.events.clear()
    original, dav.sync = (
        dav.sync,
        lambda account, state, window: replace(  # type: ignore[method-assign]
            original(account, state, window), full=False
        ),
    )
    sync_calendar(house.house, calendar)
    assert known(held(house, calendar)) == [True, False]


def test_of_free_busy_alone_nobody_says_that_it_recurs(house: TestHouse, dav: ScriptedCalendar) -> None:
    """A provider's free/busy comes as one piece with many times."""
    _, calendar = connected(house, dav)
    with house.house.writing() as session:
        calendars.get(session, calendar).access = "free_busy"
    sync_calendar(house.house, calendar)
    assert held(house, calendar).series is None
