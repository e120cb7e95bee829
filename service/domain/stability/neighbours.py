"""Meetings around slots, counted for many people at once on one line of time.

Person ``o``'s second ``t`` stands at ``o * APART + t``: one search serves everybody, and a neighbour across
the border between two people is always too far away to count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.domain.busy import KINDS, Busy, BusyKind, Ints
from service.domain.timespan import DAY, HOUR, MINUTE

Counts = npt.NDArray[np.int8]

APART = 1 << 40  # seconds; any instant is smaller
AROUND = 2 * HOUR
AWAY_WITHIN = DAY
STRAIGHT_AFTER = 10 * MINUTE
MOST_NEAR = 3
_OUT_OF_OFFICE = KINDS.index(BusyKind.OUT_OF_OFFICE)
_LONG_AGO = np.full(MOST_NEAR, -(1 << 60), np.int64)
_FAR_AHEAD = -_LONG_AGO


def _in_series(
    tables: Sequence[Busy], begins: Ints, stops: Ints, absent: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints] | None:
    """Begins and ends of the meetings known to come again and again, each sorted; ``None`` without any."""
    if all(table.series is None for table in tables):
        return None
    known = [np.zeros(table.starts.size, np.bool_) if table.series is None else table.series for table in tables]
    rows = np.concatenate(known) & ~absent
    return (
        np.concatenate([_LONG_AGO, begins[rows], _FAR_AHEAD]),
        np.concatenate([_LONG_AGO, np.sort(stops[rows]), _FAR_AHEAD]),
    )


class Neighbours:
    """What ``tables`` (one per owner) hold around slots. ``owner`` rises; within it ``starts`` do (epoch
    seconds)."""

    def __init__(self, tables: Sequence[Busy], owner: Ints, starts: Ints, ends: Ints) -> None:
        shift = np.repeat(np.arange(len(tables)) * APART, [table.starts.size for table in tables])
        begins = np.concatenate([table.starts for table in tables]) + shift
        stops = np.concatenate([table.ends for table in tables]) + shift
        absent = np.concatenate([table.codes for table in tables]) == _OUT_OF_OFFICE
        self._series = _in_series(tables, begins, stops, absent)
        self._absent = (begins[absent], np.sort(stops[absent])) if absent.any() else None
        if self._absent:
            begins, stops = begins[~absent], stops[~absent]
        self._begins = np.concatenate([_LONG_AGO, begins, _FAR_AHEAD])
        self._stops = np.concatenate([_LONG_AGO, np.sort(stops), _FAR_AHEAD])
        self._shift = owner * APART
        self._starts, self._ends = starts + self._shift, ends + self._shift
        # How many are over when the slot begins: the last of them and the first of the others are neighbours.
        self._over = self._stops.searchsorted(self._starts, "right")

    def near(self) -> Counts:
        """Meetings that touch ``AROUND`` before or after, up to ``MOST_NEAR``."""
        return self._touching(self._begins, self._stops, self._over)

    def series(self) -> Counts:
        """Those of them that are known to come again and again."""
        if self._series is None:
            return np.zeros(self._starts.size, np.int8)
        begins, stops = self._series
        return self._touching(begins, stops, stops.searchsorted(self._starts, "right"))

    def _touching(self, begins: Ints, stops: Ints, over: Ints) -> Counts:
        earliest, latest = self._starts - AROUND, self._ends + AROUND
        count = np.zeros(self._starts.size, np.int8)
        before = over - MOST_NEAR  # there are as many sentinels in front
        for step in range(MOST_NEAR):
            count += stops[step:].take(before) > earliest
            count += begins[step:].take(over) < latest
        return np.minimum(count, MOST_NEAR)

    def back_to_back(self) -> npt.NDArray[np.bool_]:
        """Whether one ends within ``STRAIGHT_AFTER`` before the start."""
        close: npt.NDArray[np.bool_] = self._stops.take(self._over - 1) >= self._starts - STRAIGHT_AFTER
        return close

    def away(self) -> npt.NDArray[np.bool_]:
        """Whether the person is out of office at a time within ``AWAY_WITHIN`` before or after."""
        if self._absent is None:
            return np.zeros(self._starts.size, np.bool_)
        begins, stops = self._absent
        begun = np.searchsorted(begins, self._ends + AWAY_WITHIN, "left")
        past = np.searchsorted(stops, self._starts - AWAY_WITHIN, "right")
        near: npt.NDArray[np.bool_] = begun > past
        return near

    def on_days(self, place: Ints, day_start: Ints, day_end: Ints) -> Ints:
        """Meetings that touch each slot's day ``[day_start[place], day_end[place])``."""
        if not place.size:
            return place
        # Many slots share a place: count once for each run of equal ones.
        new = np.ones(place.size, np.bool_)
        np.not_equal(place[1:], place[:-1], out=new[1:])
        new[1:] |= self._shift[1:] != self._shift[:-1]
        days, shift = place[new], self._shift[new]
        begun = self._begins.searchsorted(day_end.take(days) + shift, "left")
        past = self._stops.searchsorted(day_start.take(days) + shift, "right")
        counts: Ints = (begun - past).take(np.add.accumulate(new) - 1)
        return counts
