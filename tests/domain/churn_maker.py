"""Lives whose churn is known: days that fill up by rules with a seed, looked at as the daily look does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from service.domain.busy import Busy, BusyKind
from service.domain.churn import NO_LOOKS, Looks, Sight, look
from service.domain.churn.looks import next_look
from service.domain.timespan import DAY, HOUR, epoch
from service.domain.windows import Timetable, WeeklyHours

NINE_TO_FIVE = (WeeklyHours(frozenset(range(5)), 9 * 60, 17 * 60),)
MONDAY = date(2026, 1, 5)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def wall(day: date, hour: float, zone: str) -> int:
    """The instant at which the clocks of ``zone`` read that hour."""
    return epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(hours=hour))


def timetable(zone: str = "UTC") -> Timetable:
    return Timetable(zone, NINE_TO_FIVE)


Filling = Callable[[int, int], float]


class Life:
    """Open hours (7 to 19) that are taken by chance: hour ``h`` of a weekday is taken by its start with probability
    ``filling(weekday, h)``, by something entered ``late`` days before (else long ahead)."""

    def __init__(self, filling: Filling, *, weeks: int, zone: str = "UTC", seed: int = 1, late: float = 2.2) -> None:
        rng = np.random.default_rng(seed)
        self.zone, self.weeks = zone, weeks
        self.events: list[tuple[int, int, int]] = []  # entered at, start, end
        for number in range(weeks * 7 + 35):
            day = MONDAY + timedelta(days=number)
            if day.weekday() >= 5:
                continue
            for hour in range(7, 19):
                if rng.random() < filling(day.weekday(), hour):
                    start = wall(day, hour, zone)
                    self.events.append((start - int(late * DAY), start, start + HOUR))

    def busy(self, now: int) -> Busy:
        """The calendar as it stands at ``now``."""
        return Busy.of((start, end, BusyKind.BUSY) for entered, start, end in self.events if entered <= now)

    def looked(self) -> Looks:
        """What a look at the beginning of each of its days has seen."""
        looks, now = NO_LOOKS, wall(MONDAY, 0, self.zone)
        end = wall(MONDAY + timedelta(weeks=self.weeks), 0, self.zone)
        while now <= end:
            looks = look(looks, Sight(now, self.zone, self.busy(now), until=now + 400 * DAY))
            now = next_look(self.zone, now)
        return looks
