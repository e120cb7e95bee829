"""Sends every request to Google: google-api-python-client makes it, our guarded client carries it.

The library wants an ``httplib2.Http``; it gets a ``_Line``, made for one task and thrown away. What is no success is
translated here, before the library looks at it, so that there is one table and no other exception comes out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.google.answers import NAME, nonsense, trouble
from integrations.google.places import Places
from integrations.http import GuardedClient
from service.domain.errors import TimedOut
from service.ports.calendar import Account
from service.ports.clock import Clock, SystemClock

# Ours to decide: whom we call, how it is packed and how long it is.
_NOT_OURS_TO_COPY = frozenset({"content-length", "user-agent", "accept-encoding"})
_OK_BELOW = 300


class GoogleApi:
    """One Google for the whole installation; safe to share between threads.

    ``base`` puts one host in place of all of Google's; it may then be a private one, because an administrator named it.
    ``patience`` is seconds for one request, whole answer included."""

    def __init__(
        self,
        *,
        base: str | None = None,
        ca_bundle: Path | None = None,
        clock: Clock | None = None,
        patience: float = 4.0,
        client: GuardedClient | None = None,
    ) -> None:
        self.places = Places.under(base)
        self.clock = clock or SystemClock()
        self.patience = patience
        self.client = client or GuardedClient(allow_private=base is not None, ca_bundle=ca_bundle)
        self._lock = threading.Lock()
        self._service: Any = None

    def close(self) -> None:
        """Closes the open connections. It may be used again afterwards."""
        self.client.close()

    def session(self, account: Account, *, budget: float) -> Session:
        """For one task with one account; ``budget`` is seconds for all its requests."""
        return Session(self, account.secret.get("access_token", ""), budget)

    @property
    def service(self) -> Any:
        """The library's face of the API, made once from the description that comes with it (no network)."""
        with self._lock:
            if self._service is None:
                from integrations.google.description import calendar_service  # noqa: PLC0415 - takes a second to load

                self._service = calendar_service(self.places.calendar)
            return self._service


class Session:
    """The requests of one task. Raises ``Unreachable`` when they take longer than the budget in all."""

    def __init__(
        self, api: GoogleApi, token: str, budget: float, *, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._token = token
        self._timer = timer
        self._ends_at = timer() + budget

    @property
    def now(self) -> int:
        """Epoch seconds by the house's clock."""
        return self._api.clock.now()

    def ask(self, make: Callable[[Any], Any], *, if_match: str | None = None) -> dict[str, Any]:
        """One request; ``make`` gets the service and returns what is to be sent. The answer's JSON object.

        Raises what ``answers.trouble`` makes of an error, and ``Unreachable`` for an answer that is no object."""
        request = make(self._api.service)
        if if_match is not None:
            request.headers["If-Match"] = if_match
        try:
            answer = request.execute(http=_Line(self._api, self._token, self._left))
        except (ValueError, RecursionError):
            raise nonsense() from None
        if answer in ("", b""):
            return {}  # 204 and its kin
        if not isinstance(answer, dict):
            raise nonsense()
        return answer

    def _left(self) -> float:
        left = self._ends_at - self._timer()
        if left <= 0:
            raise TimedOut(f"{NAME} took too long.")
        return left


@dataclass(frozen=True, slots=True)
class _Success:
    """All that the library wants to know of an ``httplib2.Response`` that is a success."""

    status: int


class _Line:
    """What the library takes for an ``httplib2.Http``: a ``request`` method, and nothing else of it is used."""

    def __init__(self, api: GoogleApi, token: str, left: Callable[[], float]) -> None:
        self._api, self._token, self._left = api, token, left

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> tuple[_Success, bytes]:
        """Sends one request. Raises for whatever is no success."""
        sending = {k: v for k, v in (headers or {}).items() if k.lower() not in _NOT_OURS_TO_COPY}
        sending["Authorization"] = f"Bearer {self._token}"
        answer = self._api.client.request(
            method,
            uri,
            headers=sending,
            content=body.encode() if isinstance(body, str) else body,
            deadline=min(self._api.patience, self._left()),
        )
        if answer.status >= _OK_BELOW:
            raise trouble(answer.status, answer.headers, answer.body, now=self._api.clock.now())
        return _Success(answer.status), answer.body
