"""Slot-finding cases: read from a folder of workloads, or made from a seed in the same shape.

W1: two people (New York, Berlin), 28 days across both changes of the clocks, 120 busy events each. W2: eight people, 84
days, 400 events each. 60 minutes at 15-minute steps, weekdays, on core hours alone. W3: many pairs like W1's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from service.domain.busy import Busy, Ints
from service.domain.slots import Party
from service.domain.timespan import DAY, HOUR, MINUTE
from service.domain.windows import Timetable, WeeklyHours, WindowKind

# Lunch stays on: it lies inside core, and switching it off would cut it out.
WORK_ONLY = tuple((kind, None) for kind in (WindowKind.BREAKFAST, WindowKind.COFFEE))
WORKDAYS = frozenset(range(5))
DURATION, STEP = HOUR, 15 * MINUTE
W1_PEOPLE = [("America/New_York", 8, 18), ("Europe/Berlin", 9, 19)]
W2_PEOPLE = [
    *W1_PEOPLE,
    ("America/Chicago", 7, 17),
    ("Europe/Lisbon", 8, 18),
    ("Europe/London", 8, 18),
    ("America/Sao_Paulo", 8, 18),
    ("Europe/Warsaw", 9, 19),
    ("America/Toronto", 8, 18),
]
W1_FROM, W2_FROM = 1_772_323_200, 1_769_904_000  # 2026-03-01 and 2026-02-01, UTC


@dataclass(frozen=True)
class Case:
    """One search, in seconds, and the starts it must find."""

    parties: list[Party]
    start: int
    end: int
    duration: int
    step: int
    expected: list[int]


def read(path: Path) -> list[Case]:
    """The cases of a workload file (minutes in it, seconds here)."""
    return [
        Case(
            [_party_of(person) for person in raw["people"]],
            raw["horizon"][0] * MINUTE,
            raw["horizon"][1] * MINUTE,
            raw["duration"] * MINUTE,
            raw["step"] * MINUTE,
            [start * MINUTE for start in raw["expected"]],
        )
        for raw in json.loads(path.read_text(encoding="utf-8"))
    ]


def make(
    people: list[tuple[str, int, int]], *, start: int, days: int, events: int, cases: int, seed: int
) -> list[Case]:
    """Cases from a seed, each with the answer of the slow reference."""
    numbers = np.random.default_rng(seed)
    made = []
    for _ in range(cases):
        parties = [_party(*person, busy=_events(numbers, start, days, events)) for person in people]
        end = start + days * DAY
        expected = slow_starts(parties, start, end, DURATION, STEP)
        made.append(Case(parties, start, end, DURATION, STEP, expected))
    return made


def make_parties(people: list[tuple[str, int, int]], *, start: int, days: int, events: int, seed: int) -> list[Party]:
    """People as in ``make``, without an answer."""
    numbers = np.random.default_rng(seed)
    return [_party(*person, busy=_events(numbers, start, days, events)) for person in people]


def pairs(count: int, seed: int, *, block: int = 100) -> Iterator[list[list[Party]]]:
    """W3: pairs of W1's shape, some at a time, so that memory does not grow with their number."""
    numbers = np.random.default_rng(seed)
    for done in range(0, count, block):
        yield [
            [_party(*person, busy=_events(numbers, W1_FROM, 28, 120)) for person in W1_PEOPLE]
            for _ in range(min(block, count - done))
        ]


def slow_starts(parties: list[Party], start: int, end: int, duration: int, step: int) -> list[int]:
    """Looks at every minute of everyone's clock; knows core hours and busy time, and shares no code with the search."""
    free = None
    for party in parties:
        zone, (hours,) = ZoneInfo(party.timetable.zone), party.timetable.working_hours
        taken: set[int] = set()
        for low, high in zip(party.busy.starts.tolist(), party.busy.ends.tolist(), strict=True):
            taken.update(range(low, high, MINUTE))
        mine = set()
        for minute in range(start, end, MINUTE):
            clock = datetime.fromtimestamp(minute, zone)
            inside = hours.start <= clock.hour * 60 + clock.minute < hours.end
            if inside and clock.weekday() in hours.weekdays and minute not in taken:
                mine.add(minute)
        free = mine if free is None else free & mine
    return [
        at
        for at in range(-(-start // step) * step, end - duration + 1, step)
        if free and all(minute in free for minute in range(at, at + duration, MINUTE))
    ]


def spans_one_by_one(party: Party, start: int, end: int) -> list[tuple[int, int]]:
    """The core windows of a horizon by plain datetimes: what the measured sweep and kernel are given."""
    zone, (hours,) = ZoneInfo(party.timetable.zone), party.timetable.working_hours
    day = datetime.fromtimestamp(start, zone).date() - timedelta(days=1)
    spans = []
    while (midnight := datetime(day.year, day.month, day.day, tzinfo=zone)).timestamp() < end:
        if day.weekday() in hours.weekdays:
            low, high = (midnight.replace(hour=at // 60, minute=at % 60) for at in (hours.start, hours.end))
            spans.append((int(low.timestamp()), int(high.timestamp())))
        day += timedelta(days=1)
    return spans


def _party(zone: str, first: int, last: int, *, busy: Busy) -> Party:
    return Party(Timetable(zone, (WeeklyHours(WORKDAYS, first * 60, last * 60),), WORK_ONLY), busy)


def _party_of(person: dict[str, Any]) -> Party:
    days, low, high = person["days"], person["work_start"], person["work_end"]
    hours = WeeklyHours(frozenset(days), low, high)
    rows = np.array(person["busy"], np.int64).reshape(-1, 2) * MINUTE
    return Party(Timetable(person["tz"], (hours,), WORK_ONLY), _sorted(rows[:, 0], rows[:, 1]))


def _events(numbers: np.random.Generator, start: int, days: int, count: int) -> Busy:
    """15 to 90 minutes each, most of them in the daytime of Europe and America, some at once."""
    starts = start + numbers.integers(0, days, count) * DAY + numbers.integers(6 * 4, 23 * 4, count) * STEP
    return _sorted(starts, starts + numbers.choice([1, 2, 2, 2, 3, 4, 4, 6], count) * STEP)


def _sorted(starts: Ints, ends: Ints) -> Busy:
    order = np.lexsort((ends, starts))
    return Busy(starts[order].astype(np.int64), ends[order].astype(np.int64), np.ones(starts.size, np.int64))
