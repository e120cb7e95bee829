"""Finding the times that are free for everyone: numpy over sorted integer intervals, no object per candidate.

A start is blocked by an interval ``[b, e)`` when ``b - duration < start < e``. On the grid of starts that is
one run of cells; adding one where each run begins, taking one off where it ends, and summing along the grid
leaves zero where nobody is busy. The cost is linear in intervals and cells, whatever overlaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.domain.busy import Busy, Ints
from service.domain.churn.table import NO_CHURN, ChurnTable
from service.domain.day_limit import full_days
from service.domain.openings import Common, common, laid_over, paint
from service.domain.timespan import DAY, HOUR, MINUTE
from service.domain.windows import Timetable, WindowSpans, window_spans

STEP_SECONDS = 15 * MINUTE


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """One of the people who are to meet: their rules and everything that is known to take their time.

    ``calendar`` is false where no calendar of theirs is connected: then nothing is known of what lies around a time, and the
    hold model takes it for usual, not for empty. ``churn``: how often their hours fill up before they come, where known."""

    timetable: Timetable
    busy: Busy
    calendar: bool = True
    churn: ChurnTable = NO_CHURN


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every start at which all parties are free for ``duration`` seconds.

    ``starts`` is sorted (epoch seconds); ``kinds[p, i]`` is the window code (into ``WINDOW_KINDS``) that
    slot ``i`` lies in for party ``p``; ``kind[i]`` the one code that names the slot for all (the first party
    whose window is not core)."""

    starts: Ints
    duration: int
    kinds: Ints
    kind: Ints

    def only(self, rows: slice) -> Candidates:
        """Some of them."""
        return Candidates(self.starts[rows], self.duration, self.kinds[:, rows], self.kind[rows])


class Fit(StrEnum):
    """Whether a time suits one person; the first of these that is true, worst first."""

    BUSY = "busy"  # something else is there
    NOTICE = "notice"  # sooner than the notice they ask for
    BUFFER = "buffer"  # too close to something else
    FULL_DAY = "full_day"  # they have as many meetings that day as they want
    WINDOW = "window"  # outside their windows, or a holiday
    OK = "ok"


