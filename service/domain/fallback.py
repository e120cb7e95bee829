"""The second slot that is held with a booking, so that a move needs no talk. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.timespan import DAY, Span, local

LEAST_GAP = 12 * 3600  # between the meeting's end and its fallback: what got in the way may last
FURTHEST = 14 * DAY


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot that could be held: its time, window kind and chance to hold."""

    span: Span
    kind: str
    probability: float


def serves(meeting: Span, fallback: Span, zones: Iterable[str]) -> bool:
    """Whether ``fallback`` can stand in for ``meeting``: later, on another day for everybody, and soon enough."""
    if not LEAST_GAP <= fallback.start - meeting.end <= FURTHEST:
        return False
    return all(local(fallback.start, zone).date() != local(meeting.start, zone).date() for zone in zones)


def choose(meeting: Span, choices: Iterable[Choice], zones: Iterable[str]) -> Choice | None:
    """The steadiest of those that serve, the earlier of equals; ``None`` where none does."""
    clocks = tuple(zones)
    serving = [choice for choice in choices if serves(meeting, choice.span, clocks)]
    return min(serving, key=lambda choice: (-choice.probability, choice.span.start), default=None)
