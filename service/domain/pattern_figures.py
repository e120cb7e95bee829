"""What a pair's patterns look like, and the words in which the API says them. Figures only: no verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from service.domain.ledger import Seat
from service.domain.move_budget import WINDOW_DAYS, Budget
from service.domain.pair_state import Because, PairState
from service.domain.timespan import rfc3339
from service.domain.windows import WindowKind

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class SeatFigures:
    """One seat's part. Hours have one decimal; ``None`` where there is nothing to take a median of. ``asked``: offers that
    were theirs to answer, ``answered`` how many of those they did, ``proposed`` how often they asked for times."""

    moves: int
    late_moves: int
    median_notice_hours: float | None
    answer_hours: float | None
    asked: int
    answered: int
    proposed: int


@dataclass(frozen=True, slots=True)
class HoldCount:
    """Meetings first booked at such a time, and how many of them took place without a counted move before."""

    booked: int
    held_at_first_time: int


@dataclass(frozen=True, slots=True)
class Patterns:
    """What the ledger adds up to at one moment.

    ``meetings``, ``held``, ``by_kind``, ``by_weekday`` (0 = Monday) and ``last_held_at`` (epoch seconds,
    the start of the latest meeting held) are over the pair's whole life. Moves, notice, answers and
    ``effort`` begin at the latest restart, and so does what ``moves_per_meeting`` divides by: the meetings
    booked or changed since, or still to come then.

    ``effort`` counts acts for the pair, each once: times asked for, a slot chosen or a meeting booked, a proposal declined,
    an outcome reported. ``budget``: the moves both share, where the pair set itself a budget. ``moves`` includes
    cancellations; ``by`` leaves out moves whose maker nobody can name."""

    meetings: int
    held: int
    moves: int
    moves_per_meeting: float
    late_moves: int
    by: Mapping[Seat, SeatFigures]
    by_kind: Mapping[WindowKind, HoldCount]
    by_weekday: tuple[HoldCount, ...]
    median_notice_hours: float | None
    effort: Mapping[Seat, int]
    last_held_at: int | None
    budget: Budget | None
    overdue_days: int
    state: PairState
    because: Because


def median_hours(amounts: Iterable[int], per_hour: int) -> float | None:
    """The median in hours with one decimal; ``per_hour`` is how many of the unit make an hour."""
    values = list(amounts)
    # Adding 0.0 turns the -0.0 that rounding can leave into 0.0.
    return round(median(values) / per_hour, 1) + 0.0 if values else None


def budget_words(budget: Budget) -> dict[str, Any]:
    """The moves that both share."""
    return {
        "allowed": budget.allowed,
        "used": budget.used,
        "left": budget.left,
        "window_days": WINDOW_DAYS,
        "step": budget.step.value if budget.step else None,
    }


def as_words(patterns: Patterns) -> dict[str, Any]:
    """The JSON of ``GET /v1/pairs/{id}/patterns``: plain values only."""
    return {
        "meetings": patterns.meetings,
        "held": patterns.held,
        "moves": patterns.moves,
        "moves_per_meeting": patterns.moves_per_meeting,
        "late_moves": patterns.late_moves,
        "by": {seat.value: asdict(patterns.by[seat]) for seat in Seat},
        "by_kind": {kind.value: asdict(patterns.by_kind[kind]) for kind in WindowKind},
        "by_weekday": {day: asdict(count) for day, count in zip(WEEKDAYS, patterns.by_weekday, strict=True)},
        "median_notice_hours": patterns.median_notice_hours,
        "answer_hours": {seat.value: patterns.by[seat].answer_hours for seat in Seat},
        "effort": {seat.value: patterns.effort[seat] for seat in Seat},
        "last_held_at": None if patterns.last_held_at is None else rfc3339(patterns.last_held_at),
        "budget": None if patterns.budget is None else budget_words(patterns.budget),
        "overdue_days": patterns.overdue_days,
        "state": patterns.state.value,
        "because": {"rule": patterns.because.rule, "figures": dict(patterns.because.figures)},
    }
