"""A person's local days as 24 hours each: free, taken, or not known. Exact where clocks change.

An hour is what the person's clock calls one: 15 is 15:00 to 16:00. An hour that a day leaves out is not known; one that
comes twice is one hour, taken when either is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.busy import KINDS, Busy, BusyKind, Ints
from service.domain.timespan import DAY, HOUR
from service.domain.wall_clock import instants

HOURS = 24
ABSENT_FROM = 20 * HOUR  # something that long is not a meeting: somebody is away, or ill, or on leave
_OUT_OF_OFFICE = KINDS.index(BusyKind.OUT_OF_OFFICE)

Flags = npt.NDArray[np.bool_]


class Hours(NamedTuple):
    """``known[d, h]`` and ``taken[d, h]`` for hour ``h`` of day ``d``. What is not known is not taken either."""

    known: Flags
    taken: Flags


def hours_of(zone: str, days: Ints, busy: Busy, *, after: int, until: int) -> Hours:
    """The hours of local ``days`` (day numbers, any order) on the clocks of ``zone``.

    Taken: anything touches it. Not known: an hour that does not begin after ``after`` or ends past ``until`` (epoch
    seconds), and one that the person is away: why somebody is away is nobody's habit."""
    walls = (days[:, None] * DAY + np.arange(HOURS) * HOUR).reshape(-1)
    starts, ends, which = instants(zone, walls, walls + HOUR)
    absent = (busy.codes == _OUT_OF_OFFICE) | (busy.ends - busy.starts >= ABSENT_FROM)
    taken = _touched(busy.starts[~absent], busy.ends[~absent], starts, ends)
    hidden = _touched(busy.starts[absent], busy.ends[absent], starts, ends)
    hidden |= (starts <= after) | (ends > until)
    there, over, unseen = (np.zeros(walls.size, np.bool_) for _ in range(3))
    there[which] = True
    over[which[taken]] = True
    unseen[which[hidden]] = True
    known = (there & ~unseen).reshape(days.size, HOURS)
    return Hours(known, over.reshape(known.shape) & known)


def _touched(begins: Ints, stops: Ints, starts: Ints, ends: Ints) -> Flags:
    """For each span whether any interval shares time with it; ``begins`` is sorted, and the intervals may overlap."""
    touched: Flags = np.searchsorted(begins, ends, "left") > np.searchsorted(np.sort(stops), starts, "right")
    return touched
