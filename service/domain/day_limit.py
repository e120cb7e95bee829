"""Days that are full: a person's ``max_meetings_per_day``, counted in what the calendar shows inside their
windows."""

from __future__ import annotations

import numpy as np

from service.domain.busy import Busy, Ints
from service.domain.timespan import DAY
from service.domain.wall_clock import local_days
from service.domain.windows import Timetable, window_spans


def full_days(timetable: Timetable, busy: Busy, start: int, end: int) -> tuple[Ints, Ints]:
    """The local days touching ``[start, end)`` that hold ``max_meetings_per_day`` blocks already, as
    ``(starts, ends)`` of epoch seconds, midnight to midnight.

    A block counts on every day on whose window time it lies. Meetings that overlap are one block (one of
    them will be skipped); meetings back to back are two. ``busy`` must reach over whole days, past the
    horizon's edges."""
    none = np.empty(0, np.int64)
    if timetable.max_meetings_per_day is None:
        return none, none
    bounds = local_days(timetable.zone, start // DAY - 1, end // DAY + 1)
    begins, ends = bounds[:-1], bounds[1:]
    counts = np.zeros(begins.size, np.int64)
    window_starts, window_ends, window_days = _window_time(timetable, bounds)
    if window_starts.size and busy.starts.size:
        block_starts, block_ends = blocks(busy)
        low = np.searchsorted(window_ends, block_starts, "right")
        high = np.searchsorted(window_starts, block_ends, "left")
        touching = low < high
        # Counting a day in between that has no window time does no harm: nothing is proposed on it anyway.
        first, last = window_days[low[touching]], window_days[high[touching] - 1]
        edges = np.bincount(first, minlength=begins.size + 1) - np.bincount(last + 1, minlength=begins.size + 1)
        counts = np.add.accumulate(edges)[: begins.size]
    full = (counts >= timetable.max_meetings_per_day) & (begins < end) & (ends > start)
    return begins[full], ends[full]


def blocks(busy: Busy) -> tuple[Ints, Ints]:
    """Disjoint ``(starts, ends)`` in order: overlapping intervals made one, touching ones left apart."""
    if not busy.starts.size:
        return busy.starts, busy.ends
    reach = np.maximum.accumulate(busy.ends)
    begins = np.append(True, busy.starts[1:] >= reach[:-1])
    return busy.starts[begins], reach[np.append(np.flatnonzero(begins)[1:] - 1, reach.size - 1)]


def _window_time(timetable: Timetable, bounds: Ints) -> tuple[Ints, Ints, Ints]:
    """Disjoint pieces of the person's window time, cut at local midnights: starts, ends, the day's index in
    ``bounds``."""
    spans = window_spans(timetable, int(bounds[0]), int(bounds[-1]))
    starts, ends = blocks(Busy(spans.starts, spans.ends, spans.codes))
    starts, ends = np.maximum(starts, bounds[0]), np.minimum(ends, bounds[-1])
    first = np.searchsorted(bounds, starts, "right") - 1
    pieces = np.searchsorted(bounds, ends, "left") - first
    span = np.repeat(np.arange(starts.size), pieces)
    day = np.arange(span.size) - np.repeat(np.cumsum(pieces) - pieces, pieces) + first[span]
    return np.maximum(starts[span], bounds[day]), np.minimum(ends[span], bounds[day + 1]), day
