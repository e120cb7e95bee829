"""The terms that hold for everyone: their values, how unsure they are, and what is believed before any data.

All effects are in log-hazard: +0.1 means about a tenth more moves, -0.1 about a tenth fewer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from service.domain.stability.features import FEATURE_NAMES
from service.domain.stability.frailty import K_PAIR, K_PERSON, K_WINDOW
from service.domain.week import WEEKDAYS
from service.domain.windows import WINDOW_KINDS, WindowKind

Floats = npt.NDArray[np.float64]

# The order of a coefficient vector and of a covariance's rows and columns. ``alpha`` goes with 1, ``gamma``
# with log(lead in days), ``window:*`` with 0 or 1, ``weekday:*`` with the share of the two on whose clock it
# is that day, a feature with the sum of both people's values less what is usual.
COEFFICIENTS: tuple[str, ...] = (
    "alpha",
    "gamma",
    *(f"window:{kind.value}" for kind in WINDOW_KINDS),
    *(f"weekday:{day}" for day in WEEKDAYS),
    *FEATURE_NAMES,
)
_FIRST_WINDOW, _FIRST_WEEKDAY = 2, 2 + len(WINDOW_KINDS)
_FIRST_FEATURE = _FIRST_WEEKDAY + len(WEEKDAYS)
WINDOW_ROWS = slice(_FIRST_WINDOW, _FIRST_WEEKDAY)
WEEKDAY_ROWS = slice(_FIRST_WEEKDAY, _FIRST_FEATURE)
SURE = 1.96  # standard deviations
FEATURE_ROWS = slice(_FIRST_FEATURE, len(COEFFICIENTS))


@dataclass(frozen=True, eq=False)
class GlobalTerms:
    """Values of the terms, from the prior or from a fit.

    ``alpha``: log-hazard of a neutral slot one day ahead; ``gamma``: slope on log(lead in days); ``window``,
    ``weekday`` (Monday first, seven of them), ``beta`` (by feature name): what is left out is 0.
    ``deviations``: standard deviation by the names of ``COEFFICIENTS``, what is left out is certain;
    ``covariance`` (rows and columns as in ``COEFFICIENTS``) takes its place where a fit gives one.
    ``trained_on`` counts the meetings behind the values: 0 means that they are assumed.

    ``k_person``, ``k_pair``, ``k_window``: how little the frailties spread; infinite where the history shows no
    differences, so that nothing is read into them. ``drift``: steps ``(from when, log factor)`` by which moves
    were likelier than the other terms say, oldest first; before the first step the factor is 1.

    Raises ``ValueError`` for a name or shape that the model does not have."""

    version: str
    alpha: float
    gamma: float
    window: Mapping[WindowKind, float] = field(default_factory=lambda: MappingProxyType({}))
    weekday: tuple[float, ...] = (0.0,) * 7
    beta: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    deviations: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    covariance: Floats | None = None
    trained_on: int = 0
    k_person: float = K_PERSON
    k_pair: float = K_PAIR
    k_window: float = K_WINDOW
    drift: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if len(self.weekday) != len(WEEKDAYS):
            raise ValueError("weekday needs seven values")
        strange = {*self.beta} - {*FEATURE_NAMES} | {*self.deviations} - {*COEFFICIENTS}
        if strange:
            raise ValueError(f"the model has no term {', '.join(sorted(strange))}")
        size = len(COEFFICIENTS)
        if self.covariance is not None and self.covariance.shape != (size, size):
            raise ValueError(f"the covariance must be {size} by {size}")

    @cached_property
    def vector(self) -> Floats:
        """The values in the order of ``COEFFICIENTS``, the latest drift within ``alpha``."""
        windows = [self.window.get(kind, 0.0) for kind in WINDOW_KINDS]
        features = [self.beta.get(name, 0.0) for name in FEATURE_NAMES]
        latest = self.drift[-1][1] if self.drift else 0.0
        return np.array([self.alpha + latest, self.gamma, *windows, *self.weekday, *features])

    def drift_at(self, at: int) -> float:
        """The log factor that held at an instant (epoch seconds)."""
        if not self.drift:
            return 0.0
        place = bisect_right(self.drift, at, key=lambda step: step[0])
        return self.drift[place - 1][1] if place else 0.0

    def shows(self, name: str) -> bool:
        """Whether the data themselves say that a term has an effect: it was fitted, and its sign is sure (95 %). Otherwise
        it is assumed, and words about it must say so."""
        return name in self._shown

    @cached_property
    def _shown(self) -> frozenset[str]:
        if not self.trained_on:
            return frozenset()
        sure = np.abs(self.vector) > SURE * np.sqrt(np.diag(self.uncertainty))
        return frozenset(name for name, yes in zip(COEFFICIENTS, sure.tolist(), strict=True) if yes)

    @cached_property
    def uncertainty(self) -> Floats:
        """The covariance of ``vector``."""
        if self.covariance is not None:
            return self.covariance
        return np.diag([self.deviations.get(name, 0.0) ** 2 for name in COEFFICIENTS])


# docs/stability.md gives the reason of each number. Core is what the other windows are compared with.
PRIOR = GlobalTerms(
    version="prior-2",
    alpha=-1.7,
    gamma=0.35,
    window=MappingProxyType({WindowKind.BREAKFAST: -0.1, WindowKind.COFFEE: -0.1}),
    weekday=(0.06, 0.03, 0.0, -0.03, -0.06, 0.0, 0.0),
    beta=MappingProxyType(
        {"near": 0.08, "load": 0.03, "back_to_back": 0.1, "edge": 0.05, "away": 0.1, "churn": 0.2, "series": -0.04}
    ),
    deviations=MappingProxyType(
        {
            "alpha": 0.5,
            "gamma": 0.15,
            **{f"window:{kind.value}": 0.2 for kind in WINDOW_KINDS if kind is not WindowKind.CORE},
            **{f"weekday:{day}": 0.1 for day in WEEKDAYS},
            "near": 0.06,
            "load": 0.03,
            "back_to_back": 0.1,
            "edge": 0.1,
            "away": 0.15,
            "churn": 0.15,
            "series": 0.05,
        }
    ),
)
