"""Expands a rule with dateutil, and never for longer than the window needs.

dateutil starts at DTSTART, however long ago that was, and looks for a match until the year 9999. Three things
keep it short: the start is moved on by whole intervals (``_forward``), a plain sub-daily rule is counted
before it is expanded, and the INTERVAL that dateutil is given (``_Pace``) counts its steps and ends the
search behind the window.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, SECONDLY, WEEKLY, YEARLY, rrule, weekday

from integrations.ical.budget import MAX_OCCURRENCES, Budget, too_many
from integrations.ical.rules import Rule

_SECONDS = {WEEKLY: 604_800, DAILY: 86_400, HOURLY: 3600, MINUTELY: 60, SECONDLY: 1}
# What one step costs dateutil, about in microseconds: for YEARLY it looks at 366 days.
_COST = {YEARLY: 45, MONTHLY: 12, WEEKLY: 7, DAILY: 6, HOURLY: 6, MINUTELY: 6, SECONDLY: 7}


_ENDLESS = 1 << 62


class _BehindWindow(Exception):
    pass


class _Pace(int):
    """An INTERVAL that counts. dateutil adds it once for every step it takes, also for steps that match
    nothing."""

    left: int
    cost: int
    budget: Budget

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _BehindWindow
        self.budget.spend(self.cost)

    def __radd__(self, other: int) -> int:
        self._step()
        return other + int(self)

    def __mul__(self, other: int) -> int:  # the weekly step is ``interval * 7``
        self._step()
        return int(self) * other


def expand(rule: Rule, start: datetime, low: datetime, high: datetime, budget: Budget) -> list[datetime]:
    """The naive local starts of ``rule`` in ``[low, high]``, for a first start of ``start``; UNTIL is the
    caller's.

    Raises ``BadCalendar`` when there are more than ``MAX_OCCURRENCES`` of them, or too much work to find
    them."""
    if high < max(start, low):
        return []
    rule = _explicit(_clamped(rule, start, high), start)
    rule, start = _forward(rule, start, low)
    # Without a BY part each step is an occurrence, so counting them takes no iteration.
    plain = rule.freq >= HOURLY and not rule.by
    if plain and min(_steps(rule, max(start, low), high), rule.count or _ENDLESS) > MAX_OCCURRENCES:
        raise too_many()
    pace = _Pace(rule.interval)
    pace.left, pace.cost, pace.budget = _steps(rule, start, high) + 2, _COST[rule.freq], budget
    by: dict[str, Any] = dict(rule.by)
    found: list[datetime] = []
    try:
        for moment in rrule(rule.freq, start, pace, weekday(rule.wkst), rule.count, **by):
            if moment > high:
                break
            budget.spend(2)
            if moment >= low:
                found.append(moment)
                if len(found) > MAX_OCCURRENCES:
                    raise too_many()
    except (_BehindWindow, ValueError):
        pass  # dateutil says ValueError of a rule whose hours or minutes can never come: it simply has no times
    return found


def _steps(rule: Rule, start: datetime, high: datetime) -> int:
    """How many intervals lie between: an upper bound, never too few."""
    if rule.freq == YEARLY:
        return (high.year - start.year) // rule.interval + 1
    if rule.freq == MONTHLY:
        return ((high.year - start.year) * 12 + high.month - start.month) // rule.interval + 1
    return int((high - start).total_seconds()) // (_SECONDS[rule.freq] * rule.interval) + 1


def _clamped(rule: Rule, start: datetime, high: datetime) -> Rule:
    """An interval that leads behind the window is as good as one that leads to the year 10^12, and much
    cheaper."""
    reach = _steps(replace(rule, interval=1), start, high) + 2
    return replace(rule, interval=min(rule.interval, reach))


def _explicit(rule: Rule, start: datetime) -> Rule:
    """Writes down the parts that a rule takes from its start, so that the start may be moved."""
    by = dict(rule.by)
    if not {"byweekno", "byyearday", "bymonthday", "byweekday"} & by.keys():
        if rule.freq == YEARLY:
            by.setdefault("bymonth", (start.month,))
            by["bymonthday"] = (start.day,)
        elif rule.freq == MONTHLY:
            by["bymonthday"] = (start.day,)
        elif rule.freq == WEEKLY:
            by["byweekday"] = (weekday(start.weekday()),)
    return replace(rule, by=by)


def _forward(rule: Rule, start: datetime, low: datetime) -> tuple[Rule, datetime]:
    """Moves the start on by whole intervals to shortly before ``low``. A COUNT forbids that, unless each
    interval is known to hold exactly one occurrence."""
    if rule.count is not None and (rule.by or rule.freq < DAILY):
        return rule, start
    skip = (_steps(replace(rule, interval=1), start, low) - 3) // rule.interval - 1
    if skip < 1:
        return rule, start
    if rule.count is not None:
        if rule.count <= skip:
            skip = rule.count - 1  # the last one, which lies before the window
        rule = replace(rule, count=rule.count - skip)
    jump = skip * rule.interval
    if rule.freq == YEARLY:
        return rule, start.replace(year=start.year + jump, month=1, day=1)
    if rule.freq == MONTHLY:
        years, month = divmod(start.month - 1 + jump, 12)
        return rule, start.replace(year=start.year + years, month=month + 1, day=1)
    if rule.freq == WEEKLY:
        start -= timedelta(days=(start.weekday() - rule.wkst) % 7)
    return rule, start + timedelta(seconds=jump * _SECONDS[rule.freq])
