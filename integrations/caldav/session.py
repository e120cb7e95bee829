"""One task with one server: the requests, their shared time, where they may lead, and what a refusal
means."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from integrations.caldav import hrefs, multistatus
from integrations.caldav.login import Login
from integrations.caldav.multistatus import MultiStatus
from integrations.errors import provider_error
from integrations.http import GuardedClient, Response
from service.domain.errors import BadCalendar, HoldfastError, Unreachable
from service.ports.calendar import Account
from service.ports.clock import Clock

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NEVER_LED = frozenset({"PUT", "DELETE"})  # what changes something is never carried elsewhere


class Session:
    """Sends requests to the server of ``start`` and to no stranger.

    ``budget`` is seconds for the whole task, ``patience`` for one request, by the seconds
    that ``timer`` counts. Redirects are followed here and
    not by the client, because the credentials may go along to a host of the same name, but only there."""

    def __init__(
        self,
        client: GuardedClient,
        account: Account,
        start: str,
        *,
        budget: float,
        patience: float,
        clock: Clock,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.start = start
        self.host = hrefs.host(start)
        self.login = Login(
            account.secret.get("username", ""),
            account.secret.get("password", ""),
            account.settings.get("auth"),
        )
        self._client = client
        self._clock = clock
        self._patience = patience
        self._timer = timer
        self._ends_at = timer() + budget

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        kind: str = "application/xml; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One request, redirects followed. Whatever status comes is returned, except 401.

        Raises ``Refused``, ``Unreachable``, or ``BadCalendar`` where the server leads to a stranger."""
        sending = dict(headers or {})
        if body is not None:
            sending["Content-Type"] = kind
        for _ in range(_MOST_REDIRECTS + 1):
            if not hrefs.related(self.start, url):
                raise BadCalendar(
                    f"{self.host} leads to {hrefs.host(url)}. If that is your calendar server, give its own address."
                )
            answer = self._exchange(method, url, sending, body)
            if answer.status not in _REDIRECTS or method in _NEVER_LED:
                return answer
            location = answer.headers.get("location", "")
            if not location:
                return answer
            url = _joined(url, location, self.host)
        raise Unreachable(f"{self.host} redirects without end.")

    def ask(self, method: str, url: str, body: bytes, *, depth: int) -> MultiStatus:
        """A PROPFIND or REPORT that has to succeed. Raises as ``send`` and ``trouble``."""
        answer = self.send(method, url, body=body, headers={"Depth": str(depth)})
        if answer.status != 207:
            raise self.trouble(answer)
        return multistatus.read(answer.body, self.host)

    def trouble(self, answer: Response) -> HoldfastError:
        """What an answer that is no success means for reading."""
        if answer.status < 300 or answer.status in {405, 501}:
            return BadCalendar(f"{self.host} does not answer as a CalDAV server would.")
        return provider_error(answer.status, self.host, answer.headers, now=self._clock.now())

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        left = self._ends_at - self._timer()
        if left <= 0:
            raise Unreachable(f"{self.host} took too long.")
        answer = self._client.request(
            method, url, headers=headers, content=body, auth=self.login, deadline=min(self._patience, left)
        )
        if answer.status == 401:
            raise self.trouble(answer)
        return answer


def _joined(url: str, location: str, host: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Unreachable(f"{host} redirects to something that is no web address.") from None
