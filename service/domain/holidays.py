"""Public holidays, by the ``holidays`` library: ``"US"`` is a country, ``"US-NY"`` one of its parts."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from service.domain.busy import Ints
from service.domain.errors import BadInput


@lru_cache(maxsize=1)
def _library() -> Any:
    """Loaded when somebody has holidays: every search and every command would wait for it, and most need none."""
    return import_module("holidays")


def check_holidays(code: str, field: str = "preferences.holidays") -> str:
    """Gives ``code`` back when the library knows it; raises ``BadInput`` for ``field`` otherwise."""
    country, _, part = code.partition("-")
    parts = _library().list_supported_countries(include_aliases=True).get(country)
    if parts is None:
        raise BadInput.of(field, f"no holidays are known for {country!r}; write a country as in US, or US-NY")
    if (part or code.endswith("-")) and part not in parts:
        raise BadInput.of(field, f"{country} has no part {part!r}; known are: {', '.join(parts) or 'none'}")
    return code


@lru_cache(maxsize=1024)
def holidays_of(code: str, year: int) -> Ints:
    """The year's holidays as sorted day numbers (days since 1970-01-01), read-only. ``code`` must have been
    checked."""
    country, _, part = code.partition("-")
    dates = sorted(_library().country_holidays(country, subdiv=part or None, years=year))
    days = np.array(dates, "datetime64[D]").astype(np.int64)
    days.flags.writeable = False
    return days
