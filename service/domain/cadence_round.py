"""When a pair's next meeting is to be proposed, and for which days: in time, so that nobody has to chase.

Pure: epoch seconds in and out. ``Course`` is what the ledger says of where a pair stands (``PatternFold.course``).
"""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.cadence import Cadence
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR

LEAST_LEAD = 7 * DAY  # so long before the next meeting is due it is proposed, or half a cadence before
GRACE = DAY  # a new pair's people first connect their calendars
REST = 3 * DAY  # after an offer that nobody took up
LONGEST_ROW = 3  # so many offers unanswered in a row, and nobody is asked again until someone acts
_LONGEST_HORIZON_DAYS = 56


@dataclass(frozen=True, slots=True)
class Course:
    """Where a pair stands. ``began``: its beginning, latest restart or resumption; ``created``: whether that was its very
    beginning. ``last_met``: the start of the latest meeting that was held, or has begun with nobody saying otherwise, since
    then; ``None`` without one. ``upcoming``: the end of the latest meeting booked that is not over. ``closed_at``: when the
    latest offer was declined or ran out; ``unanswered``: how many ran out in a row; ``turn``: who is to be asked next."""

    began: int
    created: bool
    last_met: int | None
    upcoming: int | None
    closed_at: int | None
    unanswered: int
    turn: Seat


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be proposed: from ``at`` on, for times between ``not_before`` and ``horizon_days`` later. ``due``: when the
    next meeting is due."""

    at: int
    due: int
    not_before: int
    horizon_days: int


def lead(cadence: Cadence) -> int:
    """How long before a meeting is due it is proposed, in seconds."""
    return max(cadence.days * DAY // 2, LEAST_LEAD)


def wanted(course: Course, cadence: Cadence, zone: str, now: int) -> Wanted | None:
    """What is to be proposed next, and when; ``None`` while nobody is to be asked: a meeting is booked, or ``LONGEST_ROW``
    offers in a row went unanswered.

    The days begin shortly before the meeting is due (an eighth of a cadence, a day at least) and reach half a cadence on, a
    week at least: what is proposed early is not to make the cadence shorter."""
    if course.upcoming is not None or course.unanswered >= LONGEST_ROW:
        return None
    rested = course.closed_at + REST if course.closed_at is not None else 0
    if course.last_met is None:
        due = course.began + (GRACE if course.created else 0)
        at, not_before = max(due, rested), now
    else:
        due = cadence.next_due(course.last_met, zone)
        at = max(due - lead(cadence), rested)
        not_before = max(now, due - max(cadence.days * DAY // 8, DAY))
    horizon = max(cadence.days // 2, 14 if not_before == now else 7)
    return Wanted(at, due, not_before, min(horizon, _LONGEST_HORIZON_DAYS))


def may_slip_at(course: Course, cadence: Cadence, zone: str) -> int:
    """Until then time alone does not make a steady pair slip (``pair_state``): a quarter of a cadence after its next meeting
    was due, less the hour that a change of clocks may take."""
    last = course.began if course.last_met is None else course.last_met
    return cadence.next_due(last, zone) + cadence.days // 4 * DAY - HOUR
