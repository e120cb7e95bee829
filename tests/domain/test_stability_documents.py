"""A version of the terms is kept as a document and understood again, also after the model has grown."""

from math import inf

import numpy as np
import pytest

from service.domain.stability import COEFFICIENTS, PRIOR, GlobalTerms, document, terms_of
from service.domain.windows import WindowKind

SIZE = len(COEFFICIENTS)
FITTED = GlobalTerms(
    "fitted",
    alpha=-1.2,
    gamma=0.4,
    window={WindowKind.BREAKFAST: -0.3},
    weekday=(0.1, 0.0, 0.0, 0.0, -0.1, 0.0, 0.0),
    beta={"near": 0.2},
    covariance=np.eye(SIZE) * 0.01,
    trained_on=400,
    k_person=inf,
    k_pair=4.0,
    k_window=inf,
    drift=((1000, 0.1), (2000, -0.2)),
)


def test_a_document_gives_the_same_terms_again():
    again = terms_of(document(FITTED))
    assert again.vector == pytest.approx(FITTED.vector)
    assert again.uncertainty == pytest.approx(FITTED.uncertainty)
    assert (again.k_person, again.k_pair, again.k_window) == (inf, 4.0, inf)
    assert (again.drift, again.trained_on, again.version) == (FITTED.drift, 400, "fitted")


def test_drift_is_that_of_its_time():
    assert [FITTED.drift_at(at) for at in (999, 1000, 1999, 2000)] == [0.0, 0.1, 0.1, -0.2]
    assert FITTED.vector[0] == pytest.approx(-1.2 - 0.2)


def test_a_term_that_came_later_is_the_priors():
    kept = document(FITTED)
    last = COEFFICIENTS[-1]
    del kept["values"][last]
    kept["names"] = kept["names"][:-1]
    kept["covariance"] = [line[:-1] for line in kept["covariance"][:-1]]
    again = terms_of(kept)
    assert again.vector[-1] == PRIOR.vector[-1]
    assert again.uncertainty[-1, -1] == PRIOR.uncertainty[-1, -1]
    assert again.uncertainty[0, 0] == pytest.approx(0.01)


def test_a_term_that_has_gone_is_left_out():
    kept = document(FITTED)
    kept["values"]["moon"] = 1.0
    kept["names"] = ["moon", *kept["names"]]
    kept["covariance"] = np.eye(SIZE + 1).tolist()
    assert terms_of(kept).uncertainty == pytest.approx(np.eye(SIZE))


def test_something_else_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        terms_of(document(FITTED) | {"names": ["alpha"]})
