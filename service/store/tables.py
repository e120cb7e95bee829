"""The tables. Instants are epoch seconds (``BigInteger``), ids are prefixed and sort by time, secrets are sealed blobs.

Queries do not live here but in the repository of each noun (``people``, ``calendars``, ``pairs`` …). Further tables stand in
``leave_tables`` and ``webhook_tables``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.store.columns import instant as _instant
from service.store.columns import json as _json
from service.store.learned_tables import ChurnRow as ChurnRow  # noqa: PLC0414 - given on from here
from service.store.learned_tables import HistoryImport as HistoryImport  # noqa: PLC0414 - given on from here
from service.store.learned_tables import ModelVersion as ModelVersion  # noqa: PLC0414
from service.store.learned_tables import PastMeeting as PastMeeting  # noqa: PLC0414
from service.store.learned_tables import Programme as Programme  # noqa: PLC0414
from service.store.post_tables import AskRow as AskRow  # noqa: PLC0414
from service.store.post_tables import MailboxRow as MailboxRow  # noqa: PLC0414
from service.store.post_tables import MailedAnswerRow as MailedAnswerRow  # noqa: PLC0414


class Person(SQLModel, table=True):
    """Someone whose time is scheduled. ``claim_lock`` is written to lock the person's time (see ``claims``)."""

    __tablename__ = "person"
    id: str = Field(primary_key=True)
    version: int = 1
    name: str
    email: str
    time_zone: str
    working_hours: list[Any] = Field(sa_column=_json())
    windows: dict[str, Any] = Field(sa_column=_json())
    min_notice_hours: int
    buffer_minutes: int
    max_meetings_per_day: int | None = None
    holidays: str | None = None
    hours_given: bool = False  # working hours were set here, so an account's own do not take their place
    mails_per_week: int = 3  # mails that ask something, in any seven days
    quiet_from: int = 20 * 60  # in minutes of the local day; equal to ``quiet_until``: no quiet hours
    quiet_until: int = 8 * 60
    language: str = "en"
    churn: bool = True  # whether looks at their calendars may be kept
    # How often their hours fill up before they come, as the hold model reads it (``domain.churn.ChurnTable``).
    churn_table: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    feed_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    feed_hash: str = Field(index=True)
    link_generation: int = 1
    claim_lock: int = 0
    created_at: int = Field(sa_column=_instant())
    erased_at: int | None = Field(default=None, sa_column=_instant(nullable=True))


class Calendar(SQLModel, table=True):
    """One calendar of a person. ``busy`` is the packed table of everything that takes time in it."""

    __tablename__ = "calendar"
    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    provider: str
    status: str  # connected | authorization_required | error | disconnected
    access: str  # free_busy | events
    name: str = ""
    is_primary: bool = False  # new bookings are written there
    counts: bool = True  # what is in it takes its owner's time; what does not count is not read either
    writable: bool = False
    server_invites: bool = False
    settings: dict[str, Any] = Field(sa_column=_json())
    secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    sync_state: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    synced_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    expanded_until: int = Field(default=0, sa_column=_instant())
    busy: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    problem: str | None = None
    problem_text: str | None = None
    failures: int = 0
    retry_at: int | None = Field(default=None, sa_column=_instant(nullable=True))  # not looked at again before then
    refreshing_until: int | None = Field(default=None, sa_column=_instant(nullable=True))  # who renews its token: one
    version: int = 1
    created_at: int = Field(sa_column=_instant())


class SignInRow(SQLModel, table=True):
    """A sign-in at a provider that somebody began: bound to one calendar, for one use, for a short time."""

    __tablename__ = "sign_in"
    state_hash: str = Field(primary_key=True)
    calendar_id: str = Field(index=True)
    provider: str
    keep: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: int = Field(sa_column=_instant())


