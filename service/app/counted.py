"""The ports to a provider, each call through ``outside``: what the house is given in the place of the bare adapters."""

from __future__ import annotations

from collections.abc import Mapping

from service.app.outside import Outside
from service.domain.timespan import Span
from service.ports.calendar import (
    Account,
    CalendarAdapter,
    Capabilities,
    Connection,
    EventDraft,
    Finds,
    Occurrence,
    SyncResult,
    Written,
)
from service.ports.sign_in import Grant, SignIn, SignInStep
from service.ports.watch import Watch, Watcher


class CountedCalendar:
    """``service.ports.calendar`` says what each method does."""

    def __init__(self, inner: CalendarAdapter, outside: Outside) -> None:
        self.inner, self._outside = inner, outside
        self.capabilities: Capabilities = inner.capabilities

    def connect(self, account: Account) -> list[Connection]:
        """Counted."""
        with self._outside.call("connect", account):
            return self.inner.connect(account)

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """Counted."""
        with self._outside.call("read", account):
            return self.inner.sync(account, state, window)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """No call."""
        return self.inner.expand(skeleton, account, window)

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Counted."""
        with self._outside.call("create", account):
            return self.inner.create(account, draft)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Counted."""
        with self._outside.call("update", account):
            return self.inner.update(account, remote_id, etag, draft)

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Counted."""
        with self._outside.call("cancel", account):
            self.inner.cancel(account, remote_id, etag, draft)


class CountedFinder(CountedCalendar):
    """The same for an adapter that ``Finds``."""

    def __init__(self, inner: CalendarAdapter, finder: Finds, outside: Outside) -> None:
        super().__init__(inner, outside)
        self._finder = finder

    def find(self, account: Account, draft: EventDraft, remote_id: str | None = None) -> Written | None:
        """Counted."""
        with self._outside.call("find", account):
            return self._finder.find(account, draft, remote_id)


def counted_calendar(inner: CalendarAdapter, outside: Outside) -> CalendarAdapter:
    """The adapter, counted."""
    return CountedFinder(inner, inner, outside) if isinstance(inner, Finds) else CountedCalendar(inner, outside)


class CountedWatcher:
    """``service.ports.watch`` says what each method does."""

    def __init__(self, inner: Watcher, outside: Outside) -> None:
        self._inner, self._outside = inner, outside

    def watch(self, account: Account, *, channel_id: str, token: str, address: str) -> Watch:
        """Counted."""
        with self._outside.call("watch", account):
            return self._inner.watch(account, channel_id=channel_id, token=token, address=address)

    def renew(self, account: Account, watch: Watch, *, channel_id: str, token: str, address: str) -> Watch:
        """Counted."""
        with self._outside.call("renew_watch", account):
            return self._inner.renew(account, watch, channel_id=channel_id, token=token, address=address)

    def stop(self, account: Account, watch: Watch) -> None:
        """Counted."""
        with self._outside.call("stop_watch", account):
            self._inner.stop(account, watch)


class CountedSignIn:
    """``service.ports.sign_in`` says what each method does. A person who signs in is never put off by what others met: give
    it an ``Outside`` of its own, with ``shared=False``."""

    def __init__(self, inner: SignIn, outside: Outside) -> None:
        self._inner, self._outside = inner, outside

    def begin(self, *, state: str, redirect_uri: str, login_hint: str | None, choose: bool = False) -> SignInStep:
        """Not counted: hardly ever a call."""
        return self._inner.begin(state=state, redirect_uri=redirect_uri, login_hint=login_hint, choose=choose)

    def finish(self, *, query: Mapping[str, str], keep: Mapping[str, str], redirect_uri: str) -> Grant:
        """Counted."""
        with self._outside.call("sign_in"):
            return self._inner.finish(query=query, keep=keep, redirect_uri=redirect_uri)

    def refresh(self, secret: Mapping[str, str]) -> dict[str, str]:
        """Counted."""
        with self._outside.call("refresh"):
            return self._inner.refresh(secret)

    def revoke(self, secret: Mapping[str, str]) -> None:
        """Counted."""
        with self._outside.call("revoke"):
            self._inner.revoke(secret)
