"""The calendar port: what Holdfast asks of any calendar, and what an adapter must be able to say.

An adapter is a stateless object: everything it needs comes in with the call (``Account``), everything it learned goes out
(``SyncResult``, ``Written``). It never touches the database. Times are epoch seconds, UTC. Failures are the
``ProviderTrouble`` classes of ``service.domain.errors`` and nothing else; what it cannot do raises ``Unsupported``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from service.domain.busy import BusyKind
from service.domain.timespan import Span


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do. The table in the docs is generated from these."""

    name: str
    reads: str  # "free_busy" or "events"
    writes: bool
    invites: bool  # whether the provider ALWAYS mails invitations itself; per account see Account.server_invites
    push: bool
    incremental: bool
    discovers: bool  # several calendars behind one account


@dataclass(frozen=True, slots=True)
class Account:
    """One connected calendar as an adapter sees it. ``settings`` is what is safe to show (an address, a collection);
    ``secret`` is opened from the vault just for the call and must never be logged or kept."""

    calendar_id: str
    owner_email: str
    zone: str  # the owner's IANA zone: what floating and all-day times mean
    settings: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict, repr=False)
    server_invites: bool = False  # learned on connect: this server mails the attendees (RFC 6638)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time an event takes: clipped to nothing, expanded from its recurrence. Free events have no occurrence."""

    start: int
    end: int
    kind: BusyKind


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """One event resource as the calendar holds it, without its title.

    ``skeleton`` is what the adapter needs to expand it again later (for iCalendar: the components less everything that is
    not about time); ``None`` where the provider expands. ``master`` is the time of the event itself when it is a single
    one: what is compared to tell a move. ``cancelled`` is true where the event is still listed but called off."""

    remote_id: str
    uid: str | None
    etag: str | None
    occurrences: tuple[Occurrence, ...]
    master: Span | None = None
    sequence: int = 0
    cancelled: bool = False
    recurring: bool = False
    skeleton: str | None = None
    known_until: int | None = None  # published free/busy: after this instant nothing is known, which is not free
    changed_by: str | None = None  # an e-mail address, where the provider tells who changed it last
    responses: tuple[
        tuple[str, str], ...
    ] = ()  # (attendee's e-mail, "accepted" | "declined" | "tentative" | "needs_action")


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What changed since ``state``. With ``full`` the list is everything there is: what we hold and is not in it was
    deleted. ``state`` is the adapter's own token, stored in the same transaction as what was learned."""

    events: tuple[RemoteEvent, ...]
    removed: tuple[str, ...]
    state: str
    full: bool
    unchanged: bool = False  # nothing changed at all; events and removed are empty


@dataclass(frozen=True, slots=True)
class Attendee:
    """Someone invited."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class EventDraft:
    """The meeting as it should stand in a calendar. ``uid`` is stable for the meeting's whole life."""

    uid: str
    meeting_id: str
    sequence: int
    span: Span
    stamp: int  # DTSTAMP: when this version was made
    summary: str
    description: str
    organizer: Attendee
    attendees: tuple[Attendee, ...]
    zone: str  # the zone its times are written in
    url: str | None = None
    conference: bool = False  # the two want a link to meet at, where the provider makes one with the event


@dataclass(frozen=True, slots=True)
class Written:
    """Where a written event stands now. ``uid`` is the provider's iCalendar UID for it."""

    remote_id: str
    etag: str | None
    uid: str
    invited: bool  # whether the provider itself invites the attendees


@dataclass(frozen=True, slots=True)
class Connection:
    """What connecting found out: one entry per calendar behind the credentials."""

    name: str
    settings: dict[str, str]
    writable: bool
    server_invites: bool
    primary: bool


class CalendarAdapter(Protocol):
    """Reads, writes and watches one kind of calendar."""

    capabilities: Capabilities

    def connect(self, account: Account) -> list[Connection]:
        """Checks address and credentials and says which calendars lie behind them (at least one).

        Raises ``BadCalendar`` where the address is no calendar, ``Refused`` for wrong credentials, ``Unreachable``."""
        ...

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """What changed since ``state`` (``None``: everything), with recurrences expanded inside ``window``.

        An adapter whose token is no longer accepted lists afresh by itself and returns ``full=True``."""
        ...

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """Expands a kept skeleton again when the horizon has moved on: no I/O. Raises ``Unsupported`` where the
        provider expands."""
        ...

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Writes the event once, however often it is called with the same ``uid``."""
        ...

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Writes the new version. Raises ``Changed`` when ``etag`` is not the current one, ``Gone`` when it is deleted.
        Writing the version that already stands there succeeds."""
        ...

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Takes the event out of the calendar; one that is already gone is a success."""
        ...


@runtime_checkable
class Finds(Protocol):
    """What an adapter does besides whose events bear a UID of the provider's own: without it, an event whose creation was
    never recorded (the answer was lost, the process died) is only found again by creating it once more."""

    def find(self, account: Account, draft: EventDraft, remote_id: str | None = None) -> Written | None:
        """Where the meeting's event stands, if it stands in this calendar; writes nothing. ``remote_id`` is the id that it had
        in another calendar of the same account, for an event that was dragged over."""
        ...
