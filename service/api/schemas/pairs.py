"""Pairs, their patterns and their ledger."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from service.api.schemas.base import Changes, Given, Instant, SeatWord, Shown, Text, Time
from service.api.schemas.rules import BudgetShown, RulesGiven, RulesShown
from service.app.agree_on import MOST_SESSIONS
from service.app.end_pair import LONGEST_NOTE
from service.app.keep_objectives import MOST as MOST_OBJECTIVES
from service.app.keep_pair import LONGEST, SHORTEST
from service.app.next_step import LONGEST_STEP

PAIR_ID = "pair_01k0a7m9s8e4v2b6c3d5f7g9h1"
Minutes = Annotated[int, Field(ge=SHORTEST, le=LONGEST, multiple_of=5)]
Focus = Annotated[Text, Field(max_length=500, description="What the two meet about; stands in the invitations.")]
NextStep = Annotated[
    Text,
    Field(
        max_length=LONGEST_STEP,
        description="What the two wrote down after a meeting; stands in the next invitation, and goes once that was held.",
    ),
]
Sessions = Annotated[
    int,
    Field(ge=1, le=MOST_SESSIONS, description="How many sessions until the next review; null: no number was agreed."),
]
CONFERENCE = "Whether invitations bear a link to meet at (Meet, Teams), where the calendar makes them."
Budget = Annotated[int, Field(ge=0, le=100, description="How many moves the two allow themselves; null: no limit.")]


class Cadence(Given):
    """How often the two mean to meet."""

    every: int = Field(default=1, ge=1, le=52)
    unit: Literal["week", "month"]

    model_config = ConfigDict(json_schema_extra={"examples": [{"every": 2, "unit": "week"}]})


class Objective(Given):
    """What the two want to reach, and when they look at it together."""

    id: Text | None = Field(
        default=None, max_length=64, description="Of one that stands already; left out for a new one."
    )
    text: Text = Field(min_length=1, max_length=500)
    review_on: Text | None = Field(
        default=None, max_length=10, description="A day: both are asked then how to go on.", examples=["2026-09-01"]
    )
    done: bool = False

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "One talk at the summer meeting", "review_on": "2026-09-01"}]}
    )


def _words_or_whole(given: object) -> str:
    return "words" if not isinstance(given, dict | Objective) else "whole"


ObjectiveGiven = Annotated[
    Annotated[Text, Field(max_length=500), Tag("words")] | Annotated[Objective, Tag("whole")],
    Discriminator(_words_or_whole),
]
Objectives = Annotated[
    list[ObjectiveGiven],
    Field(max_length=MOST_OBJECTIVES, description="Plain texts, or objects with a day on which to look at them."),
]


class NewPair(Given):
    """Two people who keep meeting."""

    mentor_id: Text = Field(max_length=64)
    mentee_id: Text = Field(max_length=64)
    kind: Literal["mentoring", "coaching"] = "mentoring"
    cadence: Cadence = Field(default=Cadence(every=1, unit="month"))
    duration_minutes: Minutes = 60
    focus: Focus | None = None
    objectives: Objectives = Field(default_factory=list)
    programme_id: Text | None = Field(default=None, max_length=64)
    move_budget: Budget | None = None
    conference: bool = Field(default=False, description=CONFERENCE)
    sessions_agreed: Sessions | None = None
    next_step: NextStep | None = None
    rules: RulesGiven = Field(default_factory=RulesGiven)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mentor_id": "per_01k0a7m9s8e4v2b6c3d5f7g9h1",
                    "mentee_id": "per_01k0a7m9s8e4v2b6c3d5f7g9h2",
                    "kind": "mentoring",
                    "cadence": {"every": 2, "unit": "week"},
                    "duration_minutes": 60,
                    "focus": "Leading a first team",
                }
            ]
        }
    )


class PairChanges(Changes):
    """What can be changed of a pair."""

    cadence: Cadence = Field(default_factory=lambda: Cadence(unit="month"))
    duration_minutes: Minutes = Field(default_factory=int)
    focus: Focus | None = Field(default_factory=lambda: None)
    objectives: Objectives = Field(default_factory=list)
    move_budget: Budget | None = Field(default_factory=lambda: None)
    conference: bool = Field(default_factory=bool, description=f"{CONFERENCE} From the next booking on.")
    sessions_agreed: Sessions | None = Field(default_factory=lambda: None)
    next_step: NextStep | None = Field(default_factory=lambda: None)
    rules: RulesGiven = Field(default_factory=RulesGiven)


class Asked(Given):
    """Which seat asks. It is not told to the other."""

    by: SeatWord

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee"}]})


class Pause(Asked):
    """A pause never asks why."""

    until: Instant | None = Field(default=None, description="Left out: until someone resumes.")
    call_off: bool = Field(
        default=False, description="Whether what is booked in that time is called off too, in nobody's name."
    )


class End(Asked):
    """An end never asks why, and both get the same words."""

    last_meeting: bool = Field(
        default=False,
        description="The next meeting that is booked stays as the last one; where none is, both are asked, privately, "
        "whether they would like one.",
    )
    handover: Text | None = Field(
        default=None,
        max_length=LONGEST_NOTE,
        description="A note to whoever coordinates. It is kept without who wrote it.",
    )


class Wish(Asked):
    """Whether this seat would like a last meeting. A no is told to nobody."""

    wish: bool

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee", "wish": True}]})


class CadenceShown(Shown):
    """How often the two mean to meet."""

    every: int
    unit: Literal["week", "month"]


class ObjectiveShown(Shown):
    """What the two want to reach."""

    id: str = Field(examples=["obj_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    text: str
    review_on: str | None = Field(examples=["2026-09-01"])
    done: bool


class PairShown(Shown):
    """Two people who keep meeting."""

    id: str = Field(examples=[PAIR_ID])
    mentor_id: str
    mentee_id: str
    kind: Literal["mentoring", "coaching"]
    cadence: CadenceShown
    duration_minutes: int
    focus: str | None
    objectives: list[ObjectiveShown]
    sessions_agreed: int | None
    next_step: str | None
    programme_id: str | None
    move_budget: int | None
    conference: bool
    rules: RulesShown
    status: Literal["active", "paused", "ended"]
    paused_until: Time | None
    last_meeting: Literal["asked", "wished", "kept"] | None = Field(
        description="After an end: both are asked whether they would like one; both would; it is booked."
    )
    created_at: Time
    version: int


class SeatFigures(Shown):
    """One seat's part; hours have one decimal."""

    moves: int
    late_moves: int
    median_notice_hours: float | None
    answer_hours: float | None
    asked: int = Field(description="Offers that were theirs to answer.")
    answered: int
    proposed: int = Field(description="How often they asked for times.")


