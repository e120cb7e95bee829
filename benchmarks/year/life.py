"""What happens to a person whatever Holdfast does: the same in both worlds, from the seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from benchmarks.year.cast import Couple, Soul
from service.domain.holidays import holidays_of
from service.domain.timespan import DAY, HOUR, MINUTE, local

FIRST_DAY = date(2026, 1, 5)  # a Monday
EPOCH_DAY = date(1970, 1, 1)


@lru_cache(maxsize=200_000)
def midnight(zone: str, day: date) -> int:
    """When that day begins on the clock of a zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def at(zone: str, day: date, minutes: int) -> int:
    """The instant at which a zone's clock shows so many minutes of a day (by wall clock, whatever the night was)."""
    wall = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=ZoneInfo(zone))
    return int(wall.timestamp())


def beginning() -> int:
    """The first instant of the year, UTC."""
    return int(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC).timestamp())


@dataclass(frozen=True, order=True)
class Landing:
    """Something that wants a place in somebody's calendar: seen ``at``, for ``start`` to ``end``."""

    at: int
    start: int
    end: int
    draw: float  # from 0 to 1: what decides whether it wins over a meeting


@dataclass(frozen=True)
class Life:
    """One person's year."""

    standing: tuple[tuple[int, int], ...]
    leave: tuple[tuple[int, int], ...]
    landings: tuple[Landing, ...]
    silences: tuple[tuple[int, int], ...]

    def silent(self, now: int) -> bool:
        """Whether nothing is answered just now."""
        return any(start <= now < end for start, end in self.silences)

    def away(self, now: int) -> bool:
        """On leave."""
        return any(start <= now < end for start, end in self.leave)


def is_workday(soul: Soul, day: date) -> bool:
    """By weekday and, where the person keeps them, public holidays."""
    if day.weekday() not in soul.weekdays:
        return False
    return soul.holidays is None or (day - EPOCH_DAY).days not in holidays_of(soul.holidays, day.year)


def awake(soul: Soul, now: int) -> bool:
    """When people look at their mail: half past seven to nine in the evening, on days off seldom."""
    clock = local(now, soul.zone)
    if not 450 <= clock.hour * 60 + clock.minute < 21 * 60:
        return False
    return is_workday(soul, clock.date())


def live(soul: Soul, seed: int, days: int) -> Life:
    """Draws it. Beyond the last day it goes on for some months, so that the year's end is no special time."""
    rng = Random(f"life:{seed}:{soul.key}")
    span = days + 130
    leave = tuple(sorted(_leave(rng, soul, span)))
    standing = tuple(sorted(_standing(rng, soul, span)))
    landings = tuple(sorted(_landings(rng, soul, span)))
    silences = tuple(sorted(_silences(rng, soul, days)))
    return Life(standing, leave, landings, silences)


def _leave(rng: Random, soul: Soul, span: int) -> Iterator[tuple[int, int]]:
    for _ in range(max(1, round(rng.choice((2, 3)) * span / 365))):
        day = FIRST_DAY + timedelta(days=rng.randrange(span))
        yield midnight(soul.zone, day), midnight(soul.zone, day + timedelta(days=rng.choice((3, 7, 9, 14))))


def _standing(rng: Random, soul: Soul, span: int) -> Iterator[tuple[int, int]]:
    """Weekly events: so many that they fill the wanted part of the working hours."""
    wanted = soul.traits.standing * len(soul.weekdays) * (soul.ends - soul.starts)
    chosen: list[tuple[int, int, int]] = []
    while wanted > 0:
        length = rng.choice((30, 30, 60, 60, 90))
        start = rng.randrange(soul.starts, soul.ends - length + 1, 30)
        chosen.append((rng.choice(soul.weekdays), start, length))
        wanted -= length
    for offset in range(-7, span):
        day = FIRST_DAY + timedelta(days=offset)
        if not is_workday(soul, day):
            continue
        for weekday, start, length in chosen:
            if weekday == day.weekday():
                begins = at(soul.zone, day, start)
                yield begins, begins + length * MINUTE


def _landings(rng: Random, soul: Soul, span: int) -> Iterator[Landing]:
    for offset in range(span):
        day = FIRST_DAY + timedelta(days=offset)
        if not is_workday(soul, day):
            continue
        count = sum(rng.random() < soul.traits.lands_a_day / 8 for _ in range(8))
        for _ in range(count):
            seen = at(soul.zone, day, rng.randrange(soul.starts, soul.ends))
            target = local(seen + int(rng.expovariate(1 / (5 * DAY))) + 2 * HOUR, soul.zone).date()
            while not is_workday(soul, target):
                target += timedelta(days=1)
            length = rng.choice((30, 60, 60, 90, 120))
            if rng.random() < 0.9:
                start = rng.randrange(soul.starts, max(soul.starts + 30, soul.ends - length + 1), 30)
            else:
                start = rng.choice((soul.starts - 90, soul.starts - 60, soul.ends, soul.ends + 30))
            begins = at(soul.zone, target, start)
            if begins > seen + HOUR:
                yield Landing(seen, begins, begins + length * MINUTE, rng.random())


def _silences(rng: Random, soul: Soul, days: int) -> Iterator[tuple[int, int]]:
    if soul.traits.answers == 0.0:
        yield beginning(), beginning() + (days + 400) * DAY
    elif rng.random() < soul.traits.silences_a_year * days / 365:
        start = beginning() + rng.randrange(max(1, days)) * DAY
        yield start, start + rng.randrange(14, 64) * DAY


def due_for(couple: Couple, last: int) -> int:
    """When they would meet again."""
    return last + int(couple.cadence_days * DAY)
