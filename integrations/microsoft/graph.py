"""One task with one mailbox: the requests, their shared time, their headers, and what a refusal means."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from integrations.http import GuardedClient
from integrations.microsoft.answers import NAME, graph_error
from service.domain.errors import BadCalendar, Gone, SyncReset, Throttled, TimedOut, Unauthorized, Unreachable
from service.ports.calendar import Account
from service.ports.clock import Clock, SystemClock

AT_ONCE = 4
"""Requests that Outlook takes from one application at the same time."""
GRAPHS_OWN = "graph.microsoft.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_IDS = 'IdType="ImmutableId"'  # without it an event changes its id when it moves to another folder
_CLOCK = 'outlook.timezone="UTC"'
_PLAIN = 'outlook.body-content-type="text"'  # the delta of events gives texts whether one wants them or not
_MOST_BYTES = 32 * 1024 * 1024

Json = dict[str, Any]


class Graph:
    """Microsoft Graph at ``base`` (an address without ``/v1.0``), shared by everything that calls it.

    ``patience`` is seconds for one request. At most ``AT_ONCE`` requests are under way."""

    def __init__(
        self,
        client: GuardedClient,
        base: str = "https://graph.microsoft.com",
        *,
        clock: Clock | None = None,
        patience: float = 4.0,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.root = base.rstrip("/") + "/v1.0"
        self.clock = clock or SystemClock()
        self.patience = patience
        self.timer = timer
        self.turns = threading.BoundedSemaphore(AT_ONCE)

    def mailbox(self, account: Account, *, budget: float) -> Mailbox:
        """One task with the account's mailbox, of at most ``budget`` seconds."""
        return Mailbox(self, account.secret.get("access_token", ""), budget=budget)


class Mailbox:
    """Sends requests with one access token to Graph and to no other host."""

    def __init__(self, graph: Graph, token: str, *, budget: float) -> None:
        if not token:
            raise Unauthorized(f"{NAME} needs an access token, and there is none.")
        self._graph = graph
        self._token = token
        self._ends_at = graph.timer() + budget

    def now(self) -> int:
        """Epoch seconds."""
        return self._graph.clock.now()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, page: int | None = None) -> Json:
        """Reads something; a path (``/me/calendars``) or a link that Graph gave. ``page`` asks for so many entries.

        Raises ``ProviderTrouble``, or ``BadCalendar`` where the answer is none that Graph would give."""
        return self._read(*self._exchange("GET", path, query=query, page=page))

    def ask(self, path: str, body: Json) -> Json:
        """A POST that changes nothing. Raises as ``get``."""
        return self._read(*self._exchange("POST", path, body=body))

    def write(self, method: str, path: str, body: Json | None = None, *, etag: str | None = None) -> Json:
        """Changes something; an empty answer where none came. ``etag`` is the version it is meant for.

        Raises ``ProviderTrouble``: ``Unreachable`` also for an answer that makes no sense, as what was asked may well be
        done: do the same again."""
        try:
            _, answer = self._exchange(method, path, body=body, etag=etag)
        except SyncReset as trouble:  # 410: of a reading that it must start afresh, of an event that it is gone
            raise Gone(trouble.detail) from None
        if not answer.strip():
            return {}
        try:
            found = json.loads(answer)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unreachable(f"{NAME} gave an answer that makes no sense.")
        return found

    def _read(self, status: int, answer: bytes) -> Json:
        try:
            found = json.loads(answer)
        except ValueError:
            found = None
        if status != 200 or not isinstance(found, dict):
            raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
        return found

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        etag: str | None = None,
        page: int | None = None,
    ) -> tuple[int, bytes]:
        url = self._inside(path)
        if query:
            url += ("&" if "?" in path else "?") + urlencode(query, safe="$:,'", quote_via=quote)
        prefer = [_IDS, _CLOCK, _PLAIN, *([f"odata.maxpagesize={page}"] if page else [])]
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "Prefer": ", ".join(prefer)}
        if etag is not None:
            headers["If-Match"] = etag
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, separators=(",", ":")).encode()
        graph = self._graph
        gives_up_at = graph.timer() + self._left()  # waiting for a turn counts
        if not graph.turns.acquire(timeout=self._left()):
            raise Throttled(f"Too many requests to {NAME} are under way.")
        try:
            left = max(gives_up_at - graph.timer(), 0.001)
            answer = graph.client.request(
                method, url, headers=headers, content=content, deadline=left, max_bytes=_MOST_BYTES
            )
        finally:
            graph.turns.release()
        if answer.status >= 300:
            raise graph_error(answer.status, answer.body, answer.headers, now=self.now())
        return answer.status, answer.body

    def _left(self) -> float:
        left = self._ends_at - self._graph.timer()
        if left <= 0:
            raise TimedOut(f"{NAME} took too long.")
        return min(left, self._graph.patience)

    def link(self, url: str) -> str:
        """A link that Graph gave, as the path that ``get`` takes: it is asked of the place that is set, whatever name of it the
        link uses. Raises ``BadCalendar`` for one to another host, or out of Graph: the access token goes along with it."""
        root = self._graph.root
        try:
            here, there = urlsplit(root), urlsplit(urljoin(root + "/", url))
            known = _is_same_place(here, there) and there.path.startswith(here.path + "/")
        except ValueError:
            known = False
        if not known:
            raise BadCalendar(f"{NAME} leads to another host.")
        return there.path[len(here.path) :] + (f"?{there.query}" if there.query else "")

    def _inside(self, path: str) -> str:
        if not path.startswith("/") or "/../" in path.partition("?")[0]:
            raise BadCalendar(f"{NAME} leads to another host.")
        return self._graph.root + path


def _is_same_place(here: SplitResult, there: SplitResult) -> bool:
    """Whether a link names the place that is set: by its own name, by another one of this machine, or by Graph's own where
    another host stands in for it."""
    if there.username is not None or there.scheme != here.scheme:
        return False
    if there.hostname == GRAPHS_OWN:
        return True
    names = {here.hostname, there.hostname}
    return here.port == there.port and (len(names) == 1 or names <= LOOPBACK)
