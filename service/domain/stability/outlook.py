"""One pair's candidates and what lies around them: all of their scores that does not depend on when one asks.

``score`` works it out and forgets it. Who asks for the same pair again keeps the outlook while nothing that it was made of
changes, and asks it for the scores at another moment, of the same or of fewer candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import exp2, log

import numpy as np

from service.domain.busy import Ints
from service.domain.slots import Candidates, Party
from service.domain.stability.features import MOVING, SEATS, USUAL, Case, Floats, standing
from service.domain.stability.frailty import HALF_LIFE
from service.domain.stability.memory import SHORTEST_LEAD, PairMemory
from service.domain.stability.scores import FIRST_WINDOW, Frailties, Inputs, Scores, Spread, holding, span, spread_of
from service.domain.stability.terms import FEATURE_ROWS, PRIOR, WEEKDAY_ROWS, WINDOW_ROWS, GlobalTerms
from service.domain.timespan import DAY


class Outlook:
    """``candidates`` of two ``parties``, mentor and mentee. Raises ``ValueError`` unless there are two."""

    def __init__(self, candidates: Candidates, parties: Sequence[Party]) -> None:
        if len(parties) != SEATS:
            raise ValueError("the model is of two people: mentor and mentee")
        self.candidates, self.parties = candidates, (parties[0], parties[1])
        starts = candidates.starts
        self._around = standing(
            [Case(candidates, parties)], starts, starts + candidates.duration, np.array([starts.size])
        )
        self._base: tuple[GlobalTerms, Floats] | None = None
        self._spread: tuple[slice, Spread] | None = None

    @cached_property
    def days(self) -> Ints:
        """``[party, i]``: a number for the day of each candidate on each one's calendar, for ``spread.choose``: when it
        begins."""
        around = self._around
        return around.days.day_start.take(around.place).reshape(SEATS, -1)

    def rows(self, not_before: int, until: int) -> slice:
        """Which candidates lie whole in ``[not_before, until)``."""
        starts = self.candidates.starts
        first = int(starts.searchsorted(not_before))
        last = int(starts.searchsorted(until - self.candidates.duration + 1))
        return slice(first, max(first, last))

    def score(self, rows: slice, memory: PairMemory, now: int, terms: GlobalTerms = PRIOR) -> Scores:
        """The scores at ``now`` of the candidates in ``rows``; see ``model.score``."""
        lead = self.candidates.starts[rows] - now
        kind = self.candidates.kind[rows]
        log_lead = np.log(np.maximum(lead, SHORTEST_LEAD) / DAY)
        frailties = frailties_at(memory, now)
        values = self._around.values[:, :, rows]
        log_hazard = self._standing(terms)[rows] + terms.vector[1] * log_lead
        moving = self._around.moving(rows, now)
        if moving is not None:
            values = values.copy()
            values[MOVING] = moving
            log_hazard += terms.vector[FEATURE_ROWS][MOVING] * (moving[0] + moving[1])
        by_window = frailties.log_r[FIRST_WINDOW:] + np.add.reduce(frailties.log_r[:FIRST_WINDOW])
        log_hazard += by_window.take(kind)
        weekdays = self._around.weekdays[:, rows]
        inputs = Inputs(lead, log_lead, kind, weekdays, values, frailties, memory, terms)
        return Scores(holding(log_hazard), log_hazard, lambda: inputs, spread=lambda: self._spread_at(rows, moving))

    def _spread_at(self, rows: slice, moving: Floats | None) -> Spread:
        """How the candidates in ``rows`` differ; kept for the rows asked for last, which stay the same for minutes."""
        kept = self._spread
        if kept is None or kept[0] != rows:
            around = self._around
            found = spread_of(self.candidates.kind[rows], around.weekdays[:, rows], around.values[:, :, rows])
            kept = self._spread = (rows, found)
        if moving is None:
            return kept[1]
        values = kept[1].values.copy()
        values[MOVING] = span(moving)
        return kept[1]._replace(values=values)

    def _standing(self, terms: GlobalTerms) -> Floats:
        """The part of each candidate's log-hazard that no clock changes; kept for the terms asked with last."""
        kept = self._base
        if kept is not None and kept[0] is terms:
            return kept[1]
        vector, around = terms.vector, self._around
        beta = vector[FEATURE_ROWS]
        by_seat = beta @ around.values.reshape(beta.size, -1)
        by_seat += (vector[WEEKDAY_ROWS] / SEATS).take(around.weekdays.reshape(-1))
        found: Floats = np.add.reduce(by_seat.reshape(SEATS, -1))
        found += (vector[WINDOW_ROWS] + (vector[0] - SEATS * float(beta @ USUAL))).take(self.candidates.kind)
        self._base = (terms, found)
        return found


def frailties_at(memory: PairMemory, now: int) -> Frailties:
    """``model._frailties`` of one memory: for seven numbers, arithmetic one by one costs a third."""
    numbers = memory.numbers
    logs, variances = [], []
    for k, moved, exposure, at in zip(*(numbers[part::4] for part in range(4)), strict=True):
        weight = exp2(max(now - at, 0.0) / -HALF_LIFE) / k
        more = 1.0 + moved * weight
        logs.append(log(more / (1.0 + exposure * weight)))
        variances.append(1.0 / (k * more))
    return Frailties(np.array(logs), np.array(variances))
