"""Calendars that can only be read: an .ics address, fetched whole each time, or a file uploaded once.

A private .ics address holds a token, so the address is the account's secret (``secret["url"]``); what may be
shown is its host (``settings["host"]``). An uploaded file comes in as ``secret["content"]`` for the one
reading at connect and is not kept: afterwards the account is ``settings == {"source": "upload"}`` and never
changes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.errors import provider_error
from integrations.http import GuardedClient, Response, TooBig, split_userinfo
from integrations.ical import expand_skeleton, read_calendar
from service.domain.errors import BadCalendar, BadInput, Gone, Unreachable, Unsupported
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

MAX_BYTES = 10_000_000
DEADLINE = 4.0
"""Wall seconds for one fetch, so that people see a clear problem within five."""

_NOTHING = Span(0, 1)  # for a reading whose occurrences nobody looks at
# Google writes the moment of the download into every event: without these lines an unchanged calendar looks
# unchanged.
_STAMPS = re.compile(rb"^DTSTAMP[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered of the last fetch: the server's two validators, a digest of what was read, and the
    zone it was read in (in another zone the same text means other times)."""

    zone: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None

    @staticmethod
    def read(text: str | None, zone: str) -> _State:
        """A state that makes no sense, or is of another zone, is like none: everything is read again."""
        try:
            known = json.loads(text or "{}")
            state = _State(**known)
        except (ValueError, TypeError):
            return _State(zone)
        whole = all(value is None or isinstance(value, str) for value in known.values())
        return state if whole and state.zone == zone else _State(zone)

    def write(self) -> str:
        return json.dumps(dataclasses.asdict(self))


class IcsCalendar:
    """The ``CalendarAdapter`` for .ics addresses and files."""

    capabilities = Capabilities(
        name="ics",
        reads="events",
        writes=False,
        invites=False,
        push=False,
        incremental=False,
        discovers=False,
    )

    def __init__(self, client: GuardedClient, clock: Clock | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()  # only for a Retry-After that names a date

    def connect(self, account: Account) -> list[Connection]:
        """Reads the calendar once. Raises ``BadCalendar`` where it is none, ``BadAddress`` where the address
        must not be called, ``Refused`` where it asks for a login, ``Unreachable``."""
        content = account.secret.get("content")
        if content is not None:
            self._parse(content.encode("utf-8", "replace"), account, _NOTHING)
            return [_connection("Uploaded calendar", {"source": "upload"})]
        url, _ = _address(account)
        self._client.check_address(url)
        host = urlsplit(url).hostname or ""
        try:
            answer = self._fetch(account, _State(account.zone))
        except Gone as problem:
            raise BadCalendar(f"{host} has no calendar at this address. Copy it once more.") from problem
        self._parse(answer.body, account, _NOTHING)
        return [_connection(host, {"host": host})]

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """The whole calendar (``full``), or ``unchanged`` where the server or a comparison says so.

        Besides the ``ProviderTrouble`` classes raises ``BadCalendar`` where the address holds no calendar any
        more."""
        content = account.secret.get("content")
        if content is not None:
            return self._whole(content.encode("utf-8", "replace"), account, _State(account.zone), window)
        if account.settings.get("source") == "upload":
            return SyncResult((), (), state or _State(account.zone).write(), full=True, unchanged=True)
        known = _State.read(state, account.zone)
        answer = self._fetch(account, known)
        if answer.status == 304:
            return SyncResult((), (), known.write(), full=True, unchanged=True)
        fresh = _State(
            zone=account.zone,
            etag=_sendable(answer.headers.get("etag")),
            last_modified=_sendable(answer.headers.get("last-modified")),
            digest=_digest(answer.body),
        )
        if fresh.digest == known.digest:
            return SyncResult((), (), fresh.write(), full=True, unchanged=True)
        return self._whole(answer.body, account, fresh, window)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """A kept skeleton in another window; no I/O."""
        return expand_skeleton(skeleton, zone=account.zone, window=window, owner_email=account.owner_email)

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Raises ``Unsupported``."""
        raise _read_only()

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Raises ``Unsupported``."""
        raise _read_only()

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Raises ``Unsupported``."""
        raise _read_only()

    def _whole(self, data: bytes, account: Account, state: _State, window: Span) -> SyncResult:
        return SyncResult(tuple(self._parse(data, account, window)), (), state.write(), full=True)

    def _parse(self, data: bytes, account: Account, window: Span) -> list[RemoteEvent]:
        return read_calendar(data, zone=account.zone, window=window, owner_email=account.owner_email)

    def _fetch(self, account: Account, known: _State) -> Response:
        """The calendar's text (200), or 304. Raises what ``provider_error`` makes of any other status."""
        url, login = _address(account)
        headers = {"accept": "text/calendar, */*;q=0.1"}
        if known.etag:
            headers["if-none-match"] = known.etag
        if known.last_modified:
            headers["if-modified-since"] = known.last_modified
        try:
            answer = self._client.request(
                "GET",
                url,
                headers=headers,
                auth=login,
                deadline=DEADLINE,
                max_bytes=MAX_BYTES,
                follow_redirects=True,
            )
        except TooBig as problem:
            raise _too_big() from problem
        host = urlsplit(answer.url).hostname or ""
        asked = known.etag or known.last_modified
        if answer.status == 200:
            return answer
        if answer.status == 304 and asked:
            return answer
        if answer.status < 300 or answer.status == 304:
            raise Unreachable(f"{host} answered without a calendar (HTTP {answer.status}).")
        raise provider_error(answer.status, host, answer.headers, now=self._clock.now())


def _address(account: Account) -> tuple[str, tuple[str, str] | None]:
    """The address as it is called, and a login where it holds one. ``webcal:`` is how programs spell
    https."""
    url = account.secret.get("url", "").strip()
    if not url:
        raise BadInput.of("url", "is needed: the address of an .ics calendar, as its program shows it")
    return split_userinfo(re.sub(r"^webcals?:", "https:", url, flags=re.IGNORECASE))


def _connection(name: str, settings: dict[str, str]) -> Connection:
    return Connection(name, settings, writable=False, server_invites=False, primary=False)


def _sendable(validator: str | None) -> str | None:
    """What a server gave us is sent back only where it is a header as it should be."""
    fine = validator and validator.isascii() and validator.isprintable() and len(validator) <= 500
    return validator if fine else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(_STAMPS.sub(b"", data)).hexdigest()


def _too_big() -> BadCalendar:
    return BadCalendar(f"This calendar is larger than {MAX_BYTES // 1_000_000} MB. Publish one without its past.")


def _read_only() -> Unsupported:
    return Unsupported("A published .ics calendar can only be read; invitations go out by mail instead.")
