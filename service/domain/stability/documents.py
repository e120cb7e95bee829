"""Global terms as a JSON document, and back. By name, so that a version kept from before a term existed can still be used."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Any

import numpy as np

from service.domain.stability.features import FEATURE_NAMES
from service.domain.stability.terms import COEFFICIENTS, FEATURE_ROWS, PRIOR, WEEKDAY_ROWS, WINDOW_ROWS, GlobalTerms
from service.domain.windows import WINDOW_KINDS

_SPREADS = ("k_person", "k_pair", "k_window")


def document(terms: GlobalTerms) -> dict[str, Any]:
    """``{version, values, covariance, names, trained_on, k_person, k_pair, k_window, drift}``; a spread of ``null`` is an
    infinite one."""
    values = {name: float(value) for name, value in zip(COEFFICIENTS, terms.vector, strict=True)}
    values["alpha"] = terms.alpha  # the drift is told apart
    spreads = {name: None if (k := getattr(terms, name)) == inf else k for name in _SPREADS}
    return {
        "version": terms.version,
        "values": values,
        "names": list(COEFFICIENTS),
        "covariance": terms.uncertainty.tolist(),
        "trained_on": terms.trained_on,
        "drift": [list(step) for step in terms.drift],
        **spreads,
    }


def terms_of(kept: Mapping[str, Any]) -> GlobalTerms:
    """The terms of a document. A term that it does not know has the prior's value and deviation; one that the model no
    longer has is left out. Raises ``ValueError`` or ``KeyError`` for something else than such a document."""
    known, usual = kept["values"], PRIOR.vector
    vector = [float(known.get(name, usual[at])) for at, name in enumerate(COEFFICIENTS)]
    return GlobalTerms(
        version=str(kept["version"]),
        alpha=vector[0],
        gamma=vector[1],
        window=MappingProxyType(dict(zip(WINDOW_KINDS, vector[WINDOW_ROWS], strict=True))),
        weekday=tuple(vector[WEEKDAY_ROWS]),
        beta=MappingProxyType(dict(zip(FEATURE_NAMES, vector[FEATURE_ROWS], strict=True))),
        covariance=_covariance(kept["names"], kept["covariance"]),
        trained_on=int(kept["trained_on"]),
        drift=tuple((int(at), float(factor)) for at, factor in kept["drift"]),
        k_person=_spread(kept["k_person"]),
        k_pair=_spread(kept["k_pair"]),
        k_window=_spread(kept["k_window"]),
    )


def _spread(kept: float | None) -> float:
    return inf if kept is None else float(kept)


def _covariance(names: list[str], kept: list[list[float]]) -> Any:
    table = np.asarray(kept, float)
    if table.shape != (len(names), len(names)):
        raise ValueError("names and covariance do not fit together")
    found = np.array(PRIOR.uncertainty)
    both = [(here, names.index(name)) for here, name in enumerate(COEFFICIENTS) if name in names]
    here, there = ([pair[side] for pair in both] for side in (0, 1))
    found[np.ix_(here, here)] = table[np.ix_(there, there)]
    return found