class WatchRow(SQLModel, table=True):
    """A provider's promise to tell us when a calendar changed. ``id`` is the channel or subscription."""

    __tablename__ = "watch"
    id: str = Field(primary_key=True)
    calendar_id: str = Field(index=True)
    resource_id: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    token_hash: str
    expires_at: int = Field(sa_column=_instant(index=True))


class RemoteEventRow(SQLModel, table=True):
    """What we hold of an event in somebody's calendar: when it is, never what it is called."""

    __tablename__ = "remote_event"
    __table_args__ = (
        UniqueConstraint("calendar_id", "remote_id"),
        Index("ix_remote_event_uid", "calendar_id", "uid"),
    )
    id: int | None = Field(default=None, primary_key=True)
    calendar_id: str = Field(foreign_key="calendar.id")
    remote_id: str = Field(sa_column=Column(Text, nullable=False))
    uid: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    etag: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    skeleton: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    spans: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LocalEvent(SQLModel, table=True):
    """An event in a calendar that Holdfast keeps itself. ``change`` is the calendar's counter when it last changed:
    the local calendar's sync token. A deleted one stays as a tombstone without its title."""

    __tablename__ = "local_event"
    __table_args__ = (Index("ix_local_event_change", "calendar_id", "change"), UniqueConstraint("calendar_id", "uid"))
    id: str = Field(primary_key=True)
    calendar_id: str = Field(foreign_key="calendar.id")
    uid: str = Field(sa_column=Column(Text, nullable=False))
    title: str = ""
    start: int = Field(sa_column=_instant())
    end: int = Field(sa_column=_instant())
    transparent: bool = False
    meeting_id: str | None = None
    sequence: int = 0
    change: int
    version: int = 1
    deleted: bool = False


class Pair(SQLModel, table=True):
    """Two people who keep meeting. ``lock`` is written to serialise changes of the pair."""

    __tablename__ = "pair"
    id: str = Field(primary_key=True)
    version: int = 1
    mentor_id: str = Field(foreign_key="person.id", index=True)
    mentee_id: str = Field(foreign_key="person.id", index=True)
    kind: str
    cadence_every: int
    cadence_unit: str
    duration_minutes: int
    focus: str | None = None
    objectives: list[Any] = Field(sa_column=_json())
    programme_id: str | None = Field(default=None, index=True)
    move_budget: int | None = None
    conference: bool = False  # a link to meet at goes with the invitation, where the calendar can make one
    late_hours: int = 24
    rules: dict[str, Any] = Field(
        default_factory=dict, sa_column=_json()
    )  # what the two chose; the rest has its default
    status: str = "active"
    paused_until: int | None = Field(default=None, sa_column=_instant(nullable=True, index=True))
    next_step: str | None = Field(
        default=None, sa_column=Column(Text, nullable=True)
    )  # what they wrote after a meeting
    next_step_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    sessions_agreed: int | None = None
    sessions_since: int | None = Field(default=None, sa_column=_instant(nullable=True))  # counted from here; None: all
    review_due_at: int | None = Field(default=None, sa_column=_instant(nullable=True, index=True))
    changing: bool = False  # a review came to "change": the next meeting has room for it, another review follows
    farewell: str | None = None  # of a last meeting after the end: asked | wished | kept
    farewell_until: int | None = Field(default=None, sa_column=_instant(nullable=True, index=True))
    lock: int = 0
    created_at: int = Field(sa_column=_instant())


_ABOUT = text("meeting_id IS NOT NULL")


