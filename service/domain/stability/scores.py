"""What scoring gives: a probability per slot, and on demand its interval and the part each term had in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from service.domain.busy import Ints
from service.domain.ledger import Seat
from service.domain.stability.features import FEATURE_NAMES, SEATS, USUAL, Floats, Surroundings
from service.domain.stability.memory import PairMemory
from service.domain.stability.terms import (
    COEFFICIENTS,
    FEATURE_ROWS,
    WEEKDAY_ROWS,
    WINDOW_ROWS,
    GlobalTerms,
)
from service.domain.week import WEEKDAYS
from service.domain.windows import WINDOW_KINDS

SEAT_NAMES = tuple(seat.value for seat in Seat)
TERM_NAMES: tuple[str, ...] = (
    "base",
    "lead",
    "window",
    "weekday",
    *(f"{feature}:{seat}" for feature in FEATURE_NAMES for seat in SEAT_NAMES),
    *(f"history:{whose}" for whose in (*SEAT_NAMES, "pair", "pair_window")),
)
FIRST_WINDOW = 3  # in a row of frailties: mentor, mentee, pair, then one for each window
NEUTRAL_LEAD = 7.0  # days; where the lead's part is 0
_NEUTRAL = float(np.log(NEUTRAL_LEAD))
_Z80 = 1.2815515655446004  # the normal distribution's 90 % point: 80 % lie between minus and plus it
_BELOW_AND_ABOVE = np.array([[1.0], [-1.0]])
_WINDOW_SHARES, _WEEKDAY_SHARES = np.eye(len(WINDOW_KINDS)), np.eye(len(WEEKDAYS)) / SEATS
_LEAST, _MOST = -30.0, 6.0  # beyond these exp(-exp(x)) would be 1 or 0 in floating point


class Frailties(NamedTuple):
    """``log_r`` and the ``variance`` of that, in the order mentor, mentee, pair, pair in each window."""

    log_r: Floats
    variance: Floats


class Inputs(NamedTuple):
    """What the slots of one pair were scored from: ``lead`` (seconds, not floored), ``log_lead`` (log of
    days), window codes, ``weekdays[seat, i]``, ``values[feature, seat, i]``."""

    lead: Ints
    log_lead: Floats
    kind: Ints
    weekdays: Ints
    values: Floats
    frailties: Frailties
    memory: PairMemory
    terms: GlobalTerms

    def only(self, indices: Ints) -> Inputs:
        """The inputs of a few of the slots."""
        return self._replace(
            lead=self.lead.take(indices),
            log_lead=self.log_lead.take(indices),
            kind=self.kind.take(indices),
            weekdays=self.weekdays.take(indices, axis=1),
            values=self.values.take(indices, axis=2),
        )


class Spread(NamedTuple):
    """How slots differ in what they are scored from, whatever the terms: which window codes there are, which pairs of weekdays
    (mentor's times seven plus mentee's), and ``values[feature, seat]`` from the least to the most."""

    kinds: list[int]
    weekdays: list[int]
    values: Floats


def spread_of(kind: Ints, weekdays: Ints, values: Floats) -> Spread:
    """The spread of some slots, in the words of ``Inputs``; there must be one at least."""
    pairs = weekdays[0] * len(WEEKDAYS) + weekdays[1]
    return Spread(np.bincount(kind).nonzero()[0].tolist(), np.bincount(pairs).nonzero()[0].tolist(), span(values))


class Batch(NamedTuple):
    """``Inputs`` of many pairs, their slots end to end, a row of ``frailties`` for each pair."""

    lead: Ints
    log_lead: Floats
    kind: Ints
    around: Surroundings
    frailties: Frailties
    terms: GlobalTerms

    def part(self, number: int, rows: slice, memory: PairMemory) -> Inputs:
        """The inputs of pair ``number``, whose slots are ``rows``."""
        return Inputs(
            self.lead[rows],
            self.log_lead[rows],
            self.kind[rows],
            self.around.weekdays[:, rows],
            self.around.values[:, :, rows],
            Frailties(self.frailties.log_r[number], self.frailties.variance[number]),
            memory,
            self.terms,
        )


class Plain(NamedTuple):
    """One slot in plain numbers: its row of ``Scores.contributions``, and its ``Inputs`` with ``values[feature][seat]``."""

    effects: list[float]
    values: list[list[float]]
    lead: int
    kind: int
    weekdays: list[int]


class Scores:
    """The scores of one pair's candidates, in their order.

    ``probability``: the chance that each holds, strictly between 0 and 1, unrounded; ``log_hazard``: the log
    of ``-log(probability)``. The rest is worked out when it is asked for: of thousands of slots in a plan,
    only a few need more than their probability. ``spread`` is ``spread_of`` the inputs, for who knows it at less."""

    def __init__(
        self,
        probability: Floats,
        log_hazard: Floats,
        inputs: Callable[[], Inputs],
        *,
        among: Scores | None = None,
        spread: Callable[[], Spread] | None = None,
    ) -> None:
        self.probability = probability
        self.log_hazard = log_hazard
        self._inputs, self._among, self._spread = inputs, among, spread

    def only(self, indices: Ints) -> Scores:
        """The scores of a few of the candidates, in that order: to explain five does not take the work for hundreds.
        What ``varies`` is still told of all of them."""
        return Scores(
            self.probability.take(indices),
            self.log_hazard.take(indices),
            partial(self.inputs.only, indices),
            among=self._among or self,
        )

    @cached_property
    def inputs(self) -> Inputs:
        """What the scores rest on."""
        return self._inputs()

    @property
    def names(self) -> tuple[str, ...]:
        """The terms, in the order of the columns of ``contributions``."""
        return TERM_NAMES

    @property
    def basis(self) -> str:
        """``"learned"`` once any meeting is behind the scores (the pair's, either person's, or those that the
        terms were fitted on), ``"prior"`` when they rest on what is assumed of everybody."""
        return "prior" if self.inputs.memory.blank and not self.inputs.terms.trained_on else "learned"

    @cached_property
    def contributions(self) -> Floats:
        """``[i, term]``: each term's part in slot ``i``'s log-hazard, against a neutral slot (seven days
        ahead, working hours, usual surroundings, no history; ``base`` is that slot's own log-hazard). Rows
        add up to ``log_hazard``."""
        at, vector = self.inputs, self.inputs.terms.vector
        table = np.empty((len(TERM_NAMES), self.log_hazard.size))
        table[0] = vector[0] + vector[1] * _NEUTRAL
        table[1] = vector[1] * (at.log_lead - _NEUTRAL)
        table[2] = vector[WINDOW_ROWS].take(at.kind)
        by_day = vector[WEEKDAY_ROWS].take(at.weekdays)
        table[3] = (by_day[0] + by_day[1]) / SEATS
        features = table[4:-4].reshape(len(FEATURE_NAMES), SEATS, -1)
        np.subtract(at.values, USUAL[:, None, None], out=features)
        features *= vector[FEATURE_ROWS, None, None]
        table[-4:-1] = at.frailties.log_r[:FIRST_WINDOW, None]
        table[-1] = at.frailties.log_r[FIRST_WINDOW:].take(at.kind)
        return table.T

    @cached_property
    def plain(self) -> list[Plain]:
        """Each slot by itself, for who puts a few into words: element by element numpy costs a multiple."""
        at = self.inputs
        columns = self.contributions, at.values.transpose(2, 0, 1), at.lead, at.kind, at.weekdays.T
        return [Plain(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def facts(self, index: int) -> dict[str, tuple[float, float]]:
        """What lies around a candidate, ``{feature: (mentor, mentee)}``: kept with what is booked, so that a fit can
        learn from what was known then."""
        return dict(zip(FEATURE_NAMES, self._rounded[index], strict=True))

    @cached_property
    def _rounded(self) -> list[list[tuple[float, float]]]:
        by_slot = self.inputs.values.transpose(2, 0, 1).round(4).tolist()
        return [[(mentor, mentee) for mentor, mentee in values] for values in by_slot]

    @cached_property
    def varies(self) -> tuple[bool, ...]:
        """For each term whether it tells the candidates apart."""
        if self._among is not None:
            return self._among.varies
        if not self.log_hazard.size:
            return (False,) * len(TERM_NAMES)
        at, vector = self.inputs, self.inputs.terms.vector
        spread = self._spread() if self._spread else spread_of(at.kind, at.weekdays, at.values)
        by_day = vector[WEEKDAY_ROWS].tolist()
        spans = [
            0.0,
            float(vector[1] * (at.log_lead[-1] - at.log_lead[0])),  # candidates are in order of time
            _span_at(vector[WINDOW_ROWS], spread.kinds),
            _span_of([by_day[pair // len(by_day)] + by_day[pair % len(by_day)] for pair in spread.weekdays]),
            *(spread.values * vector[FEATURE_ROWS, None]).reshape(-1).tolist(),
            *(0.0,) * FIRST_WINDOW,
            _span_at(at.frailties.log_r[FIRST_WINDOW:], spread.kinds),
        ]
        return tuple([each > 1e-9 or each < -1e-9 for each in spans])

    @cached_property
    def deviation(self) -> Floats:
        """The standard deviation of each log-hazard: the terms' uncertainty and the four frailties'."""
        at = self.inputs
        design = np.empty((len(COEFFICIENTS), self.log_hazard.size))
        design[0] = 1.0
        design[1] = at.log_lead
        design[WINDOW_ROWS] = _WINDOW_SHARES.take(at.kind, axis=1)
        mentor, mentee = _WEEKDAY_SHARES.take(at.weekdays[0], axis=1), _WEEKDAY_SHARES.take(at.weekdays[1], axis=1)
        np.add(mentor, mentee, out=design[WEEKDAY_ROWS])
        np.add(at.values[:, 0], at.values[:, 1], out=design[FEATURE_ROWS])
        design[FEATURE_ROWS] -= SEATS * USUAL[:, None]
        variance: Floats = np.add.reduce(at.terms.uncertainty @ design * design)
        variance += np.add.reduce(at.frailties.variance[:FIRST_WINDOW])
        variance += at.frailties.variance[FIRST_WINDOW:].take(at.kind)
        return np.sqrt(variance)

    @property
    def low(self) -> Floats:
        """The lower end of the 80 % interval of ``probability``."""
        found: Floats = self._interval[0]
        return found

    @property
    def high(self) -> Floats:
        """The upper end of the 80 % interval of ``probability``."""
        found: Floats = self._interval[1]
        return found

    @cached_property
    def _interval(self) -> Floats:
        return holding(self.log_hazard + _Z80 * _BELOW_AND_ABOVE * self.deviation)


def span(values: Floats) -> Floats:
    """From the least to the most along the last axis."""
    found: Floats = np.maximum.reduce(values, axis=-1) - np.minimum.reduce(values, axis=-1)
    return found


def _span_at(values: Floats, places: Sequence[int]) -> float:
    plain = values.tolist()
    return _span_of([plain[place] for place in places])


def _span_of(values: Sequence[float]) -> float:
    return max(values) - min(values)


def holding(log_hazard: Floats) -> Floats:
    """``exp(-exp(x))``, strictly between 0 and 1."""
    found: Floats = np.exp(-np.exp(np.minimum(np.maximum(log_hazard, _LEAST), _MOST)))
    return found
