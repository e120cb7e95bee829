"""`local` calendars: Holdfast is the server. The same port as any other calendar, so that nothing above knows."""

from __future__ import annotations

from service.domain.busy import BusyKind
from service.domain.errors import Gone, Unsupported
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
from service.ports.local_events import LocalEvents, LocalRecord


class LocalCalendar:
    """Reads and writes through ``LocalEvents``; its sync token is the calendar's counter."""

    capabilities = Capabilities(
        name="local", reads="events", writes=True, invites=False, push=False, incremental=True, discovers=False
    )

    def __init__(self, events: LocalEvents) -> None:
        self._events = events

    def connect(self, account: Account) -> list[Connection]:
        """There is nothing to check: one writable calendar."""
        return [Connection(name="Holdfast", settings={}, writable=True, server_invites=False, primary=True)]

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """Everything changed after the counter in ``state``."""
        counter = int(state or 0)
        records = self._events.changed_since(account.calendar_id, counter)
        newest = max((record.change for record in records), default=counter)
        return SyncResult(
            events=tuple(_event(record) for record in records if not record.deleted),
            removed=tuple(record.uid for record in records if record.deleted),
            state=str(newest),
            full=state is None,
            unchanged=not records and state is not None,
        )

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """Local events do not recur, so they are never expanded again."""
        raise Unsupported("Events of a local calendar do not recur.")

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Writes the event once."""
        there = self._events.by_uid(account.calendar_id, draft.uid)
        if there is not None and there.deleted:
            raise Gone("The event was deleted from the local calendar.")
        return self._put(account, draft, None)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Rewrites it; the version that already stands there is a success."""
        there = self._events.by_uid(account.calendar_id, draft.uid)
        if there is None or there.deleted:
            raise Gone("The event is no longer in the local calendar.")
        if there.span == draft.span and there.sequence == draft.sequence:
            return _written(there)
        return self._put(account, draft, int(etag) if etag else there.version)

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Deletes it."""
        self._events.delete(account.calendar_id, draft.uid, version=int(etag) if etag else None)

    def _put(self, account: Account, draft: EventDraft, version: int | None) -> Written:
        return _written(
            self._events.put(
                account.calendar_id,
                draft.uid,
                draft.span,
                title=draft.summary,
                meeting_id=draft.meeting_id,
                sequence=draft.sequence,
                version=version,
            )
        )


def _written(record: LocalRecord) -> Written:
    return Written(remote_id=record.uid, etag=str(record.version), uid=record.uid, invited=False)


def _event(record: LocalRecord) -> RemoteEvent:
    busy = () if record.transparent else (Occurrence(record.span.start, record.span.end, BusyKind.BUSY),)
    return RemoteEvent(
        remote_id=record.uid,
        uid=record.uid,
        etag=str(record.version),
        occurrences=busy,
        master=record.span,
        sequence=record.sequence,
    )