def find(
    parties: Sequence[Party], *, duration: int, not_before: int, until: int, step: int = STEP_SECONDS
) -> Candidates:
    """Every start, a multiple of ``step``, whose ``duration`` lies in ``[not_before, until)``, inside one
    window of each party, off everybody's busy time (widened by their buffer on both sides) and off their
    full days. All in seconds.

    Notice is the caller's: it goes into ``not_before``. ``busy`` should reach a day and the buffer past the
    horizon, for meetings just outside of it count. Raises ``ValueError`` without parties or for a duration
    or step below one."""
    first, count = _grid(parties, duration, not_before, until, step)
    if not count:
        return _nothing(len(parties), duration)
    days = (not_before // DAY, -(-until // DAY))
    offset = first - -(-days[0] * DAY // step)
    windows = common(tuple([party.timetable.rules for party in parties]), days, duration, step)
    starts, ends = [], []
    for party in parties:
        rules = party.timetable
        if rules.buffer_minutes:
            starts.append(party.busy.starts - rules.buffer_minutes * MINUTE)
            ends.append(party.busy.ends + rules.buffer_minutes * MINUTE)
        else:
            starts.append(party.busy.starts)
            ends.append(party.busy.ends)
        if rules.max_meetings_per_day is not None:
            full = full_days(rules, party.busy, not_before, until)
            starts.append(full[0])
            ends.append(full[1])
    return _search(windows.part(offset, count), starts, ends, duration=duration, step=step, first=first)


def find_in(
    window_spans: Sequence[WindowSpans],
    busy: Sequence[Busy],
    *,
    duration: int,
    not_before: int,
    until: int,
    step: int,
) -> Candidates:
    """What ``find`` does, from windows given as spans and without personal rules, in any one integer unit
    (minutes, say).

    ``window_spans`` and ``busy`` name the same people in the same order; raises ``ValueError`` where they do
    not."""
    if len(window_spans) != len(busy):
        raise ValueError("as many windows as busy tables are needed")
    first, count = _grid(busy, duration, not_before, until, step)
    if not count:
        return _nothing(len(busy), duration)
    grids = [paint(spans, duration=duration, step=step, first=first, count=count) for spans in window_spans]
    starts, ends = [one.starts for one in busy], [one.ends for one in busy]
    return _search(laid_over(grids), starts, ends, duration=duration, step=step, first=first)


def free_spans(busy: Sequence[Busy], start: int, end: int) -> tuple[Ints, Ints]:
    """The longest spans of ``[start, end)`` on which nobody is busy, as ``(starts, ends)`` in order."""
    starts = np.concatenate([*(one.starts for one in busy), [end]]).astype(np.int64)
    ends = np.concatenate([*(one.ends for one in busy), [end]]).astype(np.int64)
    order = np.argsort(starts, kind="stable")
    reached = np.append(start, np.maximum(np.maximum.accumulate(ends[order])[:-1], start))
    next_start = np.minimum(starts[order], end)
    free = reached < next_start
    return reached[free], next_start[free]


def fits(parties: Sequence[Party], start: int, duration: int, *, now: int | None = None) -> list[Fit]:
    """How ``[start, start + duration)`` (seconds) suits each party, for when someone picks a time by hand.

    Anything but ``BUSY`` is theirs to overrule. Notice is looked at only when ``now`` is given. The
    meeting's own time must have been taken out of ``busy`` before (``Busy.without``)."""
    return [_fit(party, start, start + duration, now) for party in parties]


def _fit(party: Party, start: int, end: int, now: int | None) -> Fit:
    rules, busy = party.timetable, party.busy
    buffer = rules.buffer_minutes * MINUTE
    windows = window_spans(rules, start, end)
    if busy.overlaps(start, end):
        return Fit.BUSY
    if now is not None and start < now + rules.min_notice_hours * HOUR:
        return Fit.NOTICE
    if busy.overlaps(start - buffer, end + buffer):
        return Fit.BUFFER
    if full_days(rules, busy, start, end)[0].size:
        return Fit.FULL_DAY
    if not np.any((windows.starts <= start) & (windows.ends >= end)):
        return Fit.WINDOW
    return Fit.OK


def _grid(parties: Sequence[object], duration: int, not_before: int, until: int, step: int) -> tuple[int, int]:
    """The first cell and the number of cells that have room inside the horizon."""
    if not parties:
        raise ValueError("nobody to meet")
    if duration < 1 or step < 1:
        raise ValueError("duration and step must be at least one")
    first = -(-not_before // step)
    return first, max(0, (until - duration) // step + 1 - first)


def _nothing(parties: int, duration: int) -> Candidates:
    none = np.empty(0, np.int64)
    return Candidates(none, duration, np.empty((parties, 0), np.int64), none)


def _search(
    windows: Common,
    starts: Sequence[Ints],
    ends: Sequence[Ints],
    *,
    duration: int,
    step: int,
    first: int,
) -> Candidates:
    """The heart. ``windows`` say where all have room; the rest are everybody's intervals in any order."""
    count = windows.free.size
    # Both ends of all runs in one buffer: what small arrays cost is calls, not cells.
    edges = np.concatenate([*starts, *ends])
    half = edges.size // 2
    edges[:half] += step - duration
    edges[half:] += step - 1
    edges //= step
    edges -= first
    np.maximum(edges, 0, out=edges)
    np.minimum(edges, count, out=edges)
    edges[half:] += count + 1
    tally = np.bincount(edges, minlength=2 * count + 2)
    begun = np.add.accumulate(tally[:count] - tally[count + 1 : -1])
    cells = ((begun == 0) & windows.free).nonzero()[0]
    kinds = windows.grids[:, cells].astype(np.int64)
    return Candidates((cells + first) * step, duration, kinds, windows.kind[cells].astype(np.int64))
