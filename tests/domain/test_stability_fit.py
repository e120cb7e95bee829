"""The fit finds what made the data, keeps to the prior where there is little, and knows how unsure it is."""

import numpy as np
import pytest

from service.domain.stability import COEFFICIENTS, PRIOR
from service.domain.stability.fit import fit, log_likelihood

MEAN, DEVIATION = PRIOR.vector, np.sqrt(np.diag(PRIOR.uncertainty))
SIZE = len(COEFFICIENTS)


def data(rows, truth, seed=1, offset=0.0):
    rng = np.random.default_rng(seed)
    design = np.zeros((rows, SIZE))
    design[:, 0] = 1.0
    design[:, 1] = np.log(rng.choice([1, 3, 7, 14, 28], rows))
    design[np.arange(rows), 2 + rng.integers(4, size=rows)] = 1.0
    design[np.arange(rows), 6 + rng.integers(5, size=rows)] = 1.0
    design[:, 13] = rng.integers(-2, 5, size=rows)
    moved = rng.random(rows) >= np.exp(-np.exp(design @ truth + offset))
    return design, moved


def test_it_finds_the_truth_within_its_own_uncertainty():
    truth = MEAN.copy()
    truth[0], truth[1], truth[2], truth[13] = -1.2, 0.5, -0.4, 0.2
    found = fit(*data(10_000, truth), np.zeros(10_000), MEAN, DEVIATION)
    deviation = np.sqrt(np.diag(found.covariance))
    free = deviation > 0
    assert (np.abs(found.vector - truth)[free] < 4 * deviation[free]).all()
    assert found.vector[13] == pytest.approx(0.2, abs=0.02)
    assert found.vector[1] == pytest.approx(0.5, abs=0.05)
    assert deviation[13] < 0.01 < DEVIATION[13]


def test_its_intervals_hold_the_truth_as_often_as_they_say():
    """Truths drawn from the prior: 80 % intervals of alpha and gamma hold four of five."""
    rng, inside = np.random.default_rng(3), 0
    for seed in range(300):
        truth = MEAN + DEVIATION * rng.normal(size=SIZE)
        found = fit(*data(300, truth, seed), np.zeros(300), MEAN, DEVIATION)
        away = np.abs(found.vector - truth)[:2] / np.sqrt(np.diag(found.covariance))[:2]
        inside += int((away < 1.2816).sum())
    assert inside / 600 == pytest.approx(0.8, abs=0.06)


def test_without_rows_the_prior_comes_back():
    found = fit(np.zeros((0, SIZE)), np.zeros(0, bool), np.zeros(0), MEAN, DEVIATION)
    assert found.vector == pytest.approx(MEAN)
    assert found.covariance == pytest.approx(PRIOR.uncertainty)


def test_few_rows_move_it_little_and_a_certain_term_not_at_all():
    design, moved = data(3, MEAN)
    found = fit(design, np.ones_like(moved), np.zeros(3), MEAN, DEVIATION)
    assert MEAN[0] < found.vector[0] < MEAN[0] + 2 * DEVIATION[0]
    certain = DEVIATION == 0
    assert certain.any()
    assert (found.vector[certain] == MEAN[certain]).all()
    assert (found.covariance[certain] == 0).all()


def test_an_offset_is_taken_as_known():
    rows, offset = 8_000, 0.6
    design, moved = data(rows, MEAN, offset=offset)
    with_it = fit(design, moved, np.full(rows, offset), MEAN, DEVIATION)
    without = fit(design, moved, np.zeros(rows), MEAN, DEVIATION)
    assert with_it.vector[0] == pytest.approx(MEAN[0], abs=0.15)
    assert without.vector[0] > with_it.vector[0] + 0.3


@pytest.mark.parametrize("outcome", [True, False])
def test_rows_that_all_end_alike_do_not_run_away(outcome):
    design, _ = data(2_000, MEAN)
    found = fit(design, np.full(2_000, outcome), np.zeros(2_000), MEAN, DEVIATION)
    assert np.isfinite(found.vector).all()
    assert np.isfinite(found.covariance).all()
    eta = design @ found.vector
    assert log_likelihood(eta, np.full(2_000, outcome)).mean() > -0.1
