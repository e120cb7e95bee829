"""Everything that is held of a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.api.schemas.base import Shown, Time
from service.api.schemas.calendars import CalendarShown, EventShown
from service.api.schemas.churn import ChurnItem
from service.api.schemas.meetings import MeetingShown, ProposalShown
from service.api.schemas.pairs import LedgerItem, PairShown
from service.api.schemas.people import PersonShown
from service.api.schemas.reviews import ReviewShown


class ExportedBusy(Shown):
    """When a calendar takes time."""

    start: Time
    end: Time
    kind: Literal["busy", "tentative", "out_of_office"]


class ExportedCalendar(CalendarShown):
    """A calendar with what is held of it: when it takes time, never what for."""

    busy: list[ExportedBusy]


class ExportedPair(PairShown):
    """A pair with its meetings, what it was offered, its reviews and its ledger."""

    auto_confirm: bool = Field(description="Whether this person consents to times being booked without an answer.")
    meetings: list[MeetingShown]
    proposals: list[ProposalShown]
    reviews: list[ReviewShown]
    ledger: list[LedgerItem]


class ExportedPast(Shown):
    """A meeting from before, out of a history file."""

    pair_id: str
    mentor_id: str
    mentee_id: str | None
    booked_at: Time
    first_start: Time
    minutes: int
    time_zone: str
    kind: str
    outcome: str | None
    outcome_at: Time | None


class ExportedAsk(Shown):
    """What the person was asked, and what became of it."""

    kind: str
    pair_id: str
    about: str
    created_at: Time
    mailed_at: Time | None
    closed_at: Time | None


class ExportedMail(Shown):
    """A mail to the person."""

    subject: str
    text: str
    status: str
    created_at: Time


class ExportedDay(Shown):
    """A day of the person's, as it was seen at each lead (days before) and when it was over: 24 letters, one an hour of the
    local clock: `-` free, `x` taken, `?` not known."""

    date: str = Field(examples=["2026-06-09"])
    seen: dict[str, str] = Field(examples=[{"2": "-" * 24, "over": "-" * 15 + "x" + "-" * 8}])


class ExportedChurn(Shown):
    """What looks at the person's free/busy saw."""

    wanted: bool
    weeks: int
    items: list[ChurnItem] = Field(description="What is told of it.")
    days: list[ExportedDay]


class ExportedWorth(Shown):
    """What a meeting was worth to the person. Nobody else is shown it."""

    meeting_id: str
    worth: int


class ExportedChoice(Shown):
    """What the person chose at a review that is still open. Nobody else is shown it; once settled it is not kept."""

    review_id: str
    choice: str


class ExportedWish(Shown):
    """Whether the person would like a last meeting. Nobody else is shown it; once settled it is not kept."""

    pair_id: str
    wish: bool


class Export(Shown):
    """All that is held. Credentials are not data about a person and stay sealed."""

    person: PersonShown
    calendars: list[ExportedCalendar]
    events: list[EventShown]
    pairs: list[ExportedPair]
    history: list[ExportedPast]
    churn: ExportedChurn
    worth: list[ExportedWorth]
    review_choices: list[ExportedChoice]
    last_meeting_wishes: list[ExportedWish]
    asks: list[ExportedAsk]
    mails: list[ExportedMail]
