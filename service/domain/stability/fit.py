"""The global terms that fit known meetings best: a cloglog regression with the prior in it, by Newton's method.

``P(hold) = exp(-exp(eta))``, ``eta = design @ terms + offset``. The log-likelihood is concave and the prior is normal, so
there is one best point, and a few steps find it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_LEAST, _MOST = -30.0, 6.0  # as in ``scores``
_STEPS, _HALVINGS = 50, 30
_ENOUGH = 1e-8  # of log-likelihood


class Fit(NamedTuple):
    """The terms, and their covariance (the inverse of the curvature at the best point)."""

    vector: Floats
    covariance: Floats


def fit(design: Floats, moved: Bools, offset: Floats, mean: Floats, deviation: Floats) -> Fit:
    """``design[row, term]``; ``offset`` is what is known of each row's log-hazard besides; the prior is normal with
    ``mean`` and ``deviation``. A term of deviation 0 is certain and stays as it is. Without rows the prior comes back."""
    free = deviation > 0
    known = offset + design[:, ~free] @ mean[~free]
    columns, precision = np.ascontiguousarray(design[:, free]), deviation[free] ** -2.0
    centre = mean[free]
    at = centre.copy()
    value = _posterior(columns, moved, known, at, centre, precision)
    for _ in range(_STEPS):
        slope, curve = _derivatives(columns @ at + known, moved)
        gradient = columns.T @ slope - precision * (at - centre)
        bend = (columns * -curve[:, None]).T @ columns + np.diag(precision)
        step = np.linalg.solve(bend, gradient)
        if gradient @ step < _ENOUGH:  # twice what this step would gain: the best point, but for rounding
            break
        for _ in range(_HALVINGS):
            there = _posterior(columns, moved, known, at + step, centre, precision)
            if there >= value:
                break
            step = step / 2
        else:
            break
        at, value = at + step, there
    _, curve = _derivatives(columns @ at + known, moved)
    vector, covariance = mean.copy(), np.zeros((mean.size, mean.size))
    vector[free] = at
    covariance[np.ix_(free, free)] = np.linalg.inv((columns * -curve[:, None]).T @ columns + np.diag(precision))
    return Fit(vector, covariance)


def log_likelihood(eta: Floats, moved: Bools) -> Floats:
    """Of each row: ``log(1 - exp(-H))`` where it moved, ``-H`` where it held."""
    hazard = np.exp(np.clip(eta, _LEAST, _MOST))
    found: Floats = np.where(moved, np.log(-np.expm1(-hazard)), -hazard)
    return found


def _posterior(columns: Floats, moved: Bools, known: Floats, at: Floats, centre: Floats, precision: Floats) -> float:
    away = at - centre
    return float(log_likelihood(columns @ at + known, moved).sum() - 0.5 * (precision * away * away).sum())


def _derivatives(eta: Floats, moved: Bools) -> tuple[Floats, Floats]:
    """The first and second derivative of each row's log-likelihood; the second is never above 0."""
    hazard = np.exp(np.clip(eta, _LEAST, _MOST))
    met = hazard / np.expm1(hazard)
    slope = np.where(moved, met, -hazard)
    curve = np.where(moved, met * (1.0 - hazard / -np.expm1(-hazard)), -hazard)
    return slope, np.minimum(curve, 0.0)
