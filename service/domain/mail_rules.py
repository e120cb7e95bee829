"""When Holdfast may ask somebody something by mail: never in their quiet hours, never on their days off, at most one such
mail a day, and no more in any seven days than they allow. News (an invitation, a cancellation) does not wait for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from service.domain.holidays import holidays_of
from service.domain.timespan import DAY, MINUTE, WEEK, local
from service.domain.wall_clock import EPOCH_WEEKDAY, instants

FEWEST, MOST = 1, 7
GATHER = 20  # seconds: what arrives together goes together, and what was answered meanwhile is never mailed
_LONGEST = 420  # days looked ahead


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
    for day in range(first, first + _LONGEST):  # most often the first of them is the answer
        if day in taken or not _day_on(day, rules):
            continue
        later = [start for start, end in _loud(day, rules.quiet_from, rules.quiet_until, zone) if end > earliest]
        if later:
            return max(earliest, min(later))
    return earliest + _LONGEST * DAY


def _room_in_the_week(now: int, per_week: int, sent_at: Sequence[int]) -> int:
    """When the last ``per_week`` mails no longer all lie within seven days."""
    last = sorted(sent_at)[-per_week:]
    return last[0] + WEEK if len(last) == per_week else now


def _day(at: int, zone: str) -> int:
    """The local date as a day number (days since 1970-01-01)."""
    return local(at, zone).toordinal() - _ORDINAL_ZERO


_ORDINAL_ZERO = local(0, "UTC").toordinal()


def _day_on(day: int, rules: MailRules) -> bool:
    if rules.workdays and (day + EPOCH_WEEKDAY) % 7 not in rules.workdays:
        return False
    return not rules.holidays or day not in _days_off(rules.holidays, local(day * DAY, "UTC").year)


@lru_cache(maxsize=256)
def _days_off(code: str, year: int) -> frozenset[int]:
    return frozenset(holidays_of(code, year).tolist())


@lru_cache(maxsize=4096)
def _loud(day: int, quiet_from: int, quiet_until: int, zone: str) -> tuple[tuple[int, int], ...]:
    """The spans of a local day that are not quiet, in epoch seconds; kept, for most people have the same few rules."""
    a, b = quiet_from * MINUTE, quiet_until * MINUTE
    loud = [(0, DAY)] if a == b else [(b, a)] if b < a else [(0, a), (b, DAY)]
    walls = np.array([(day * DAY + start, day * DAY + end) for start, end in loud if end > start], np.int64)
    starts, ends, _ = instants(zone, *walls.reshape(-1, 2).T)
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True))
