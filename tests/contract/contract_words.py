"""The words of the calendar contract: somebody else's hand, trouble on the line, what Holdfast holds, a meeting of ours."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import pytest
from sketches import SECRET, WINDOW, ZONE, Sketch, at

from service.domain.busy import BusyKind
from service.domain.timespan import HOUR, Span
from service.ports.calendar import (
    Account,
    Attendee,
    CalendarAdapter,
    EventDraft,
    RemoteEvent,
    SyncResult,
)

OWNER = "alice@example.com"
START = datetime(2027, 3, 10, 9, 0)
PATIENCE = 30.0  # seconds in which a hanging server must be given up; how soon is measured elsewhere


class Hand(Protocol):
    """Somebody else's calendar program at the same calendar."""

    def put(self, sketch: Sketch) -> None:
        """Creates the event, or replaces the one with this UID."""

    def delete(self, uid: str) -> None:
        """Deletes it."""

    def uids(self) -> list[str]:
        """The UID of every event there, one entry per event."""


class Trouble(Protocol):
    """Something that breaks the line to the server while a block runs."""

    def hanging(self) -> AbstractContextManager[None]: ...
    def cutting(self) -> AbstractContextManager[None]: ...
    def talking_nonsense(self) -> AbstractContextManager[None]: ...


class Held:
    """What Holdfast would hold: applies sync results as the use case does."""

    def __init__(self, adapter: CalendarAdapter, account: Account) -> None:
        self._adapter, self._account = adapter, account
        self.state: str | None = None
        self.events: dict[str, RemoteEvent] = {}

    def sync(self) -> SyncResult:
        result = self._adapter.sync(self._account, self.state, WINDOW)
        if result.unchanged:
            assert not result.events
            assert not result.removed
        elif result.full:
            self.events = {}
        self.events |= {event.remote_id: event for event in result.events}
        for gone in result.removed:
            self.events.pop(gone, None)
        self.state = result.state
        return result

    @property
    def only(self) -> RemoteEvent:
        (event,) = self.events.values()
        return event

    def times(self) -> list[tuple[int, int, BusyKind]]:
        found = [(o.start, o.end, o.kind) for event in self.events.values() for o in event.occurrences]
        return sorted(found)


def busy(*spans: Span, kind: BusyKind = BusyKind.BUSY) -> list[tuple[int, int, BusyKind]]:
    return [(span.start, span.end, kind) for span in spans]


def draft(uid: str = "mtg_01@holdfast", *, start: datetime = START, sequence: int = 0) -> EventDraft:
    """A meeting of ours."""
    return EventDraft(
        uid=uid,
        meeting_id="mtg_01",
        sequence=sequence,
        span=Span(at(start), at(start) + HOUR),
        stamp=at(datetime(2027, 3, 1)) + sequence,
        summary=SECRET,
        description="Two people who mean to meet.",
        organizer=Attendee("Alice", OWNER),
        attendees=(Attendee("Alice", OWNER), Attendee("Bob", "bob@example.net")),
        zone=ZONE,
    )


def needs(thing: object, what: str) -> None:
    if thing is None:
        pytest.skip(f"this calendar has no {what}")
