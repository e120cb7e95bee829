"""Shares: of the hours that were free at a lead, how many were taken when they came. Each drawn towards the next wider mean.

Three levels: an hour of the week of one person, all of that person's hours of one sort (working hours, or open hours around
them), everyone's of that sort. A few weeks of one hour say little, so its share is drawn towards the person's by as much as
the person's hours resemble one another (empirical Bayes), and the person's towards everyone's. Before anybody has been
looked at, ``ASSUMED`` stands for everyone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.busy import Ints
from service.domain.churn.hours import HOURS, Flags
from service.domain.churn.leads import LEADS
from service.domain.churn.looks import OVER, Looks
from service.domain.wall_clock import EPOCH_WEEKDAY
from service.domain.week import DAY_MINUTES, WEEK_MINUTES, occurrences
from service.domain.windows import Timetable, WindowKind, effective_windows

Floats = npt.NDArray[np.float64]

WEEKDAYS = 7
WEEKS_NEEDED = 4  # before that many weeks were seen from a lead to their end, nothing is said of a person
USED_FROM = (
    2  # so many taken open hours a week: a calendar with less is hardly used, and that it stays free says nothing
)
CLOSED, SORTS = -1, 2  # an hour is in working hours (0), open but around them (1), or closed
# What is taken for everyone's share of each sort and lead before anything was seen, and how many hours that is worth: weak,
# for it is judgement.
ASSUMED: Floats = np.array([[0.30, 0.22, 0.15, 0.09, 0.07, 0.05, 0.02], [0.12, 0.09, 0.06, 0.04, 0.03, 0.02, 0.01]])
_ASSUMED_HOURS = 300.0
# A person's hours of one day are taken together more often than not, so that a hundred of them are but some ten days.
_PERSON_HOURS = 100.0
# How much alike a person's hours are: the correlation of two outcomes of one hour, between these bounds, drawn towards the
# middle one with the weight of so many hours.
_LEAST_ALIKE, _USUALLY_ALIKE, _MOST_ALIKE = 0.01, 0.05, 0.3
_ALIKE_HOURS = 200.0
_BOUND = 1e-4

Rows = tuple[tuple[int, ...], ...]


class Totals(NamedTuple):
    """Hours that were ``free``, and how many of those were ``taken`` when they came: a row for each sort of hour, a number for
    each lead. None where calendars are hardly used."""

    free: Rows
    taken: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """One person's shares. ``free[l, w, h]`` hours were seen free at lead ``l`` of ``LEADS`` (weekday 0 = Monday, hour of the
    local day) and seen again when they were over; ``taken`` of them were. ``weeks``: whole weeks seen so, in which ``used``
    open hours were taken by anything.

    ``sort[w, h]``: of which sort an hour is. ``share[l, w, h]`` is the shrunk share, ``mean[l, w, h]`` the person's mean that
    it was drawn to, which counts ``strength[l, w, h]`` hours; ``usual[l, w, h]`` is everyone's of that sort."""

    weeks: int
    used: int
    sort: Ints
    free: Ints
    taken: Ints
    share: Floats
    strength: Floats
    mean: Floats
    usual: Floats

    @property
    def open(self) -> Flags:
        """Where the person may be proposed anything."""
        found: Flags = self.sort != CLOSED
        return found

    @property
    def totals(self) -> Totals:
        """What goes into everyone's mean."""
        part = 1 if self.in_use else 0
        free, taken = (
            tuple(tuple((part * counts[:, self.sort == sort].sum(axis=1)).tolist()) for sort in range(SORTS))
            for counts in (self.free, self.taken)
        )
        return Totals(free, taken)

    @property
    def enough(self) -> bool:
        """Whether there is enough to say anything."""
        return self.weeks >= WEEKS_NEEDED and self.in_use

    @property
    def in_use(self) -> bool:
        """Whether the person's calendars are used at all."""
        return self.used >= USED_FROM * max(self.weeks, 1)


