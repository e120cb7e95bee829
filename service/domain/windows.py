"""Windows: the kinds of time in a person's day, and where they lie on that person's own clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.domain.busy import Ints


class WindowKind(StrEnum):
    """The four kinds; the words of the API."""

    BREAKFAST = "breakfast"
    CORE = "core"
    LUNCH = "lunch"
    COFFEE = "coffee"


WINDOW_KINDS: tuple[WindowKind, ...] = tuple(WindowKind)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """A block of local time on some weekdays: ``weekdays`` 0 = Monday … 6 = Sunday; ``start`` and ``end`` in minutes
    of the local day. ``end`` may be 1440 (midnight); ``end <= start`` runs past midnight into the next day."""

    weekdays: frozenset[int]
    start: int
    end: int


Blocks = tuple[WeeklyHours, ...]
WindowTable = Mapping[WindowKind, Blocks | None]


@dataclass(frozen=True, slots=True)
class Timetable:
    """One person's scheduling facts. ``windows`` holds only what the person named (``None`` = switched off); the rest is
    derived from ``working_hours``. ``holidays`` is ``"US"`` or ``"US-NY"`` in the words of the holidays library."""

    zone: str
    working_hours: Blocks
    windows: tuple[tuple[WindowKind, Blocks | None], ...] = ()
    min_notice_hours: int = 24
    buffer_minutes: int = 0
    max_meetings_per_day: int | None = None
    holidays: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WindowSpans:
    """Where a person's windows lie in a horizon: ``[starts[i], ends[i])`` epoch seconds, sorted by start, with
    ``codes[i]`` into ``WINDOW_KINDS``. Windows of different kinds may overlap (lunch inside core)."""

    starts: Ints
    ends: Ints
    codes: Ints
