"""How far ahead a day is looked at."""

from __future__ import annotations

import numpy as np

from service.domain.busy import Ints
from service.domain.timespan import DAY

LEADS: tuple[int, ...] = (28, 14, 7, 3, 2, 1, 0)
"""Days from the look to the day looked at, both as dates on the person's own clock; 0 is the morning of the day itself."""

# A look is taken when a local day begins, so an hour of the day that it is about lies its lead and half a day more ahead.
# Between two leads the border is their geometric middle.
_BORDERS = np.array([0.9, 1.9, 2.9, 5.0, 10.2, 20.3]) * DAY


def lead_rows(ahead: Ints) -> Ints:
    """The row of ``LEADS`` that speaks for a slot that begins in ``ahead`` seconds."""
    rows: Ints = len(LEADS) - 1 - np.searchsorted(_BORDERS, ahead, "right")
    return rows
