"""The local day of a slot and the working hours it lies in, from one small kept table per person's rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from service.domain.busy import Ints
from service.domain.openings import CORE
from service.domain.slots import Party
from service.domain.stability.neighbours import APART
from service.domain.timespan import DAY, local
from service.domain.wall_clock import frozen, local_days, segments
from service.domain.windows import WindowRules, rules_of, spans_of_days

_STRIDE = 32  # days; tables begin and end on multiples of it, so that one serves until the horizon has passed it
_NEVER = 1 << 50


class Stretches(NamedTuple):
    """Stretches of time between two changes of the local day, of the working hours or of the clocks. For each its local
    day's first instant and the next day's, its weekday (0 = Monday), the working hours begun last (all
    instants in epoch seconds), and what the clock reads more than UTC (``offset``, seconds)."""

    day_start: Ints
    day_end: Ints
    weekday: Ints
    core_start: Ints
    core_end: Ints
    offset: Ints


def stretches_of(parties: Sequence[Party], owner: Ints, starts: Ints) -> tuple[Stretches, Ints]:
    """A table of stretches, and for each slot that begins at ``starts`` its row there, on the clock of
    ``parties[owner[i]]``."""
    earliest, latest = (int(starts.min()), int(starts.max())) if starts.size else (0, 0)
    first = earliest // DAY // _STRIDE * _STRIDE
    last = -(-(latest // DAY + 1) // _STRIDE) * _STRIDE
    # People of one zone and the same hours share a table. Telling by object first saves most of the hashing.
    numbers: dict[WindowRules, int] = {}
    seen: dict[int, int] = {}
    for party in parties:
        if id(party.timetable) not in seen:
            seen[id(party.timetable)] = numbers.setdefault(rules_of(party.timetable), len(numbers))
    if len(numbers) == 1:
        edges, table = _stretches(*numbers, first, last)
        return table, edges.searchsorted(starts, "right") - 1
    which = np.array([seen[id(party.timetable)] for party in parties], np.int64).take(owner)
    edges, table = (_of_two if len(numbers) == 2 else _joined)(tuple(numbers), first, last)
    return table, edges.searchsorted(starts + which * APART, "right") - 1


def _joined(rules: tuple[WindowRules, ...], first: int, last: int) -> tuple[Ints, Stretches]:
    """The tables of several rules one after the other, the edges of each ``APART`` from those of the one before."""
    found = [_stretches(each, first, last) for each in rules]
    edges = np.concatenate([edges + number * APART for number, (edges, _) in enumerate(found)])
    columns = zip(*(table for _, table in found), strict=True)
    return frozen(edges), Stretches(*(frozen(np.concatenate(column)) for column in columns))


_of_two = lru_cache(maxsize=512)(_joined)  # kept: a pair is asked for by itself, and again; those of a batch are many


@lru_cache(maxsize=4096)
def _stretches(rules: WindowRules, first: int, last: int) -> tuple[Ints, Stretches]:
    """Where the stretches between two UTC days begin, and the stretches. Read-only.

    A day more at both ends: a local date may differ by one from the UTC date."""
    bounds = local_days(rules.zone, first - 1, last + 1)
    spans = spans_of_days(rules, (first - 1, last + 1))
    core = spans.codes == CORE
    core_starts, core_ends = np.append(-_NEVER, spans.starts[core]), np.append(_NEVER, spans.ends[core])
    clocks, offsets = segments(rules.zone, int(bounds[0]), int(bounds[-1]))
    turns = np.concatenate([core_starts, clocks[1:-1]])
    edges = np.union1d(bounds[:-1], turns[(turns >= bounds[0]) & (turns < bounds[-1])])
    day = np.searchsorted(bounds, edges, "right") - 1
    hours = np.searchsorted(core_starts, edges, "right") - 1
    # Asked of the clock day by day: a zone that once left out a date would put every later one off by one.
    weekday = np.array([local(at, rules.zone).weekday() for at in bounds[:-1].tolist()], np.int64)
    offset = offsets[np.searchsorted(clocks, edges, "right") - 1]
    columns = (bounds[day], bounds[day + 1], weekday[day], core_starts[hours], core_ends[hours], offset)
    return frozen(edges), Stretches(*(frozen(column) for column in columns))
