"""Days that go by in a house: for what is learned from looks at free time."""

from __future__ import annotations

from service.app.look_ahead import look_ahead
from service.app.sync_calendar import sync_calendar
from service.domain.timespan import DAY, HOUR
from tests.house import MONDAY, TestHouse

MIDNIGHT = MONDAY + 16 * HOUR  # Tuesday 00:00 in Berlin
TUESDAY_DAY = (MIDNIGHT + 2 * HOUR) // DAY


def at(day: int, hour: int) -> int:
    """That hour in Berlin, so many days after the first Tuesday."""
    return MIDNIGHT + day * DAY + hour * HOUR


def look_at(house: TestHouse, day: int) -> None:
    """Moves to a little after midnight of that day, and looks."""
    house.clock.at = at(day, 0) + 600
    look_ahead(house.house)


def looked_daily(house: TestHouse, days: int, first: int = 0) -> None:
    """So many days in a row."""
    for day in range(first, first + days):
        look_at(house, day)


def weeks_of_late_tuesdays(house: TestHouse, person: str, weeks: int = 6, first: int = 0) -> None:
    """From day ``first`` on, a Tuesday: something comes at 15 h every Tuesday, entered on the Monday; every day at 10 h
    something stands long before."""
    calendar = house.local(person)
    for day in range(first, first + weeks * 7 + 30):
        house.event(calendar, at(day, 10))
    sync_calendar(house.house, calendar)
    for day in range(first, first + weeks * 7 + 1):
        look_at(house, day)
        if day % 7 == 6:
            house.event(calendar, at(day + 1, 15))
            sync_calendar(house.house, calendar)
