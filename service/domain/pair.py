"""Pairs: two seats, a cadence, and where the two stand."""

from __future__ import annotations

from enum import StrEnum


class PairKind(StrEnum):
    """What the two meet for."""

    MENTORING = "mentoring"
    COACHING = "coaching"


class PairStatus(StrEnum):
    """What the two decided; ``patterns.state`` says how it goes."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class CadenceUnit(StrEnum):
    """The unit of a cadence."""

    WEEK = "week"
    MONTH = "month"
