"""Judging the hold model on what has happened: forecasts as they would have been, figures, and what may be claimed.

- ``rolling``      each meeting forecast with what was known when it was booked; which of them can be judged
- ``measures``     log loss, Brier, calibration, AUC, the AUC within a pair at equal lead
- ``off_policy``   what another way of choosing among offered slots would have reached
- ``verdict``      all of it together, and in plain words what it shows and what it does not
- ``diagram``      the reliability diagram, as text and as SVG
"""

from service.domain.judging.rolling import roll
from service.domain.judging.verdict import Verdict, judge

__all__ = ["Verdict", "judge", "roll"]