class BySeat(Shown):
    """Both seats' figures."""

    mentor: SeatFigures
    mentee: SeatFigures


class HoldCount(Shown):
    """Meetings first booked at such a time, and how many took place then."""

    booked: int
    held_at_first_time: int


class ByKind(Shown):
    """By kind of window."""

    breakfast: HoldCount
    core: HoldCount
    lunch: HoldCount
    coffee: HoldCount


class ByWeekday(Shown):
    """By weekday of the time first booked."""

    mon: HoldCount
    tue: HoldCount
    wed: HoldCount
    thu: HoldCount
    fri: HoldCount
    sat: HoldCount
    sun: HoldCount


class Hours(Shown):
    """Hours per seat."""

    mentor: float | None
    mentee: float | None


class Effort(Shown):
    """Acts for the pair, per seat."""

    mentor: int
    mentee: int


class Because(Shown):
    """The rule that decided the state, and the figures it looked at."""

    rule: str
    figures: dict[str, Any]


class PatternsShown(Shown):
    """What a pair's ledger adds up to."""

    meetings: int
    held: int
    moves: int = Field(description="Changes of time and cancellations; a move that was undone cancels out.")
    moves_per_meeting: float
    late_moves: int
    by: BySeat
    by_kind: ByKind
    by_weekday: ByWeekday
    median_notice_hours: float | None
    answer_hours: Hours
    effort: Effort
    last_held_at: Time | None
    budget: BudgetShown | None = Field(description="Null: no budget is set.")
    overdue_days: int
    state: Literal["steady", "slipping", "silent", "paused", "ended"]
    because: Because


class LedgerItem(Shown):
    """A line of the ledger. What else it holds depends on its type: ids, seats and times, never a name or free text."""

    id: str = Field(examples=["led_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    at: Time
    type: str = Field(examples=["meeting.moved"])

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "id": "led_01k0a7m9s8e4v2b6c3d5f7g9h1",
                    "at": "2026-06-01T05:30:00Z",
                    "type": "proposal.declined",
                    "proposal_id": "prop_01k0a7m9s8e4v2b6c3d5f7g9h1",
                    "by": "mentee",
                }
            ]
        },
    )
