"""Windows: the kinds of time in a person's day, and where they lie on that person's own clock.

A slot must lie whole inside one switched-on window of each person. Each day's run of a block is a window of
its own: blocks that touch (09:00-12:00 and 12:00-17:00) are two, and no slot lies across the seam. The most
specific window that holds a slot names it: breakfast, lunch and coffee before core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

import numpy as np

from service.domain.busy import Ints
from service.domain.holidays import holidays_of
from service.domain.timespan import DAY, MINUTE
from service.domain.wall_clock import EPOCH_WEEKDAY, frozen, instants
from service.domain.week import (
    DAY_MINUTES,
    WEEKDAYS,
    Blocks,
    WeeklyHours,
    as_words,
    blocks_of,
    cut,
    weekly_hours,
)

__all__ = [
    "WEEKDAYS",
    "WINDOW_KINDS",
    "Blocks",
    "Timetable",
    "WeeklyHours",
    "WindowKind",
    "WindowRules",
    "WindowSpans",
    "WindowTable",
    "as_words",
    "default_windows",
    "effective_windows",
    "rules_of",
    "spans_of_days",
    "weekly_hours",
    "window_spans",
]

BREAKFAST_EARLIEST = 6 * 60 + 30
COFFEE_LATEST = 20 * 60 + 30
AROUND_WORK = 90
SHORTEST = 30
NOON, LUNCH_MINUTES, LUNCH_NEEDS = 12 * 60, 60, 6 * 60


class WindowKind(StrEnum):
    """The four kinds; the words of the API."""

    BREAKFAST = "breakfast"
    CORE = "core"
    LUNCH = "lunch"
    COFFEE = "coffee"


WINDOW_KINDS: tuple[WindowKind, ...] = tuple(WindowKind)
WindowTable = Mapping[WindowKind, Blocks | None]


@dataclass(frozen=True)
class Timetable:
    """One person's scheduling facts. ``windows`` holds only what the person named (``None`` = switched off);
    the rest is derived from ``working_hours``. ``holidays`` is ``"US"`` or ``"US-NY"`` in the words of the
    holidays library."""

    zone: str
    working_hours: Blocks
    windows: tuple[tuple[WindowKind, Blocks | None], ...] = ()
    min_notice_hours: int = 24
    buffer_minutes: int = 0
    max_meetings_per_day: int | None = None
    holidays: str | None = None

    @cached_property
    def rules(self) -> WindowRules:
        """The part that is about windows."""
        return WindowRules(self.zone, self.working_hours, self.windows, self.holidays)

    @cached_property
    def working_rules(self) -> WindowRules:
        """The same as if the person had named no windows of their own: with core where their working hours are."""
        return self.rules if not self.windows else WindowRules(self.zone, self.working_hours, (), self.holidays)


@dataclass(frozen=True, slots=True, eq=False)
class WindowSpans:
    """Where a person's windows lie in a horizon: ``[starts[i], ends[i])`` epoch seconds, sorted by start,
    with ``codes[i]`` into ``WINDOW_KINDS``. Windows of different kinds may overlap (lunch inside core)."""

    starts: Ints
    ends: Ints
    codes: Ints


def default_windows(working_hours: Blocks) -> dict[WindowKind, Blocks | None]:
    """What follows from the working hours alone, a kind without any time being ``None``.

    Core: the working hours. Breakfast: the 90 minutes before the day's first start, not before 06:30.
    Coffee: the 90 minutes after its last end, not after 20:30. Lunch: 12:00-13:00 where one block holds it,
    else the hour around the middle (on the half hour) of the first block of at least six hours. What would
    be shorter than half an hour is left out, and on a day on which a night shift begins or ends there is
    neither breakfast nor coffee."""
    days: dict[int, list[WeeklyHours]] = {}
    for block in working_hours:
        for weekday in block.weekdays:
            days.setdefault(weekday, []).append(block)
    nights = {(day + turn) % 7 for day in days for b in days[day] if b.past_midnight for turn in (0, 1)}
    return {
        WindowKind.BREAKFAST: _each_day(days, _breakfast, skip=nights),
        WindowKind.CORE: working_hours or None,
        WindowKind.LUNCH: _each_day(days, _lunch),
        WindowKind.COFFEE: _each_day(days, _coffee, skip=nights),
    }


def effective_windows(timetable: Timetable) -> dict[WindowKind, Blocks | None]:
    """The windows in force: what the person named instead of the defaults, ``None`` for what is off.

    What is off is never proposed: where the person switched lunch off, its usual time is cut out of core
    too."""
    usual = default_windows(timetable.working_hours)
    table = usual | {kind: blocks or None for kind, blocks in timetable.windows}
    core, lunch = table[WindowKind.CORE], usual[WindowKind.LUNCH]
    if core and lunch and table[WindowKind.LUNCH] is None:
        table[WindowKind.CORE] = cut(core, lunch) or None
    return table


def window_spans(timetable: Timetable, start: int, end: int) -> WindowSpans:
    """The windows that reach into ``[start, end)`` (epoch seconds), whole: the first and last may stick out
    of it.

    A window is the time during which the person's clock reads a time inside it (see ``wall_clock`` for what
    that means when the clocks change). A past-midnight window belongs to the day it begins on. On a holiday
    nothing is left: windows that begin on it are dropped, one that runs into it ends at midnight. Read-only
    arrays."""
    spans = spans_of_days(rules_of(timetable), (start // DAY, -(-end // DAY)))
    inside = (spans.ends > start) & (spans.starts < end)
    return WindowSpans(frozen(spans.starts[inside]), frozen(spans.ends[inside]), frozen(spans.codes[inside]))


@dataclass(frozen=True)
class WindowRules:
    """What of a timetable decides where its windows lie: people alike in this share what is kept. Hashed once, for it is
    looked up with every search."""

    zone: str
    working_hours: Blocks
    windows: tuple[tuple[WindowKind, Blocks | None], ...]
    holidays: str | None

    @cached_property
    def _hash(self) -> int:
        return hash((self.zone, self.working_hours, self.windows, self.holidays))

    def __hash__(self) -> int:
        return self._hash


def rules_of(timetable: Timetable) -> WindowRules:
    """The part of a timetable that is about windows."""
    return timetable.rules


@lru_cache(maxsize=2048)
def spans_of_days(rules: WindowRules, utc_days: tuple[int, int]) -> WindowSpans:
    """``window_spans`` over whole UTC days ``[utc_days[0], utc_days[1])``, kept: converting costs more than
    searching. May hold windows a little outside of it."""
    # A local date may differ by one from the UTC date, and yesterday's last window may run past midnight.
    days = np.arange(utc_days[0] - 2, utc_days[1] + 2, dtype=np.int64)
    weekdays = (days + EPOCH_WEEKDAY) % 7
    off = _holidays(rules.holidays, days)
    wall_starts, wall_ends, codes = [], [], []
    for kind, blocks in effective_windows(Timetable(rules.zone, rules.working_hours, rules.windows)).items():
        for block in blocks or ():
            on = days[np.isin(weekdays, list(block.weekdays)) & ~np.isin(days, off)]
            starts = on * DAY + block.start * MINUTE
            ends = starts + block.minutes * MINUTE
            if block.past_midnight:
                ends[np.isin(on + 1, off)] = (on[np.isin(on + 1, off)] + 1) * DAY
            wall_starts.append(starts)
            wall_ends.append(ends)
            codes.append(np.full(on.size, WINDOW_KINDS.index(kind), np.int64))
    none = np.empty(0, np.int64)
    starts, ends, which = instants(rules.zone, np.concatenate([none, *wall_starts]), np.concatenate([none, *wall_ends]))
    kinds = np.concatenate([none, *codes])[which]
    order = np.lexsort((kinds, ends, starts))
    return WindowSpans(frozen(starts[order]), frozen(ends[order]), frozen(kinds[order]))


def _holidays(code: str | None, days: Ints) -> Ints:
    if code is None:
        return np.empty(0, np.int64)
    first, last = (int(str(np.datetime64(int(day), "D"))[:4]) for day in (days[0], days[-1]))
    return np.concatenate([holidays_of(code, year) for year in range(first, last + 1)])


def _each_day(
    days: Mapping[int, list[WeeklyHours]],
    rule: Callable[[list[WeeklyHours]], tuple[int, int] | None],
    skip: Iterable[int] = (),
) -> Blocks | None:
    found = [(weekday * DAY_MINUTES, rule(days[weekday])) for weekday in set(days) - set(skip)]
    return blocks_of((midnight + at[0], midnight + at[1]) for midnight, at in found if at) or None


def _breakfast(blocks: list[WeeklyHours]) -> tuple[int, int] | None:
    end = min(block.start for block in blocks)
    start = max(end - AROUND_WORK, BREAKFAST_EARLIEST)
    return (start, end) if end - start >= SHORTEST else None


def _coffee(blocks: list[WeeklyHours]) -> tuple[int, int] | None:
    start = max(block.start + block.minutes for block in blocks)
    end = min(start + AROUND_WORK, COFFEE_LATEST)
    return (start, end) if end - start >= SHORTEST else None


def _lunch(blocks: list[WeeklyHours]) -> tuple[int, int] | None:
    runs = sorted((block.start, block.start + block.minutes) for block in blocks)
    if any(start <= NOON and end >= NOON + LUNCH_MINUTES for start, end in runs):
        return NOON, NOON + LUNCH_MINUTES
    for start, end in runs:
        if end - start >= LUNCH_NEEDS:
            begin = ((start + end) // 2 - LUNCH_MINUTES // 2) // 30 * 30
            return begin, begin + LUNCH_MINUTES
    return None
