"""How often the hours of slots fill up before they come, from each person's table: one lookup for many people at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.domain.busy import Ints
from service.domain.churn.hours import HOURS
from service.domain.churn.leads import lead_rows
from service.domain.churn.table import CELLS, NO_CHURN, WEEK_HOURS, in_log_hazard
from service.domain.slots import Party
from service.domain.stability.days import Stretches
from service.domain.timespan import DAY, HOUR


def churn(
    parties: Sequence[Party], owner: Ints, starts: Ints, ends: Ints, days: Stretches, place: Ints, now: int
) -> npt.NDArray[np.float64] | float:
    """For each slot of ``parties[owner[i]]`` how much more often than everyone's its hours are taken, in log-hazard; the mean
    of the hours it begins and ends in. 0 for all where nobody has a table."""
    if all(party.churn is NO_CHURN for party in parties):
        return 0.0
    table = np.concatenate([party.churn.steps for party in parties])
    wall = starts + days.offset[place]
    hour = days.weekday[place] * HOURS + wall % DAY // HOUR
    last = (hour + (wall % HOUR + (ends - starts) - 1) // HOUR) % WEEK_HOURS
    row = owner * CELLS + lead_rows(starts - now) * WEEK_HOURS
    return (in_log_hazard(table[row + hour]) + in_log_hazard(table[row + last])) / 2
