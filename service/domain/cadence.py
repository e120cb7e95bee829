"""How often two people mean to meet, counted on a person's own wall clock.

A week after Monday 09:00 is Monday 09:00, also when the clocks change in between; a month after 31 January
is the last day of February. That is what people mean, and it is not a number of seconds.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from service.domain.errors import BadInput
from service.domain.pair import CadenceUnit
from service.domain.timespan import epoch, local

MOST = 52
_MEAN_MONTH_DAYS = 365.2425 / 12


@dataclass(frozen=True, slots=True)
class Cadence:
    """Every ``every`` weeks or months. Raises ``BadInput`` (field ``cadence.every``) outside 1 to 52."""

    every: int
    unit: CadenceUnit

    def __post_init__(self) -> None:
        if not 1 <= self.every <= MOST:
            raise BadInput.of("cadence.every", f"must be a whole number from 1 to {MOST}")

    @property
    def days(self) -> int:
        """Its nominal length in whole days (a month: a twelfth of a year): for thresholds, never for
        dates."""
        return self.every * 7 if self.unit is CadenceUnit.WEEK else round(self.every * _MEAN_MONTH_DAYS)

    def next_due(self, last: int, zone: str, *, times: int = 1) -> int:
        """The instant ``times`` cadences after ``last`` (epoch seconds both) on the wall clock of the IANA
        ``zone``.

        A day that the month does not have becomes its last day; a wall time that the clocks skip comes out
        as much later as they skip; of one that they show twice, the first is taken."""
        wall = _wall(last, zone)
        steps = self.every * times
        if self.unit is CadenceUnit.WEEK:
            wall += timedelta(weeks=steps)
        else:
            years, month = divmod(wall.month - 1 + steps, 12)
            year, month = wall.year + years, month + 1
            wall = wall.replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))
        return epoch(wall.replace(tzinfo=ZoneInfo(zone)))

    def overdue_days(self, now: int, last_held_or_start: int, has_upcoming_meeting: bool, zone: str) -> int:
        """Whole days on the wall clock of ``zone`` since the next meeting was due; 0 when it is not yet due
        or one is booked. ``last_held_or_start`` is where the cadence counts from."""
        due = self.next_due(last_held_or_start, zone)
        if has_upcoming_meeting or now <= due:
            return 0
        return max(0, days_between(due, now, zone))


def days_between(earlier: int, later: int, zone: str) -> int:
    """Whole days from one instant to another on the wall clock of ``zone``: the same time of day is a whole
    day on, whether the night had 23, 24 or 25 hours."""
    return (_wall(later, zone) - _wall(earlier, zone)).days


def _wall(at: int, zone: str) -> datetime:
    return local(at, zone).replace(tzinfo=None, fold=0)
