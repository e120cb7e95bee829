"""What the hold model reads of a person's churn: a byte for each lead and hour of the week, beside the person's own row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.churn.hours import HOURS
from service.domain.churn.leads import LEADS
from service.domain.churn.shares import WEEKDAYS, Floats, Shares

WEEK_HOURS = WEEKDAYS * HOURS
CELLS = len(LEADS) * WEEK_HOURS
_FORM = 1
_STEPS = 32.0  # to one in log-hazard: what a byte can hold is -2 to 2 in steps of 1/32
MOST = 2.0
_REST = 0.02  # hazard that no calendar shows: twice nearly nothing is no difference to a meeting


@dataclass(frozen=True, slots=True, eq=False)
class ChurnTable:
    """``steps[l * 168 + w * 24 + h]``: the log of how much more often than everyone's hours of that sort this hour is taken,
    seen from lead ``l``, in steps of 1/32; 0 where nothing is known, and outside of the person's windows.

    Of that sort: that hours around work stay free everywhere is no merit of this one (slots before nine and after five moved
    as often as others); what such hours are worth is for the model's window terms to learn."""

    steps: npt.NDArray[np.int8]
    weeks: int

    def pack(self) -> bytes:
        """About a kilobyte, for ``unpack``."""
        return bytes((_FORM, min(self.weeks, 255))) + self.steps.tobytes()

    @staticmethod
    def unpack(blob: bytes | None) -> ChurnTable:
        """The inverse of ``pack``, without copying. No blob, or one in another form, is no knowledge."""
        if blob is None or len(blob) != CELLS + 2 or blob[0] != _FORM:
            return NO_CHURN
        return ChurnTable(np.frombuffer(blob, np.int8, CELLS, 2), blob[1])

    @staticmethod
    def of(shares: Shares) -> ChurnTable:
        """The table of one person's shares; ``NO_CHURN`` until there are weeks enough."""
        if not shares.enough:
            return NO_CHURN
        more = _log_hazard(shares.share) - _log_hazard(shares.usual)
        steps = np.rint(np.clip(more, -MOST, MOST) * _STEPS)
        return ChurnTable(np.where(shares.open, steps, 0).astype(np.int8).reshape(-1), shares.weeks)


NO_CHURN = ChurnTable(np.zeros(CELLS, np.int8), 0)


def in_log_hazard(steps: npt.NDArray[np.int8]) -> Floats:
    """Steps as the model counts: log-hazard against everyone's."""
    found: Floats = steps / _STEPS
    return found


def _log_hazard(share: Floats) -> Floats:
    """The log of the hazard behind a share, ``-log(1 - share)``, and of what else there is."""
    found: Floats = np.log(_REST - np.log1p(-np.minimum(share, 1 - 1e-4)))
    return found
