"""The adapter: one method for each thing the calendar port asks, each a short task of its own with a
server."""

from __future__ import annotations

from dataclasses import replace

from integrations.caldav import hrefs, resources, writing
from integrations.caldav.changes import State, changes
from integrations.caldav.discovery import discover
from integrations.caldav.session import Session
from integrations.http import GuardedClient
from integrations.ical import expand_skeleton
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
from service.ports.clock import Clock, SystemClock


class CalDavCalendar:
    """Calendars on CalDAV servers; ``service.ports.calendar`` says what each method does.

    ``Account.settings``: ``url`` (for ``connect`` what the user typed, afterwards the collection), ``auth``
    (``basic`` or ``digest``, learned on connect). ``Account.secret``: ``username``, ``password``.

    ``patience`` is seconds for one request, the budgets are seconds for all requests of one call."""

    capabilities = Capabilities(
        name="caldav",
        reads="events",
        writes=True,
        invites=False,
        push=False,
        incremental=True,
        discovers=True,
    )

    def __init__(
        self,
        client: GuardedClient,
        *,
        clock: Clock | None = None,
        patience: float = 4.0,
        connect_budget: float = 5.0,
        write_budget: float = 10.0,
        sync_budget: float = 60.0,
    ) -> None:
        self._client = client
        self._clock = clock or SystemClock()
        self._patience = patience
        self._connect_budget = connect_budget
        self._write_budget = write_budget
        self._sync_budget = sync_budget

    def connect(self, account: Account) -> list[Connection]:
        """Finds the calendars behind an address; raises also ``BadAddress`` for one that must not be
        called."""
        start = hrefs.typed(account.settings.get("url", ""))
        # What was learned about another address or password does not hold for this one.
        fresh = replace(account, settings={"url": start})
        session = self._session(fresh, start, self._connect_budget)
        # A name that leads nowhere is a wrong address, not a server that is down.
        self._client.check_address(start, seconds=self._patience / 2)
        return discover(session, account.owner_email)

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """Raises ``BadCalendar`` naming a resource that cannot be read: the calendar is then unknown, not
        free."""
        url = account.settings["url"]
        session = self._session(account, url, self._sync_budget)
        known = State.decode(state)
        found = changes(session, url, known)
        events: list[RemoteEvent] = []
        without = dict.fromkeys(found.removed)
        without.update(dict.fromkeys(found.fetch))
        for stored in resources.fetch(session, url, found.fetch):
            event = resources.event(stored, account, window)
            if event is not None:
                events.append(event)
                del without[stored.path]
        # Deleted while we looked, or a task and no event: in neither case does it take anybody's time.
        removed = () if found.full else tuple(without)
        return SyncResult(
            events=tuple(events),
            removed=removed,
            state=found.state.encode(),
            full=found.full,
            unchanged=not found.full and not events and not removed,
        )

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """Recurrences are expanded here, not by the server."""
        return expand_skeleton(skeleton, zone=account.zone, window=window, owner_email=account.owner_email)

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Named after its UID, so that a second attempt finds the first."""
        return writing.create(self._writing(account), account, draft)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Keeps what others added to the event."""
        return writing.update(self._writing(account), account, remote_id, etag, draft)

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Deletes it; where the server schedules, it tells the attendees."""
        writing.cancel(self._writing(account), account, remote_id, etag)

    def _writing(self, account: Account) -> Session:
        return self._session(account, account.settings["url"], self._write_budget)

    def _session(self, account: Account, start: str, budget: float) -> Session:
        return Session(self._client, account, start, budget=budget, patience=self._patience, clock=self._clock)
