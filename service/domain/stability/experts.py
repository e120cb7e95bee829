"""Which ways of learning compete: how much people, pairs and pairs in a window differ, and how fast the level drifts.

All of them forecast every meeting before its outcome is known; what each of them was worth decides (``learner``). One that
assumes differences has to earn them: in a world without any, the plain one is left.
"""

from __future__ import annotations

from itertools import product
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.stability.frailty import K_PAIR, K_PERSON, K_WINDOW
from service.domain.timespan import DAY

Floats = npt.NDArray[np.float64]

PEOPLE = (inf, 30.0, K_PERSON, 3.0)
PAIRS = (inf, 30.0, K_PAIR, 3.0)
WINDOWS = (inf, K_WINDOW, 6.0)
DRIFTS = (inf, 90.0 * DAY, 30.0 * DAY, 12.0 * DAY)
# What each assumption has to gain, in log-likelihood, before it is believed: a factor of e**3, about 20, in the odds.
HURDLE = 3.0
# A level that drifts is the same for all slots and cannot rank anything: believing in it too soon costs little.
DRIFT_HURDLE = 2.0


class Expert(NamedTuple):
    """``people``, ``pairs``, ``windows``: the K of the frailties, infinite for none; ``drift``: the half-life, in
    seconds, of the level's memory, infinite for a level that stays."""

    people: float
    pairs: float
    windows: float
    drift: float

    @property
    def handicap(self) -> float:
        """What its assumptions have to gain together."""
        return HURDLE * sum(value < inf for value in self[:3]) + DRIFT_HURDLE * (self.drift < inf)


EXPERTS: tuple[Expert, ...] = tuple(Expert(*values) for values in product(PEOPLE, PAIRS, WINDOWS, DRIFTS))
USUAL_EXPERT = EXPERTS.index(
    Expert(K_PERSON, K_PAIR, K_WINDOW, inf)
)  # as ``PRIOR``, until there is something to judge by
# Spread (1 / K): 0 switches a frailty off exactly.
SPREAD_PEOPLE: Floats = np.array([1.0 / expert.people for expert in EXPERTS])
SPREAD_PAIRS: Floats = np.array([1.0 / expert.pairs for expert in EXPERTS])
SPREAD_WINDOWS: Floats = np.array([1.0 / expert.windows for expert in EXPERTS])
DECAY: Floats = np.array([1.0 / expert.drift for expert in EXPERTS])
HANDICAP: Floats = np.array([expert.handicap for expert in EXPERTS])
HANDICAP[USUAL_EXPERT] = HURDLE  # what is usual elsewhere is one assumption
