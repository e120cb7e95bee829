"""What scoring gives: a probability per slot, and on demand its interval and the part each term had in it."""

from __future__ import annotations

from collections.abc import Callable
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
            lead=self.lead[indices],
            log_lead=self.log_lead[indices],
            kind=self.kind[indices],
            weekdays=self.weekdays[:, indices],
            values=self.values[:, :, indices],
        )


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


class Scores:
    """The scores of one pair's candidates, in their order.

    ``probability``: the chance that each holds, strictly between 0 and 1, unrounded; ``log_hazard``: the log
    of ``-log(probability)``. The rest is worked out when it is asked for: of thousands of slots in a plan,
    only a few need more than their probability."""

    def __init__(
        self, probability: Floats, log_hazard: Floats, inputs: Callable[[], Inputs], among: Scores | None = None
    ) -> None:
        self.probability = probability
        self.log_hazard = log_hazard
        self._inputs = inputs
        self._among = among

    def only(self, indices: Ints) -> Scores:
        """The scores of a few of the candidates, in that order: to explain five does not take the work for hundreds.
        What ``varies`` is still told of all of them."""
        return Scores(
            self.probability[indices], self.log_hazard[indices], partial(self.inputs.only, indices), self._among or self
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
        table[2] = vector[WINDOW_ROWS][at.kind]
        table[3] = vector[WEEKDAY_ROWS][at.weekdays].sum(axis=0) / SEATS
        features = (at.values - USUAL[:, None, None]) * vector[FEATURE_ROWS, None, None]
        table[4:-4] = features.reshape(len(FEATURE_NAMES) * SEATS, -1)
        table[-4:-1] = at.frailties.log_r[:FIRST_WINDOW, None]
        table[-1] = at.frailties.log_r[FIRST_WINDOW:][at.kind]
        return table.T

    def facts(self, index: int) -> dict[str, tuple[float, float]]:
        """What lies around a candidate, ``{feature: (mentor, mentee)}``: kept with what is booked, so that a fit can
        learn from what was known then."""
        values = self._rounded[:, :, index].tolist()
        return {name: (mentor, mentee) for name, (mentor, mentee) in zip(FEATURE_NAMES, values, strict=True)}

    @cached_property
    def _rounded(self) -> Floats:
        found: Floats = self.inputs.values.round(4)
        return found

    @cached_property
    def varies(self) -> tuple[bool, ...]:
        """For each term whether it tells the candidates apart."""
        if self._among is not None:
            return self._among.varies
        if not self.log_hazard.size:
            return (False,) * len(TERM_NAMES)
        at, vector = self.inputs, self.inputs.terms.vector
        kinds = np.flatnonzero(np.bincount(at.kind))
        by_seat = vector[WEEKDAY_ROWS][at.weekdays]
        spans = np.zeros(len(TERM_NAMES))
        spans[1] = vector[1] * _span(at.log_lead)
        spans[2] = _span(vector[WINDOW_ROWS][kinds])
        spans[3] = _span(by_seat[0] + by_seat[1])
        spans[4:-4] = ((at.values.max(axis=2) - at.values.min(axis=2)) * vector[FEATURE_ROWS, None]).reshape(-1)
        spans[-1] = _span(at.frailties.log_r[FIRST_WINDOW:][kinds])
        return tuple((np.abs(spans) > 1e-9).tolist())

    @cached_property
    def deviation(self) -> Floats:
        """The standard deviation of each log-hazard: the terms' uncertainty and the four frailties'."""
        at = self.inputs
        design = np.zeros((len(COEFFICIENTS), self.log_hazard.size))
        each = np.arange(self.log_hazard.size)
        design[0] = 1.0
        design[1] = at.log_lead
        design[at.kind + WINDOW_ROWS.start, each] = 1.0
        for days in at.weekdays:
            design[days + WEEKDAY_ROWS.start, each] += 1 / SEATS
        design[FEATURE_ROWS] = at.values.sum(axis=1) - SEATS * USUAL[:, None]
        variance = (at.terms.uncertainty @ design * design).sum(axis=0)
        variance += at.frailties.variance[:FIRST_WINDOW].sum()
        variance += at.frailties.variance[FIRST_WINDOW:][at.kind]
        found: Floats = np.sqrt(variance)
        return found

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


def _span(values: Floats) -> float:
    return float(values.max() - values.min())


def holding(log_hazard: Floats) -> Floats:
    """``exp(-exp(x))``, strictly between 0 and 1."""
    found: Floats = np.exp(-np.exp(np.minimum(np.maximum(log_hazard, _LEAST), _MOST)))
    return found
