"""The adapter: one method for each thing the calendar port asks, each a short task of its own with Google."""

from __future__ import annotations

from integrations.google import finding, free_busy, reading, series, writing
from integrations.google.api import GoogleApi, Session
from integrations.google.finding import access, calendar_of
from service.domain.errors import Unsupported
from service.domain.timespan import Span
from service.ports.calendar import (
    Account,
    Capabilities,
    Connection,
    EventDraft,
    Occurrence,
    SyncResult,
    Written,
)


class GoogleCalendar:
    """Calendars at Google; ``service.ports.calendar`` says what each method does.

    ``Account.secret``: what ``GoogleSignIn`` made (``access_token``, ``refresh_token``, ``expires_at``, ``scope``); it is never
    refreshed here: ``Unauthorized`` asks the caller to, who holds the lock. ``Account.settings``, as ``connect`` gives them:
    ``calendar`` (Google's id, ``primary``), ``access`` (``events`` or ``free_busy``), ``account`` (the address by which Google
    knows the owner), ``role`` (what the owner may do there), ``counts`` (``yes`` for a calendar that is the person's own time,
    ``no`` for one of somebody else).

    The budgets are seconds for all requests of one call; one request has the ``patience`` of the ``GoogleApi``."""

    capabilities = Capabilities(
        name="google",
        reads="events",
        writes=True,
        invites=True,
        push=True,
        incremental=True,
        discovers=True,
    )

    def __init__(
        self, api: GoogleApi, *, connect_budget: float = 5.0, write_budget: float = 5.0, sync_budget: float = 60.0
    ) -> None:
        self._api = api
        self._connect_budget = connect_budget
        self._write_budget = write_budget
        self._sync_budget = sync_budget

    def connect(self, account: Account) -> list[Connection]:
        """The primary calendar, and the others where listing them was granted."""
        return finding.find(self._api.session(account, budget=self._connect_budget), account)

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """By events, or by free/busy where no more was granted: then all busy times come as one nameless event.

        Raises ``BadCalendar`` for an event whose time cannot be read: the calendar is then unknown, not free."""
        session = self._api.session(account, budget=self._sync_budget)
        if access(account) == "free_busy":
            return free_busy.changes(session, calendar_of(account), state, window)
        return reading.changes(session, calendar_of(account), state, window, account.zone)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """Series are expanded here, not by Google."""
        return series.expand(skeleton, window)

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Under an id of our own, so that a second attempt finds the first. Raises ``Gone`` for one that was deleted since."""
        return writing.create(self._writing(account), account, calendar_of(account), draft)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Keeps what others added to the event."""
        return writing.update(self._writing(account), account, calendar_of(account), remote_id, etag, draft)

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Deletes it; Google tells the guests."""
        writing.cancel(self._writing(account), calendar_of(account), remote_id, etag)

    def find(self, account: Account, draft: EventDraft, remote_id: str | None = None) -> Written | None:
        """By the id that is our own, or by the one it has: an event that is dragged to another calendar keeps it."""
        return writing.find(self._writing(account), account, calendar_of(account), draft, remote_id)

    def _writing(self, account: Account) -> Session:
        if access(account) != "events":
            raise Unsupported("Google Calendar was given leave to show busy times, not to write events.")
        return self._api.session(account, budget=self._write_budget)
