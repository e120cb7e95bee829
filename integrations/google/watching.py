"""Push: Google promises to tell an https address of ours when a calendar changed. The message says *look* and no more."""

from __future__ import annotations

from typing import Any

from integrations.google.answers import nonsense
from integrations.google.api import GoogleApi, Session
from integrations.google.finding import access, calendar_of
from integrations.google.items import text
from service.domain.errors import Gone, ProviderTrouble, Unsupported
from service.domain.timespan import HOUR
from service.ports.calendar import Account
from service.ports.watch import Watch

# For an answer that leaves the end unsaid: soon enough renewed to be no gap, and not so often as to be a burden.
_UNSAID = HOUR


class GoogleWatcher:
    """Channels on a calendar's events; ``service.ports.watch`` says what each method does."""

    def __init__(self, api: GoogleApi, *, budget: float = 5.0) -> None:
        self._api = api
        self._budget = budget

    def watch(self, account: Account, *, channel_id: str, token: str, address: str) -> Watch:
        """Raises ``Changed`` where ``channel_id`` was used before: ask with another."""
        return _opened(self._session(account), account, channel_id, token, address)

    def renew(self, account: Account, watch: Watch, *, channel_id: str, token: str, address: str) -> Watch:
        """Google prolongs nothing: the new channel is opened first, then the old one closed, so that nothing falls between.

        An old channel that cannot be closed runs out by itself; until then both say *look*."""
        session = self._session(account)
        opened = _opened(session, account, channel_id, token, address)
        try:
            _close(session, watch)
        except ProviderTrouble:
            return opened
        return opened

    def stop(self, account: Account, watch: Watch) -> None:
        """One that is gone already, or that Google never named a resource for, is a success."""
        _close(self._session(account), watch)

    def _session(self, account: Account) -> Session:
        if access(account) != "events":
            raise Unsupported("Google Calendar does not push busy times: it is read on a schedule instead.")
        return self._api.session(account, budget=self._budget)


def _opened(session: Session, account: Account, channel_id: str, token: str, address: str) -> Watch:
    body = {"id": channel_id, "token": token, "type": "web_hook", "address": address}
    calendar = calendar_of(account)
    answer = session.ask(lambda api: api.events().watch(calendarId=calendar, body=body))
    if text(answer, "resourceId") is None:
        raise nonsense()
    return Watch(
        id=text(answer, "id") or channel_id,
        resource_id=text(answer, "resourceId"),
        expires_at=_seconds(answer.get("expiration"), session.now + _UNSAID),
    )


def _close(session: Session, watch: Watch) -> None:
    if watch.resource_id is None:
        return
    body = {"id": watch.id, "resourceId": watch.resource_id}
    try:
        session.ask(lambda api: api.channels().stop(body=body))
    except Gone:
        return


def _seconds(value: Any, otherwise: int) -> int:
    """Google writes milliseconds, as text."""
    digits = str(value)
    return int(digits) // 1000 if digits.isascii() and digits.isdigit() and len(digits) <= 15 else otherwise
