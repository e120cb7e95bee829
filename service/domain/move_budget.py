"""The moves that two people allow themselves: one budget that both share alike, with soft steps once it is used up.

Nobody is ever locked out, and it is not said who used how much of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.domain.timespan import DAY

WINDOW_DAYS = 90


class Step(StrEnum):
    """What is offered beyond the budget, one after the other; nothing is demanded."""

    REASON = "reason"  # a reason may be given, so that the other understands
    SHORT_CALL = "short_call"  # a 20-minute call instead
    SLOWER = "slower_cadence"


SHORT_CALL_MINUTES = 20


@dataclass(frozen=True, slots=True)
class Budget:
    """``used``: the moves that count, of both together, in the last ``WINDOW_DAYS`` days. ``step``: what is offered with the
    next move, if it would go beyond."""

    allowed: int
    used: int
    step: Step | None

    @property
    def left(self) -> int:
        """How many are left; never below 0."""
        return max(self.allowed - self.used, 0)


def since(now: int) -> int:
    """From when on moves count."""
    return now - WINDOW_DAYS * DAY


def budget(allowed: int | None, used: int) -> Budget | None:
    """Where the pair stands; ``None`` where it set itself no budget."""
    if allowed is None:
        return None
    beyond = used - allowed
    steps = list(Step)
    return Budget(allowed, used, steps[min(beyond, len(steps) - 1)] if beyond >= 0 else None)
