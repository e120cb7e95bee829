"""The adapter: one method for each thing the calendar port asks, each a short task of its own with Graph."""

from __future__ import annotations

from integrations.microsoft import connecting, free_busy, writing
from integrations.microsoft.changes import changes
from integrations.microsoft.connecting import free_busy_only
from integrations.microsoft.graph import Graph, Mailbox
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


class MicrosoftCalendar:
    """Outlook calendars; ``service.ports.calendar`` says what each method does, this package's docstring what
    ``Account.settings`` and ``Account.secret`` hold.

    Raises ``Unauthorized`` where the access token has run out: refresh it and call again. The budgets are seconds for all
    requests of one call."""

    capabilities = Capabilities(
        name="microsoft",
        reads="events",
        writes=True,
        invites=False,
        push=True,
        incremental=True,
        discovers=True,
    )

    def __init__(
        self, graph: Graph, *, connect_budget: float = 5.0, write_budget: float = 8.0, sync_budget: float = 60.0
    ) -> None:
        self._graph = graph
        self._connect_budget = connect_budget
        self._write_budget = write_budget
        self._sync_budget = sync_budget

    def connect(self, account: Account) -> list[Connection]:
        """``account.settings`` are those of the ``Grant``."""
        return connecting.connect(self._graph.mailbox(account, budget=self._connect_budget), account)

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """By delta; free/busy alone where no more was given, as one event without a name. Raises ``BadCalendar`` for what
        cannot be understood: the calendar is then unknown, not free."""
        mailbox = self._graph.mailbox(account, budget=self._sync_budget)
        calendar = account.settings.get("calendar", "")
        if not free_busy_only(account.settings):
            return changes(mailbox, calendar, account.zone, state, window)
        if account.settings.get("kind") == "personal":
            return free_busy.by_view(mailbox, calendar, account.zone, state, window)
        return free_busy.by_schedule(mailbox, connecting.address_of(account), state, window)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """Graph expands; a window that has moved on is read afresh."""
        raise Unsupported("Microsoft expands recurring events itself.")

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Bears ``transactionId``, so that a second attempt finds the first. Raises ``Gone`` where it was deleted."""
        return writing.create(self._writing(account), account, draft)

    def find(self, account: Account, draft: EventDraft, remote_id: str | None = None) -> Written | None:
        """By the transaction, our own property or its immutable id: Outlook gives events UIDs of its own."""
        return writing.find(self._writing(account), account, draft, remote_id)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Moves it and leaves alone what others wrote; Outlook tells the guests."""
        return writing.update(self._writing(account), account, remote_id, etag, draft)

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Cancels it, so that Outlook tells the guests; without guests it is deleted."""
        writing.cancel(self._writing(account), account, remote_id, etag)

    def _writing(self, account: Account) -> Mailbox:
        if free_busy_only(account.settings) or account.settings.get("writes") == "no":
            raise Unsupported("This Microsoft account did not allow its calendar to be written.")
        return self._graph.mailbox(account, budget=self._write_budget)