def sorts_of(timetable: Timetable) -> Ints:
    """``[weekday, hour]``: of which sort an hour of a person's week is; closed where no window touches it. Nights are always
    free and say nothing about days, so what is closed is in no mean."""
    sorts = np.full(WEEKDAYS * HOURS, CLOSED, np.int64)
    minutes = DAY_MINUTES // HOURS
    for kind, blocks in sorted(effective_windows(timetable).items(), key=lambda item: item[0] is WindowKind.CORE):
        for start, end in occurrences(blocks or ()):
            hours = np.arange(start // minutes, -(-end // minutes)) % (WEEK_MINUTES // minutes)
            sorts[hours] = 0 if kind in (WindowKind.CORE, WindowKind.LUNCH) else 1
    return sorts.reshape(WEEKDAYS, HOURS)


def everyones(totals: Iterable[Totals]) -> Floats:
    """Everyone's share, a row for each sort of hour, a number for each lead, from everybody's totals."""
    free = np.full((SORTS, len(LEADS)), _ASSUMED_HOURS)
    taken = ASSUMED * free
    for one in totals:
        free += one.free
        taken += one.taken
    found: Floats = taken / free
    return found


def shares_of(looks: Looks, sort: Ints, everyone: Floats) -> Shares:
    """One person's shares, from what was seen of days that are over. ``everyone`` as from ``everyones``."""
    settled = looks.settled()
    free = settled.known[:, :OVER] & ~settled.taken[:, :OVER] & settled.known[:, None, OVER]
    taken = free & settled.taken[:, None, OVER]
    weekdays = (settled.days + EPOCH_WEEKDAY) % WEEKDAYS
    counts = np.zeros((2, len(LEADS), WEEKDAYS, HOURS), np.int64)
    for weekday in range(WEEKDAYS):
        rows = weekdays == weekday
        counts[0, :, weekday], counts[1, :, weekday] = free[rows].sum(axis=0), taken[rows].sum(axis=0)
    usual = np.ascontiguousarray(everyone[np.maximum(sort, 0)].transpose(2, 0, 1))  # what is closed is not looked up
    mean = usual.copy()
    strength = np.full(mean.shape, 1 / _USUALLY_ALIKE - 1)
    for number in range(SORTS):
        of_sort = sort == number
        for row in range(len(LEADS)):
            hours = counts[0, row][of_sort], counts[1, row][of_sort]
            theirs = float(everyone[number, row])
            mean[row, of_sort] = (hours[1].sum() + _PERSON_HOURS * theirs) / (hours[0].sum() + _PERSON_HOURS)
            strength[row, of_sort] = _strength(*hours)
    drawn = (counts[1] + strength * mean) / (counts[0] + strength)
    seen = int(settled.known[:, :OVER].any(axis=(1, 2)).sum())
    used = int(sum(settled.taken[weekdays == day, OVER][:, sort[day] != CLOSED].sum() for day in range(WEEKDAYS)))
    return Shares(seen // WEEKDAYS, used, sort, counts[0], counts[1], drawn, strength, mean, usual)


def _strength(free: Ints, taken: Ints) -> float:
    """How many hours a person's mean counts against one hour's own: ``1 / rho - 1``, where ``rho`` is the correlation of two
    outcomes of the same hour of the week, from how much the shares spread beyond chance (moments of the beta-binomial)."""
    total, cells = float(free.sum()), int((free > 0).sum())
    over, room = _USUALLY_ALIKE * _ALIKE_HOURS, _ALIKE_HOURS
    mean = float(taken.sum()) / total if total else 0.0
    if _BOUND < mean < 1 - _BOUND and cells > 1:
        own = taken[free > 0] / free[free > 0]
        spread = float((free[free > 0] * (own - mean) ** 2).sum()) / (mean * (1 - mean))
        over += spread - (cells - 1)
        room += total - float((free.astype(float) ** 2).sum()) / total - (cells - 1)
    alike = min(max(over / room, _LEAST_ALIKE), _MOST_ALIKE)
    return 1.0 / alike - 1.0