class Proposal(SQLModel, table=True):
    """A few ranked slots offered to a pair."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "ix_proposal_about",
            "meeting_id",
            "purpose",
            "about_sequence",
            unique=True,
            sqlite_where=_ABOUT,
            postgresql_where=_ABOUT,
        ),
        Index("ix_proposal_due", "status", "expires_at"),  # what is over is most of them, what is open is few
    )
    id: str = Field(primary_key=True)
    pair_id: str = Field(foreign_key="pair.id", index=True)
    status: str = "open"
    purpose: str = "next"  # next | pick | care | short_call
    meeting_id: str | None = None  # the one it would move; none: it books a new one
    about_sequence: int | None = None  # with the meeting's id and purpose: one proposal a change
    responder: str
    complete: bool
    declined_because: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    duration_minutes: int
    horizon_days: int
    # What the scores rest on: ``{meetings, calendars}``, each ``learned`` or ``prior``.
    basis: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    model: str | None = None  # the version of the hold model that ranked it
    created_at: int = Field(sa_column=_instant())
    expires_at: int = Field(sa_column=_instant())
    nudge_at: int | None = Field(default=None, sa_column=_instant(nullable=True, index=True))  # none: nudged, or never


class ProposalSlot(SQLModel, table=True):
    """One slot of a proposal, best first by ``rank``."""

    __tablename__ = "proposal_slot"
    id: str = Field(primary_key=True)
    proposal_id: str = Field(foreign_key="proposal.id", index=True)
    rank: int
    start: int = Field(sa_column=_instant())
    end: int = Field(sa_column=_instant())
    kind: str
    hold_probability: float
    low: float
    high: float
    reasons: list[Any] = Field(sa_column=_json())
    # What lay around it when it was offered, ``{feature: [mentor, mentee]}``: what a later fit may learn from.
    facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    # What it was drawn from, itself included, ``[start, kind, hold probability, chance to be shown, to stand first]`` each.
    among: list[Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))


class Meeting(SQLModel, table=True):
    """What was booked. ``first_start`` is the time first booked, whatever came after."""

    __tablename__ = "meeting"
    id: str = Field(primary_key=True)
    version: int = 1
    pair_id: str = Field(foreign_key="pair.id", index=True)
    proposal_id: str | None = Field(default=None, index=True)
    slot_id: str | None = Field(default=None, unique=True)
    status: str = "booked"
    sequence: int = 0
    start: int = Field(sa_column=_instant(index=True))
    end: int = Field(sa_column=_instant())
    first_start: int = Field(sa_column=_instant())
    first_kind: str
    # What became of the time first booked, kept for the hold model: moved | cancelled | held | missed, or not known yet.
    first_outcome: str | None = None
    first_outcome_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    first_facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))  # as of its slot
    kind: str
    hold_probability: float
    scored_at: int | None = Field(
        default=None, sa_column=_instant(nullable=True)
    )  # looked at again since it was booked
    scored_probability: float | None = None
    cared_at: int | None = Field(default=None, sa_column=_instant(nullable=True))  # another time was offered: once
    ics_uid: str = Field(index=True)
    organizer: str  # mentor | mentee | holdfast: whose calendar carries the event
    calendar_id: str | None = Field(default=None, index=True)  # where it is written, if anywhere
    booking_status: str  # none | pending | written | failed | removed
    remote_id: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    etag: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    server_invites: bool = False
    known_start: int | None = Field(default=None, sa_column=_instant(nullable=True))  # last seen or written there
    known_end: int | None = Field(default=None, sa_column=_instant(nullable=True))
    written_sequence: int = -1
    booking_problem: str | None = None
    mentor_answer: str | None = None  # to the invitation, as a calendar shows it: accepted | declined | tentative
    mentee_answer: str | None = None
    mentor_proposed: str | None = None  # another time, proposed with the answer: start/end as RFC 3339
    mentee_proposed: str | None = None
    mentor_says: bool | None = None
    mentee_says: bool | None = None
    outcome_asked: int = -1  # the sequence at whose end both were asked whether it took place
    created_at: int = Field(sa_column=_instant())


class MeetingChange(SQLModel, table=True):
    """One change of a meeting's time, or its cancellation."""

    __tablename__ = "meeting_change"
    __table_args__ = (UniqueConstraint("meeting_id", "sequence"),)
    id: int | None = Field(default=None, primary_key=True)
    meeting_id: str = Field(foreign_key="meeting.id", index=True)
    kind: str
    sequence: int
    old_start: int = Field(sa_column=_instant())
    old_end: int = Field(sa_column=_instant())
    new_start: int | None = Field(default=None, sa_column=_instant(nullable=True))
    new_end: int | None = Field(default=None, sa_column=_instant(nullable=True))
    role: str | None = None
    confidence: str
    detected_via: str
    seen_at: int = Field(sa_column=_instant())
    notice_minutes: int
    late: bool
    reason_code: str | None = None


