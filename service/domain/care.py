"""Looking after a booked time before it breaks: when it has turned risky, and what would be better.

Pure. A time is offered another once only, and early enough for everybody to arrange it.
"""

from __future__ import annotations

from service.domain.timespan import DAY, HOUR

LEAST_NOTICE = 48 * HOUR  # what is nearer is left alone
FURTHEST = 21 * DAY  # what is further away can still change in every direction
FALLEN = 0.15
RISKY_BELOW = 0.6
BETTER_BY = 0.1
OFFERED = 3


def in_reach(start: int, now: int) -> bool:
    """Whether a meeting at ``start`` is looked after at ``now``."""
    return now + LEAST_NOTICE <= start <= now + FURTHEST


def turned_risky(booked: float, now: float, *, taken: bool) -> bool:
    """Whether a time has turned risky since it was booked: something else stands there by now (``taken``), or its chance has
    fallen well below what it was, and below what one would choose."""
    return taken or (now < RISKY_BELOW and now <= booked - FALLEN)


def is_better(other: float, now: float, *, taken: bool) -> bool:
    """Whether another time is worth the trouble of moving there: surely better, or free where the present one is not."""
    return taken or other >= now + BETTER_BY
