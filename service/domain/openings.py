"""Where on the grid of starts a person's windows have room: one small number per start, kept between
searches.

A grid has a cell per multiple of ``step`` since the epoch; cell ``i`` of a grid that begins at ``first`` is
the start ``(first + i) * step``. It holds the code of the most specific window that has room for the whole
slot, or ``CLOSED``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.timespan import DAY
from service.domain.windows import WINDOW_KINDS, WindowKind, WindowRules, WindowSpans, spans_of_days

Codes = npt.NDArray[np.int8]

CLOSED = -1
CORE = WINDOW_KINDS.index(WindowKind.CORE)
BREAKFAST = WINDOW_KINDS.index(WindowKind.BREAKFAST)
COFFEE = WINDOW_KINDS.index(WindowKind.COFFEE)
# The more specific is painted over the less specific.
_PAINTED = tuple(
    WINDOW_KINDS.index(kind) for kind in (WindowKind.CORE, WindowKind.COFFEE, WindowKind.LUNCH, WindowKind.BREAKFAST)
)


def paint(spans: WindowSpans, *, duration: int, step: int, first: int, count: int) -> Codes:
    """The grid of ``count`` cells from ``first`` on for slots of ``duration``. Any integer unit, the same
    for all."""
    grid = np.full(count, CLOSED, np.int8)
    low = np.clip(-(-spans.starts // step) - first, 0, count)
    high = np.clip((spans.ends - duration) // step + 1 - first, 0, count)
    room = high > low
    for code in _PAINTED:
        rows = room & (spans.codes == code)
        if not rows.any():
            continue
        edges = np.bincount(low[rows], minlength=count + 1) - np.bincount(high[rows], minlength=count + 1)
        grid[np.add.accumulate(edges)[:count] > 0] = code
    return grid


@lru_cache(maxsize=4096)
def openings(rules: WindowRules, utc_days: tuple[int, int], duration: int, step: int) -> Codes:
    """The painted grid of a timetable over whole UTC days ``[utc_days[0], utc_days[1])``, read-only. Its
    first cell is the first multiple of ``step`` in them."""
    first, last = (-(-day * DAY // step) for day in utc_days)
    spans = spans_of_days(rules, utc_days)
    grid = paint(spans, duration=duration, step=step, first=first, count=last - first)
    grid.flags.writeable = False
    return grid


class Common(NamedTuple):
    """The grids of several people laid over one another: ``free[i]`` where all have room, ``grids[p, i]`` each one's code, and
    ``kind[i]`` the one that names the cell for all (the first who is not in core; core where everyone is)."""

    free: npt.NDArray[np.bool_]
    grids: Codes
    kind: Codes

    def part(self, first: int, count: int) -> Common:
        """Some cells of it."""
        rows = slice(first, first + count)
        return Common(self.free[rows], self.grids[:, rows], self.kind[rows])


def laid_over(grids: Sequence[Codes]) -> Common:
    """Several people's grids as one. At least one is needed."""
    table = np.stack(grids)
    namer = (table != CORE).argmax(axis=0)  # the first who is not in core; the first of all where everyone is
    return Common((table != CLOSED).all(axis=0), table, table[namer, np.arange(table.shape[1])])


@lru_cache(maxsize=512)
def common(rules: tuple[WindowRules, ...], utc_days: tuple[int, int], duration: int, step: int) -> Common:
    """``openings`` of several people over whole UTC days, laid over one another and kept. Read-only."""
    found = laid_over([openings(each, utc_days, duration, step) for each in rules])
    for part in found:
        part.flags.writeable = False
    return found
