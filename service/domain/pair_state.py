"""How it goes between two people, in one word and with the rule and the figures that decided it.

The rules stand in one list, most decisive first. None of them knows which seat did what: a state is about the
pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.domain.pair import PairStatus

EARLY_MEETINGS = 3  # a young habit breaks more easily: until the third meeting a single sign is enough
RECENT_MEETINGS = 3
RECENT_CHANGED = 2
EXPIRED_IN_A_ROW = 2

Figures = Mapping[str, int | float]


class PairState(StrEnum):
    """The words of the API."""

    STEADY = "steady"
    SLIPPING = "slipping"
    SILENT = "silent"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Because:
    """The rule that decided (a stable code) and the figures it looked at."""

    rule: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What the rules look at. Days are whole days on the pair's clock; counts begin at the latest restart."""

    status: PairStatus
    cadence_days: int
    overdue_days: int
    quiet_days: int  # since the last answer, booking, meeting or outcome
    quiet_two_cadences: bool  # exact on the calendar, with nothing upcoming
    meetings: int
    late_moves: int
    recent: int  # how many meetings "the last three" are
    recent_changed: int  # how many of them were moved or cancelled
    expired_in_a_row: int


_Rule = tuple[str, PairState, Callable[[PairFacts], bool], Callable[[PairFacts], Figures]]

_RULES: tuple[_Rule, ...] = (
    ("ended", PairState.ENDED, lambda f: f.status is PairStatus.ENDED, lambda _: {}),
    ("paused", PairState.PAUSED, lambda f: f.status is PairStatus.PAUSED, lambda _: {}),
    (
        "quiet_for_two_cadences",
        PairState.SILENT,
        lambda f: f.quiet_two_cadences,
        lambda f: {"quiet_days": f.quiet_days, "cadence_days": f.cadence_days},
    ),
    (
        "overdue",
        PairState.SLIPPING,
        lambda f: f.overdue_days * 4 > f.cadence_days,
        lambda f: {"overdue_days": f.overdue_days, "cadence_days": f.cadence_days},
    ),
    (
        "recent_meetings_changed",
        PairState.SLIPPING,
        lambda f: f.recent_changed >= RECENT_CHANGED,
        lambda f: {"changed": f.recent_changed, "of": f.recent},
    ),
    (
        "proposals_expired",
        PairState.SLIPPING,
        lambda f: f.expired_in_a_row >= EXPIRED_IN_A_ROW,
        lambda f: {"expired_in_a_row": f.expired_in_a_row},
    ),
    (
        "early_late_move",
        PairState.SLIPPING,
        lambda f: f.meetings < EARLY_MEETINGS and f.late_moves >= 1,
        lambda f: {"late_moves": f.late_moves, "meetings": f.meetings},
    ),
    (
        "early_proposal_expired",
        PairState.SLIPPING,
        lambda f: f.meetings < EARLY_MEETINGS and f.expired_in_a_row >= 1,
        lambda f: {"expired_in_a_row": f.expired_in_a_row, "meetings": f.meetings},
    ),
)

RULE_CODES: tuple[str, ...] = (*(code for code, *_ in _RULES), "on_track")


def pair_state(facts: PairFacts) -> tuple[PairState, Because]:
    """The first rule that holds decides; where none does the pair is steady (``on_track``)."""
    for code, state, holds, figures in _RULES:
        if holds(facts):
            return state, Because(code, figures(facts))
    return PairState.STEADY, Because(
        "on_track", {"overdue_days": facts.overdue_days, "cadence_days": facts.cadence_days}
    )
