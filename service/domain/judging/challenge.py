"""Whether a fresh fit may take the place of the terms in use: it must not do worse, rolling forward in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from service.domain.judging.measures import losses
from service.domain.judging.rolling import can_be_judged, in_order_of_speaking
from service.domain.stability import GlobalTerms, MeetingRow, MemoryFold, Outcome
from service.domain.stability.learner import Forecast
from service.domain.stability.memory import usual_hazard
from service.domain.windows import WINDOW_KINDS

LATEST_SHARE = 0.5  # of the judged meetings: on the earlier ones the fit itself was still young
FEW_FRESH = 50
NO_WORSE = 0.001  # of log loss per meeting: less than anybody could notice


@dataclass(frozen=True, slots=True)
class Challenge:
    """Log loss per meeting of the fit and of the terms in use, over the same ``meetings``."""

    meetings: int
    fitted: float
    in_use: float

    @property
    def passed(self) -> bool:
        """Whether the fit does not do worse."""
        return self.meetings > 0 and self.fitted <= self.in_use + NO_WORSE

    def document(self) -> dict[str, Any]:
        """For the version's metrics."""
        return {"meetings": self.meetings, "fitted": self.fitted, "in_use": self.in_use, "passed": self.passed}


def challenge(
    rows: Sequence[MeetingRow], forecasts: Sequence[Forecast], in_use: GlobalTerms, trained_until: int | None
) -> Challenge:
    """``forecasts`` are those of the learner, rolling. Compared are the meetings booked after the terms in use were
    trained (``trained_until``); where these are few, the latest half: then the terms in use have an advantage, for they
    have seen what became of them."""
    judged = [number for number, can in enumerate(can_be_judged(rows)) if can]
    judged.sort(key=lambda number: (rows[number].booked_at, number))
    fresh = [number for number in judged if trained_until is not None and rows[number].booked_at > trained_until]
    chosen = fresh if len(fresh) >= FEW_FRESH else judged[int(len(judged) * (1.0 - LATEST_SHARE)) :]
    if not chosen:
        return Challenge(0, 0.0, 0.0)
    fixed = roll_fixed(rows, in_use)
    held = np.array([rows[number].outcome is Outcome.HELD for number in chosen], np.float64)
    ours = losses(held, np.array([forecasts[number].hold for number in chosen]))
    theirs = losses(held, np.array([fixed[number] for number in chosen]))
    return Challenge(len(chosen), float(ours.mean()), float(theirs.mean()))


def roll_fixed(rows: Sequence[MeetingRow], terms: GlobalTerms) -> list[float]:
    """The chance to hold of every row with terms that stay, each with the memory as it was when it was booked."""
    fold, spoken = MemoryFold(terms), 0
    found = [0.0] * len(rows)
    speaking = in_order_of_speaking(rows)
    for number in sorted(range(len(rows)), key=lambda n: (rows[n].booked_at, n)):
        row = rows[number]
        while spoken < len(speaking) and speaking[spoken][0] <= row.booked_at:
            fold.add(rows[speaking[spoken][1]])
            spoken += 1
        memory = fold.pair(row.pair_id, row.mentor_id, row.mentee_id)
        hazard = usual_hazard(row, terms)
        for one in (memory.mentor, memory.mentee, memory.pair):
            hazard *= one.frailty.r(row.booked_at)
        if row.kind is not None:
            hazard *= memory.windows[WINDOW_KINDS.index(row.kind)].frailty.r(row.booked_at)
        found[number] = exp(-min(max(hazard, 1e-9), 50.0))
    return found
