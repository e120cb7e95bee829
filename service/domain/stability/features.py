"""What lies around a slot, for each of the two, read from free/busy and the working hours alone.

A feature is one line of ``FEATURES`` and one row of ``standing``. Another source comes in the same way: a line, a row, a prior
in ``terms``. What also depends on when one asks is worked out by ``Standing.moving``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.busy import Ints
from service.domain.churn.table import NO_CHURN
from service.domain.openings import CORE
from service.domain.slots import Candidates, Party
from service.domain.stability.churning import churn
from service.domain.stability.days import Stretches, stretches_of
from service.domain.stability.neighbours import MOST_NEAR, Neighbours
from service.domain.timespan import MINUTE

Floats = npt.NDArray[np.float64]

EDGE = 30 * MINUTE
MOST_LOAD = 8
SEATS = 2


@dataclass(frozen=True, slots=True)
class Feature:
    """A fact of one person's calendar. ``usual`` is the value of a neutral slot: there it has no effect.
    ``most`` is where counting stops. ``shared``: told as one fact of the two, never whose it is."""

    name: str
    usual: int
    most: int
    shared: bool = False


FEATURES: tuple[Feature, ...] = (
    Feature("near", usual=1, most=MOST_NEAR),  # meetings that touch the two hours before or after
    Feature("load", usual=3, most=MOST_LOAD),  # meetings that touch the same day on the person's own clock
    Feature("back_to_back", usual=0, most=1),  # one ends within ten minutes before
    Feature("edge", usual=0, most=1),  # within half an hour of where working hours begin or end
    Feature("away", usual=0, most=1),  # out of office within a day before or after
    # How much more often than everyone's hours this one is taken before it comes, seen from this lead: log-hazard.
    Feature("churn", usual=0, most=2, shared=True),
    Feature("series", usual=0, most=MOST_NEAR, shared=True),  # those of ``near`` that are known to recur
)
FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
MOVING = FEATURE_NAMES.index("churn")  # the one that depends on when one asks, by how far ahead a slot lies
_FROM_CALENDARS = (0, 1, 2, 4, 6)  # the rows of ``FEATURES`` that are read from busy time
USUAL: Floats = np.array([feature.usual for feature in FEATURES], np.float64)


class Case(NamedTuple):
    """One pair's slots and the two people, mentor first."""

    candidates: Candidates
    parties: Sequence[Party]


class Surroundings(NamedTuple):
    """``values[f, seat, i]``: feature ``f`` of ``FEATURES``, seat 0 the mentor, slot ``i`` of all cases in a
    row; ``weekdays[seat, i]``: 0 = Monday, on that person's clock."""

    values: Floats
    weekdays: Ints


class Standing(NamedTuple):
    """``Surroundings`` but for the feature ``MOVING``, which is 0 in it, and what that one is worked out from."""

    values: Floats
    weekdays: Ints
    parties: Sequence[Party]
    owner: Ints
    starts: Ints
    ends: Ints
    days: Stretches
    place: Ints

    def moving(self, rows: slice, now: int) -> Floats | None:
        """``[seat, i]``: the feature ``MOVING`` of some slots at ``now``; ``None`` where it is 0 for all."""
        if all(party.churn is NO_CHURN for party in self.parties):
            return None
        owner, starts, ends, place = (
            part.reshape(SEATS, -1)[:, rows].reshape(-1) for part in (self.owner, self.starts, self.ends, self.place)
        )
        found = churn(self.parties, owner, starts, ends, self.days, place, now)
        return np.broadcast_to(found, owner.shape).reshape(SEATS, -1)


def standing(cases: Sequence[Case], starts: Ints, ends: Ints, sizes: Ints) -> Standing:
    """The features of all slots of all cases at once; ``starts`` and ``ends`` (epoch seconds) hold the
    cases' slots one case after the other, ``sizes`` of each.

    Two people of a case are two owners: all mentors come first, then all mentees, so that every array of
    2 n reads as (seat, slot)."""
    parties = [case.parties[seat] for seat in range(SEATS) for case in cases]
    owner = np.repeat(np.arange(len(parties)), np.concatenate([sizes] * SEATS))
    both_starts, both_ends = np.concatenate([starts] * SEATS), np.concatenate([ends] * SEATS)
    values = np.zeros((len(FEATURES), both_starts.size))
    days, place = stretches_of(parties, owner, both_starts)
    around = Neighbours([party.busy for party in parties], owner, both_starts, both_ends)
    values[0] = around.near()
    values[1] = np.minimum(around.on_days(place, days.day_start, days.day_end), MOST_LOAD)
    values[2] = around.back_to_back()
    core = np.concatenate([case.candidates.kinds[seat] for seat in range(SEATS) for case in cases]) == CORE
    since, left = both_starts - days.core_start.take(place), days.core_end.take(place) - both_ends
    # A time picked by hand may lie outside of all hours: that is not close to their edge.
    values[3] = core & (left >= 0) & (np.minimum(since, left) < EDGE)
    values[4] = around.away()
    values[6] = around.series()
    if not all(party.calendar for party in parties):
        # Nothing is known around this person's times, which is not the same as nothing being there.
        blank = np.array([not party.calendar for party in parties])[owner]
        for row in _FROM_CALENDARS:
            values[row, blank] = USUAL[row]
    return Standing(
        values.reshape(len(FEATURES), SEATS, -1),
        days.weekday.take(place).reshape(SEATS, -1),
        parties, owner, both_starts, both_ends, days, place,
    )  # fmt: skip


def surroundings(cases: Sequence[Case], starts: Ints, ends: Ints, sizes: Ints, now: int) -> Surroundings:
    """The features at ``now``; see ``standing``."""
    found = standing(cases, starts, ends, sizes)
    moving = found.moving(slice(None), now)
    if moving is not None:
        found.values[MOVING] = moving
    return Surroundings(found.values, found.weekdays)
