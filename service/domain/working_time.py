"""Time as it passes for somebody who is at work: days off, public holidays and days away do not count.

Used for deadlines: nobody's time to answer runs out on a weekend, on a holiday or while they are away, nor at night.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from service.domain.busy import KINDS, Busy, BusyKind
from service.domain.timespan import DAY, HOUR
from service.domain.wall_clock import local_days
from service.domain.windows import WINDOW_KINDS, Timetable, WindowKind, WindowRules, spans_of_days

LOOK_AHEAD = 60 * DAY  # somebody who is away for longer is not waited for
_CORE = WINDOW_KINDS.index(WindowKind.CORE)
_AWAY = KINDS.index(BusyKind.OUT_OF_OFFICE)


def working_spans(timetable: Timetable, busy: Busy, start: int, end: int) -> list[tuple[int, int]]:
    """The person's working hours that reach into ``[start, end)``, in order, less holidays and what an absence covers
    whole. Their windows play no part: who switched core off still works then."""
    days = (start // DAY, -(-end // DAY))
    spans = [(a, b) for a, b in _working_days(timetable.working_rules, days) if b > start and a < end]
    if not (busy.codes == _AWAY).any():
        return spans
    gone = _joined([(a, b) for a, b, kind in busy.merged() if kind is BusyKind.OUT_OF_OFFICE])
    return [(a, b) for a, b in spans if not any(x <= a and b <= y for x, y in gone)]


@lru_cache(maxsize=2048)
def _working_days(rules: WindowRules, utc_days: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The working hours of some UTC days, and maybe a little around them, kept: they change with the day, not with the
    second that is asked for."""
    spans = spans_of_days(rules, utc_days)
    core = spans.codes == _CORE
    return tuple(zip(spans.starts[core].tolist(), spans.ends[core].tolist(), strict=True))


def deadline(timetable: Timetable, busy: Busy, now: int, seconds: int) -> int:
    """When ``seconds`` have passed on the clocks of the person's working days, and then it is a working hour of theirs.

    A day counts from midnight to midnight if some of its working hours are left (see ``working_spans``). Where the time
    would run out outside of working hours, it runs out an hour into the next ones. For somebody without working hours, or
    away for longer than ``LOOK_AHEAD``, it is ``seconds`` on the clock."""
    return deadlines(timetable, busy, now, (seconds,))[0]


def deadlines(timetable: Timetable, busy: Busy, now: int, seconds: Sequence[int]) -> list[int]:
    """``deadline`` for each of several times to answer, which takes hardly more than for one."""
    spans = working_spans(timetable, busy, now - DAY, now + LOOK_AHEAD)
    days = _counted_days(timetable.zone, spans, now)
    return [_deadline(spans, days, now, each) for each in seconds]


def _deadline(spans: Sequence[tuple[int, int]], days: Sequence[tuple[int, int]], now: int, seconds: int) -> int:
    left, ends = seconds, None
    for begin, until in days:
        passing = until - max(begin, now)
        if passing >= left:
            ends = max(begin, now) + left
            break
        left -= passing
    if ends is None:
        return now + seconds
    for a, b in spans:
        if a < ends <= b:
            return ends
        if a >= ends:
            return min(a + HOUR, b)
    return ends


def next_working_moment(timetable: Timetable, busy: Busy, now: int) -> int | None:
    """``now`` where it is a working hour, else the start of the next ones; ``None`` where there are none within
    ``LOOK_AHEAD``."""
    for a, b in working_spans(timetable, busy, now, now + LOOK_AHEAD):
        if now < b:
            return max(a, now)
    return None


def _counted_days(zone: str, spans: Sequence[tuple[int, int]], now: int) -> list[tuple[int, int]]:
    """The local days, midnight to midnight, on which a span begins, as far as they lie after ``now``."""
    if not spans:
        return []
    bounds = _day_bounds(zone, (now - DAY) // DAY - 1, spans[-1][0] // DAY + 2)
    counted: list[tuple[int, int]] = []
    for start, _ in spans:
        at = bisect_right(bounds, start)
        if bounds[at] > now and (not counted or counted[-1][1] <= start):
            counted.append((bounds[at - 1], bounds[at]))
    return counted


@lru_cache(maxsize=1024)
def _day_bounds(zone: str, first_day: int, last_day: int) -> list[int]:
    """``local_days`` as plain numbers: looking one up takes less. Not to be changed."""
    found: list[int] = local_days(zone, first_day, last_day).tolist()
    return found


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Touching spans made one; they come in order and do not overlap."""
    joined: list[tuple[int, int]] = []
    for a, b in spans:
        if joined and joined[-1][1] >= a:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return joined
