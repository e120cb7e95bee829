"""Finding the times that are free for everyone: numpy over sorted integer intervals, no object per candidate."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.busy import Busy, Ints
from service.domain.windows import Timetable

STEP_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """One of the people who are to meet: their rules and everything that is known to take their time."""

    timetable: Timetable
    busy: Busy


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every start at which all parties are free for ``duration`` seconds.

    ``starts`` is sorted (epoch seconds); ``kinds[p, i]`` is the window code (into ``WINDOW_KINDS``) that slot ``i`` lies in
    for party ``p``; ``kind[i]`` the one code that names the slot for all (the first party whose window is not core)."""

    starts: Ints
    duration: int
    kinds: Ints
    kind: Ints
