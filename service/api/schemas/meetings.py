"""Slots, proposals and meetings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import (
    INSTANT_EXAMPLE,
    Given,
    Instant,
    Local,
    Probability,
    SeatWord,
    Shown,
    Span,
    Text,
    Time,
    WindowWord,
)
from service.api.schemas.calendars import UnknownCalendar
from service.api.schemas.pairs import Minutes, NextStep
from service.app.alter_meeting import REASONS
from service.app.find_slots import LONGEST_HORIZON, MOST_SLOTS
from service.domain.outcome import LEAST_WORTH, MOST_WORTH

SLOT_ID = "slot_01k0a7m9s8e4v2b6c3d5f7g9h1"
MEETING_ID = "mtg_01k0a7m9s8e4v2b6c3d5f7g9h1"
Reason = Annotated[
    Text,
    Field(
        max_length=40,
        description="Never asked for; one of " + ", ".join(REASONS) + ".",
        json_schema_extra={"enum": [*REASONS]},
    ),
]


class NewProposal(Given):
    """Everything may be left out."""

    horizon_days: int = Field(
        default=28,
        ge=1,
        le=LONGEST_HORIZON,
        description="Counted from the earliest time that both people's notice allows.",
    )
    limit: int = Field(default=5, ge=1, le=MOST_SLOTS)
    duration_minutes: Minutes | None = Field(default=None, description="Left out: the pair's own.")
    responder: SeatWord | None = Field(
        default=None, description="Whose turn it is to answer. Left out: turns alternate."
    )
    by: SeatWord | None = Field(
        default=None, description="Who asks for it, where a person does: it counts as their effort."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"horizon_days": 28, "limit": 5, "responder": "mentee"}]})


class Acceptance(Given):
    """Which slot, and who says so."""

    slot_id: Text = Field(max_length=64)
    by: SeatWord

    model_config = ConfigDict(json_schema_extra={"examples": [{"slot_id": SLOT_ID, "by": "mentee"}]})


class Refusal(Given):
    """None of these. No reason is asked."""

    by: SeatWord
    slot_id: Text | None = Field(
        default=None, max_length=64, description="Taken and not looked at: all slots are declined."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee"}]})


class Move(Given):
    """A new start; the length stays. Any time at which both are free."""

    start: Instant
    by: SeatWord
    reason_code: Reason | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"start": INSTANT_EXAMPLE, "by": "mentor"}]})


class Cancellation(Given):
    """Who calls it off."""

    by: SeatWord
    reason_code: Reason | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentor", "reason_code": "illness"}]})


class Outcome(Given):
    """Whether it took place, by one seat's word."""

    by: SeatWord
    happened: bool
    worth: int | None = Field(
        default=None,
        ge=LEAST_WORTH,
        le=MOST_WORTH,
        description="What it was worth to this seat. For its own eyes alone: no answer but the export of that person has it.",
    )
    next_step: NextStep | None = Field(default=None, description="Carried by the invitation to the next meeting.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee", "happened": True}]})


class Worth(Given):
    """What a meeting was worth to one seat."""

    by: SeatWord
    worth: int = Field(ge=LEAST_WORTH, le=MOST_WORTH)

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee", "worth": 4}]})


class ReasonShown(Shown):
    """A term of the hold model that spoke for or against a slot."""

    code: str
    text: str
    effect: float = Field(description="On the log-hazard: below 0 it holds better.")


class SlotShown(Shown):
    """A time that is free for both, of one window kind."""

    start: Time
    end: Time
    kind: WindowWord
    hold_probability: Probability = Field(
        description="The chance that a meeting booked there takes place then, neither moved nor cancelled."
    )
    interval: list[float] = Field(min_length=2, max_length=2, examples=[[0.71, 0.94]])
    reasons: list[ReasonShown]
    local: Local


class OfferedSlot(SlotShown):
    """A slot of a proposal."""

    id: str = Field(examples=[SLOT_ID])


class DeclinedShown(Shown):
    """Why there is nothing to offer, and what would help."""

    code: str
    text: str


class BasisShown(Shown):
    """What the scores rest on so far: the pair's own past, or what is assumed of everybody."""

    meetings: Literal["prior", "learned"] = Field(description="Outcomes of earlier meetings.")
    calendars: Literal["prior", "learned"] = Field(description="How both people's weeks fill up.")


