"""From what clocks on the wall read to instants, for whole arrays at once, exact when the clocks change.

A *wall second* is what a local clock reads, counted as if the place were UTC (its day number is that
``// 86400``). What is wanted are the instants at which a clock reads a time in ``[a, b)``, so:

- clocks go forward over part of it: that part does not exist, the span is shorter; a start inside the gap is
  the end of the gap;
- clocks go back inside it: the repeated time counts both times, the span is longer. Only where ``a`` or ``b``
  itself is a repeated time does the span fall in two: in between the clock reads something outside.

Zone rules are asked for once per zone and year, never per candidate or per day of a search.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from service.domain.busy import Ints
from service.domain.timespan import DAY

EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def frozen(array: Ints) -> Ints:
    """The same array, made read-only: what is cached is shared."""
    array.flags.writeable = False
    return array


def instants(zone: str, wall_starts: Ints, wall_ends: Ints) -> tuple[Ints, Ints, Ints]:
    """Spans of epoch seconds during which the clocks of ``zone`` read a time in ``[wall_starts[i],
    wall_ends[i])``.

    Returns ``(starts, ends, which)``, ``which`` naming ``i``: ordered by it, and by start within it."""
    if not wall_starts.size:
        return wall_starts, wall_ends, wall_starts
    edges, offsets = segments(zone, int(wall_starts.min()) - DAY, int(wall_ends.max()) + DAY)
    # Within a segment the offset is one number: shift all walls by it and keep what falls inside the segment.
    starts = np.maximum(wall_starts - offsets[:, None], edges[:-1, None])
    ends = np.minimum(wall_ends - offsets[:, None], edges[1:, None])
    segment, which = np.nonzero(starts < ends)
    starts, ends = starts[segment, which], ends[segment, which]
    order = np.lexsort((starts, which))
    starts, ends, which = starts[order], ends[order], which[order]
    # What only the change of the clocks split is one span again.
    split = (which[1:] != which[:-1]) | (starts[1:] != ends[:-1])
    first, last = np.append(True, split), np.append(split, True)
    return starts[first], ends[last], which[first]


@lru_cache(maxsize=1024)
def local_days(zone: str, first_day: int, last_day: int) -> Ints:
    """Where local days begin: the first instants of the dates ``first_day`` to ``last_day + 1`` (day
    numbers), read-only.

    A date that a zone left out has none. ``searchsorted(bounds, at, "right") - 1`` tells days apart. Where
    clocks were put back across midnight (Newfoundland until 2011) the repeated hour counts to the new day."""
    walls = np.arange(first_day, last_day + 2, dtype=np.int64) * DAY
    starts, _, which = instants(zone, walls, walls + DAY)
    return frozen(starts[np.append(True, which[1:] != which[:-1])])


def day_of(zone: str, at: Ints) -> Ints:
    """A number per instant that is equal for instants on the same local day, and rises with time. Epoch
    seconds in."""
    if not at.size:
        return at
    first = int(at.min()) // DAY - 1
    return np.searchsorted(local_days(zone, first, int(at.max()) // DAY + 1), at, "right") + first


def segments(zone: str, start: int, end: int) -> tuple[Ints, Ints]:
    """``edges`` of n + 1 instants over ``[start, end)`` and the ``offsets`` (seconds) that hold between
    them."""
    years = range(datetime.fromtimestamp(start, UTC).year, datetime.fromtimestamp(end, UTC).year + 1)
    changes = [change for year in years for change in _changes(zone, year) if start < change[0] < end]
    edges = [start, *(at for at, _ in changes), end]
    offsets = [_offset(ZoneInfo(zone), start), *(offset for _, offset in changes)]
    return np.array(edges, np.int64), np.array(offsets, np.int64)


@lru_cache(maxsize=4096)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """``(instant, new offset)`` of every change of the clocks in a UTC year, found by looking at each day's
    two ends."""
    rules = ZoneInfo(zone)
    days = range(_new_year(year), _new_year(year + 1) + 1, DAY)
    found = []
    for early, late in pairwise((day, _offset(rules, day)) for day in days):
        if early[1] == late[1]:
            continue
        before, after = early[0], late[0]
        while after - before > 1:
            middle = (before + after) // 2
            if _offset(rules, middle) == early[1]:
                before = middle
            else:
                after = middle
        found.append((after, late[1]))
    return tuple(found)


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _offset(rules: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, rules).utcoffset()
    return (offset or timedelta()) // timedelta(seconds=1)
