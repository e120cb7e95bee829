"""The figures. ``held`` is 1.0 or 0.0 for each meeting, ``chance`` what was forecast of it, strictly between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS = 10
SAME_LEAD = 1.15  # two leads are equal where the longer is no more than this times the shorter
RESAMPLES = 1000
_AT_ONCE = 100
_SEED = 20260601  # the same history gives the same intervals
_MOST_OF_A_PAIR = 1000  # meetings of one pair that are compared with one another at a time
_LEAST = 1e-12


class Interval(NamedTuple):
    """A figure and where it lies with a chance of 95 %, pairs being resampled: one pair's meetings are not independent."""

    value: float
    low: float
    high: float


class Bin(NamedTuple):
    """Meetings whose forecast lay in ``[low, high)``: how many, what was forecast on average, how many of them held."""

    low: float
    high: float
    meetings: int
    forecast: float
    held: float


class WithinPair(NamedTuple):
    """``auc``: of two meetings of one pair booked equally far ahead, one of which held, how often that one had the better
    forecast (ties count half). ``comparisons`` of ``pairs``; ``None`` where there is nothing to compare."""

    auc: Interval | None
    comparisons: int
    pairs: int


def losses(held: Floats, chance: Floats) -> Floats:
    """The log loss of each meeting."""
    safe = np.clip(chance, _LEAST, 1.0 - _LEAST)
    found: Floats = -np.where(held > 0.5, np.log(safe), np.log1p(-safe))
    return found


def brier(held: Floats, chance: Floats) -> float:
    """The mean squared error."""
    return float(np.mean((chance - held) ** 2))


def reliability(held: Floats, chance: Floats) -> list[Bin]:
    """The bins that hold any meeting."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    found = []
    for number in range(BINS):
        inside = place == number
        count = int(inside.sum())
        if count:
            share = float(held[inside].mean())
            found.append(Bin(number / BINS, (number + 1) / BINS, count, float(chance[inside].mean()), share))
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: how far forecast and share lie apart, on average over meetings."""
    count = sum(one.meetings for one in bins)
    return sum(one.meetings * abs(one.forecast - one.held) for one in bins) / count if count else 0.0


def auc(held: Floats, chance: Floats) -> float | None:
    """How often a meeting that held had a better forecast than one that did not; ``None`` where all or none held."""
    good = held > 0.5
    first, second = int(good.sum()), int((~good).sum())
    if not first or not second:
        return None
    _, place, counts = np.unique(chance, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2.0)[place]
    return float((rank[good].sum() - first * (first + 1) / 2.0) / (first * second))


def within_pair(held: Floats, chance: Floats, lead: Floats, pair: Ints) -> WithinPair:
    """The AUC within a pair at equal lead, see ``WithinPair``. ``lead`` in any unit, above 0; ``pair`` numbers them."""
    order = np.argsort(pair, kind="stable")
    edges = np.flatnonzero(np.diff(pair[order])) + 1
    right, all_of = [], []
    for group in np.split(order, edges):
        good = count = 0.0
        for begin in range(0, group.size, _MOST_OF_A_PAIR):
            more = _compare(*(column[group[begin : begin + _MOST_OF_A_PAIR]] for column in (held, chance, lead)))
            good, count = good + more[0], count + more[1]
        if count:
            right.append(good)
            all_of.append(count)
    if not all_of:
        return WithinPair(None, 0, 0)
    return WithinPair(ratio(np.array(right), np.array(all_of)), int(sum(all_of)), len(all_of))


def _compare(held: Floats, chance: Floats, lead: Floats) -> tuple[float, float]:
    good = held > 0.5
    log_lead = np.log(lead)
    near = np.abs(log_lead[good][:, None] - log_lead[~good]) <= np.log(SAME_LEAD)
    ours, others = chance[good][:, None], chance[~good]
    return float((near * ((ours > others) + 0.5 * (ours == others))).sum()), float(near.sum())


def ratio(upper: Floats, lower: Floats) -> Interval:
    """``sum(upper) / sum(lower)`` over pairs, with its interval."""
    value = float(upper.sum() / lower.sum())
    rng = np.random.default_rng(_SEED)
    ratios = []
    for _ in range(0, RESAMPLES, _AT_ONCE):
        drawn = rng.multinomial(upper.size, np.full(upper.size, 1.0 / upper.size), _AT_ONCE).astype(np.float64)
        below = drawn @ lower
        ratios.append((drawn @ upper)[below > 0] / below[below > 0])
    low, high = np.quantile(np.concatenate(ratios), (0.025, 0.975))
    return Interval(value, float(low), float(high))


def mean_by_pair(values: Floats, pair: Ints) -> Interval:
    """The mean over meetings, with its interval."""
    _, place = np.unique(pair, return_inverse=True)
    return ratio(totals(place, values), totals(place, np.ones(values.size)))


def totals(place: Ints, values: Floats) -> Floats:
    """The sum of the values of each number."""
    return np.bincount(place, values).astype(np.float64)
