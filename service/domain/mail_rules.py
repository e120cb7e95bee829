"""When Holdfast may ask somebody something by mail: never in their quiet hours, never on their days off, at most one such
mail a day, and no more in any seven days than they allow. News (an invitation, a cancellation) does not wait for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from service.domain.busy import Ints
from service.domain.holidays import holidays_of
from service.domain.timespan import DAY, MINUTE, WEEK, local
from service.domain.wall_clock import EPOCH_WEEKDAY, instants

FEWEST, MOST = 1, 7
GATHER = 20  # seconds: what arrives together goes together, and what was answered meanwhile is never mailed
_HORIZON = 21  # days looked ahead at first; long holidays are looked through in further steps
_LONGEST = 420
_ALL_WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class MailRules:
    """What one person allows. ``quiet_from`` and ``quiet_until`` in minutes of the local day (equal: no quiet hours, from
    late to early: over midnight); ``workdays`` 0 = Monday, none at all meaning every day; ``holidays`` a checked code."""

    per_week: int = 3
    quiet_from: int = 20 * 60
    quiet_until: int = 8 * 60
    workdays: frozenset[int] = field(default_factory=lambda: frozenset(range(5)))
    holidays: str | None = None


def when(now: int, rules: MailRules, zone: str, sent_at: Sequence[int]) -> int:
    """The first instant from ``now`` on at which a mail that asks may go to somebody whose clock is ``zone``'s.

    ``sent_at``: when such mails went to them, planned ones too; what lies eight days back or more does not matter."""
    earliest = max(now, _room_in_the_week(now, rules.per_week, sent_at))
    taken = {_day(at, zone) for at in sent_at}
    first = _day(earliest, zone)
    for offset in range(0, _LONGEST, _HORIZON):
        days = np.arange(first + offset, first + offset + _HORIZON, dtype=np.int64)
        open_days = [day for day in _days_on(days, rules).tolist() if day not in taken]
        starts, ends = _open(np.array(open_days, np.int64), rules, zone)
        later = ends > earliest
        if later.any():
            return max(earliest, int(starts[later].min()))
    return earliest + _LONGEST * DAY


def _room_in_the_week(now: int, per_week: int, sent_at: Sequence[int]) -> int:
    """When the last ``per_week`` mails no longer all lie within seven days."""
    last = sorted(sent_at)[-per_week:]
    return last[0] + WEEK if len(last) == per_week else now


def _day(at: int, zone: str) -> int:
    """The local date as a day number (days since 1970-01-01)."""
    return local(at, zone).toordinal() - _ORDINAL_ZERO


_ORDINAL_ZERO = local(0, "UTC").toordinal()


def _days_on(days: Ints, rules: MailRules) -> Ints:
    weekdays = (days + EPOCH_WEEKDAY) % 7
    kept = np.isin(weekdays, sorted(rules.workdays or _ALL_WEEK))
    if rules.holidays:
        years = {local(int(day) * DAY, "UTC").year for day in (days[0], days[-1])}
        kept &= ~np.isin(days, np.concatenate([holidays_of(rules.holidays, year) for year in sorted(years)]))
    return days[kept]


def _open(days: Ints, rules: MailRules, zone: str) -> tuple[Ints, Ints]:
    """The spans of some local days that are not quiet, in epoch seconds."""
    a, b = rules.quiet_from * MINUTE, rules.quiet_until * MINUTE
    loud = [(0, DAY)] if a == b else [(b, a)] if b < a else [(0, a), (b, DAY)]
    walls = [(day * DAY + start, day * DAY + end) for day in days.tolist() for start, end in loud if end > start]
    pairs = np.array(walls, np.int64).reshape(-1, 2)
    starts, ends, _ = instants(zone, pairs[:, 0], pairs[:, 1])
    return starts, ends