class SlotsShown(Shown):
    """Ranked slots, best first; nothing is stored."""

    complete: bool
    slots: list[SlotShown]
    basis: BasisShown
    unknown: list[UnknownCalendar] = Field(default=[], description="There when a calendar could not be read.")
    declined_because: DeclinedShown | None = Field(default=None, description="There when there is nothing to offer.")


class ProposalShown(Shown):
    """A few ranked slots offered to a pair."""

    id: str = Field(examples=["prop_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    pair_id: str
    status: Literal["open", "accepted", "declined", "withdrawn", "expired"]
    purpose: Literal["next", "pick", "care", "short_call"] = Field(
        description="A next meeting; whoever moved one picks a time; a booked time turned risky; a short call instead."
    )
    meeting_id: str | None = Field(description="The meeting that accepting would move; null: it books a new one.")
    responder: SeatWord
    created_at: Time
    expires_at: Time = Field(description="Passes on the responder's working days, and falls into their working hours.")
    complete: bool
    duration_minutes: int
    slots: list[OfferedSlot] = Field(description="Best first.")
    basis: BasisShown | None = Field(description="null for a proposal from before this was kept.")
    declined_because: DeclinedShown | None


class InitiatorShown(Shown):
    """Who changed it, and how sure we are: never a guess."""

    role: Literal["mentor", "mentee", "unknown"]
    confidence: Literal["observed", "inferred", "unknown"]


class MoveShown(Shown):
    """One change of a meeting's time, or its cancellation."""

    kind: Literal["moved", "moved_back", "cancelled"]
    sequence: int
    old: Span
    new: Span | None
    initiator: InitiatorShown
    detected_via: Literal["app", "api", "google", "microsoft", "caldav", "reply"]
    seen_at: Time
    notice_minutes: int = Field(description="The old start less the moment it was seen; negative after the start.")
    late: bool
    reason_code: str | None
    undone: bool


class Invites(Shown):
    """What became of each invitation: `organizer`, `calendar`, `queued`, `sent`, `kept` or `failed`."""

    mentor: str
    mentee: str


InvitationAnswer = Literal["accepted", "declined", "tentative"]


class ProposedTimes(Shown):
    """Another time that somebody proposed with their answer; null: none."""

    mentor: Span | None
    mentee: Span | None


class Answers(Shown):
    """What each seat answered to the invitation, where the organiser's calendar shows it; null: nothing yet."""

    mentor: InvitationAnswer | None
    mentee: InvitationAnswer | None
    proposed: ProposedTimes


class MeetingCalendar(Shown):
    """Where the event stands."""

    id: str | None
    status: Literal["none", "pending", "written", "failed", "removed"]
    problem: str | None


class OutcomeShown(Shown):
    """What each seat said; null: nothing yet. Where the two remember it differently both words stay."""

    mentor: bool | None
    mentee: bool | None


class FallbackShown(Span):
    """The second time that is held for a meeting: free for both, and taken with one call."""

    kind: WindowWord
    hold_probability: Probability
    local: Local


class NextAction(Shown):
    """Who is asked to pick another time, and until when."""

    owner: SeatWord
    due: Time


class Rescored(Shown):
    """The latest daily look at a booked time."""

    at: Time
    hold_probability: Probability


class MeetingShown(Shown):
    """What was booked. Its id never changes, however often it moves."""

    id: str = Field(examples=[MEETING_ID])
    pair_id: str
    proposal_id: str | None
    status: Literal["booked", "cancelled", "held", "missed"]
    sequence: int = Field(description="Counts its changes, as iCalendar does.")
    start: Time
    end: Time
    first_start: Time
    kind: WindowWord
    hold_probability: Probability
    local: Local
    fallback: FallbackShown | None = Field(description="Null: none is held, or none any more.")
    rescored: Rescored | None = Field(description="Null: not looked at again since it was booked.")
    next_action: NextAction | None
    moves: list[MoveShown]
    invites: Invites
    answers: Answers
    organizer: Literal["mentor", "mentee", "holdfast"]
    calendar: MeetingCalendar
    outcome: OutcomeShown
    ics_uid: str
    booked_at: Time
    version: int