class Claim(SQLModel, table=True):
    """A person's time taken by a meeting of ours. Written by ``service.store.claims`` alone, under the person's lock."""

    __tablename__ = "claim"
    __table_args__ = (Index("ix_claim_person_time", "person_id", "start"),)
    meeting_id: str = Field(foreign_key="meeting.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    start: int = Field(sa_column=_instant())
    end: int = Field(sa_column=_instant())


class HeldSlot(SQLModel, table=True):
    """A person's time held as a meeting's fallback: no other pair's meeting takes it, and one of the same pair may. Written
    by ``service.store.claims`` alone, under the person's lock."""

    __tablename__ = "held_slot"
    __table_args__ = (Index("ix_held_slot_person_time", "person_id", "start"),)
    meeting_id: str = Field(foreign_key="meeting.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    pair_id: str = Field(foreign_key="pair.id", index=True)
    start: int = Field(sa_column=_instant())
    end: int = Field(sa_column=_instant())
    kind: str
    hold_probability: float


class PairLoop(SQLModel, table=True):
    """What Holdfast does for a pair by itself: when it looks at it again, and what it said already.

    ``turn`` counts what happened to the pair: each look is another job. The consents are each seat's own word."""

    __tablename__ = "pair_loop"
    pair_id: str = Field(foreign_key="pair.id", primary_key=True)
    look_at: int | None = Field(default=None, sa_column=_instant(nullable=True, index=True))
    turn: int = 0
    slipping: bool = False  # pair.slipping was told of this slide
    drifting: bool = False  # what to do about unanswered offers was asked of both
    mentor_auto_confirm: bool = False
    mentee_auto_confirm: bool = False


class LedgerEntry(SQLModel, table=True):
    """Append-only (a trigger refuses anything else)."""

    __tablename__ = "ledger_entry"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    pair_id: str = Field(foreign_key="pair.id", index=True)
    at: int = Field(sa_column=_instant())
    type: str
    data: dict[str, Any] = Field(sa_column=_json())


class MailRow(SQLModel, table=True):
    """A mail to send, sent, or kept where there is no mail server. ``id`` is its Message-ID's local part."""

    __tablename__ = "mail"
    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    meeting_id: str | None = Field(default=None, index=True)
    pair_id: str | None = Field(default=None, index=True)  # of news about a pair: whose names are in it
    sequence: int = 0
    method: str | None = None
    asks: bool = False  # a bundle of asks, under the rules of ``domain.mail_rules``
    subject: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    html: str = Field(sa_column=Column(Text, nullable=False))
    draft: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    status: str = "queued"  # queued | sent | kept | failed
    problem: str | None = None
    created_at: int = Field(sa_column=_instant(index=True))
    sent_at: int | None = Field(default=None, sa_column=_instant(nullable=True))


class ApiKey(SQLModel, table=True):
    """A key to the API: only its hash is kept."""

    __tablename__ = "api_key"
    id: str = Field(primary_key=True)
    name: str
    scope: str  # read | write | admin
    hash: str = Field(unique=True)
    created_at: int = Field(sa_column=_instant())
    revoked_at: int | None = Field(default=None, sa_column=_instant(nullable=True))


class IdempotencyRow(SQLModel, table=True):
    """A POST that was carried out: written in the transaction of what it made, so that a retry after a crash finds it."""

    __tablename__ = "idempotency"
    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    resource_id: str | None = None
    created_at: int = Field(sa_column=_instant(index=True))
