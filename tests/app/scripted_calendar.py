"""A calendar adapter that does as it is told: for what real servers do rarely, and never when a test wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from service.domain.busy import BusyKind
from service.domain.errors import Changed, Gone
from service.domain.timespan import Span
from service.ports.calendar import (
    Account,
    Capabilities,
    Connection,
    EventDraft,
    Occurrence,
    RemoteEvent,
    SyncResult,
    Written,
)


def event(uid: str, start: int, end: int, *, etag: str = "1", sequence: int = 0) -> RemoteEvent:
    """A plain busy event."""
    return RemoteEvent(
        remote_id=f"/{uid}.ics",
        uid=uid,
        etag=etag,
        occurrences=(Occurrence(start, end, BusyKind.BUSY),),
        master=Span(start, end),
        sequence=sequence,
        skeleton=f"{start}-{end}",
    )


@dataclass
class ScriptedCalendar:
    """Holds events; every sync lists them all. ``trouble`` is raised by any call while set; ``meanwhile`` runs once
    inside the next sync, after it read and before it answers."""

    events: dict[str, RemoteEvent] = field(default_factory=dict)
    trouble: Exception | None = None
    meanwhile: Callable[[], None] | None = None
    syncs: int = 0
    server_invites: bool = False
    writes: int = 0
    capabilities = Capabilities(
        name="caldav", reads="events", writes=True, invites=False, push=False, incremental=False, discovers=False
    )

    def _check(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def connect(self, account: Account) -> list[Connection]:
        self._check()
        return [Connection("Work", {"host": "dav.example"}, True, self.server_invites, True)]

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        self._check()
        self.syncs += 1
        listed = tuple(self.events.values())
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        return SyncResult(listed, (), str(self.syncs), full=True)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        start, end = skeleton.split("-")
        return (Occurrence(int(start), int(end), BusyKind.BUSY),)

    def create(self, account: Account, draft: EventDraft) -> Written:
        self._check()
        if draft.uid not in self.events:
            self.writes += 1
            self.events[draft.uid] = event(draft.uid, draft.span.start, draft.span.end)
        return self._written(draft.uid)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        self._check()
        there = self.events.get(draft.uid)
        if there is None:
            raise Gone("It is gone.")
        if there.master == draft.span:
            return self._written(draft.uid)
        if etag is not None and etag != there.etag:
            raise Changed("Someone was faster.")
        self.writes += 1
        self.move(draft.uid, draft.span.start, draft.span.end)
        return self._written(draft.uid)

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        self._check()
        self.events.pop(draft.uid, None)

    def move(self, uid: str, start: int, end: int) -> None:
        """Somebody drags it."""
        old = self.events[uid]
        made = event(uid, start, end, etag=str(int(old.etag or 0) + 1), sequence=old.sequence)
        self.events[uid] = replace(made, remote_id=old.remote_id)

    def _written(self, uid: str) -> Written:
        there = self.events[uid]
        return Written(there.remote_id, there.etag, uid, invited=self.server_invites)
