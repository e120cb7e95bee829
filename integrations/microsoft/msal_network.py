"""msal's way to the network: through the guarded client, with one time limit for the whole request."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from integrations.errors import provider_error
from integrations.http import GuardedClient
from integrations.microsoft.answers import NAME
from service.domain.errors import Throttled, Unreachable
from service.ports.clock import Clock

_KEPT_SECONDS = 24 * 3600
_DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Answer:
    """What msal reads of an answer."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Called for what msal cannot read; the rest was raised before it came so far."""
        if self.status_code >= 400:
            raise Unreachable(f"{NAME} gave an answer that makes no sense (HTTP {self.status_code}).")


class MsalNetwork:
    """What msal calls an http client. Where its endpoints are is asked once a day and not at every refresh.

    Raises ``Unreachable`` or ``Throttled`` right through msal."""

    def __init__(self, client: GuardedClient, clock: Clock, *, patience: float) -> None:
        self._client = client
        self._clock = clock
        self._patience = patience
        self._kept: dict[str, tuple[int, Answer]] = {}
        self._lock = threading.Lock()

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_: object
    ) -> Answer:
        """A GET."""
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        now = self._clock.now()
        with self._lock:
            until, known = self._kept.get(url, (0, None))
        if known is not None and now < until:
            return known
        answer = self._send("GET", url, headers, None)
        if answer.status_code == 200 and url.endswith(_DISCOVERY):
            found = _object(answer.text)
            if not all(isinstance(found.get(it), str) for it in ("authorization_endpoint", "token_endpoint")):
                raise _nonsense()
            with self._lock:
                self._kept[url] = (now + _KEPT_SECONDS, answer)
        return answer

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Answer:
        """A POST of a form."""
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        answer = self._send("POST", url, form, urlencode(data or {}).encode())
        _object(answer.text)  # msal would write what it cannot read to the log, tokens and all
        return answer

    def close(self) -> None:
        """The connections are the guarded client's."""

    def _send(self, method: str, url: str, headers: Mapping[str, str] | None, content: bytes | None) -> Answer:
        answer = self._client.request(
            method, url, headers=dict(headers or {}), content=content, deadline=self._patience, max_bytes=1024 * 1024
        )
        trouble = (
            provider_error(answer.status, NAME, answer.headers, now=self._clock.now()) if answer.status >= 300 else None
        )
        if isinstance(trouble, Throttled) or answer.status >= 500 or answer.status in {408, 425} or answer.status < 200:
            raise trouble or _nonsense()
        return Answer(answer.status, answer.body.decode("utf-8", "replace"), dict(answer.headers))


def _object(text: str) -> dict[str, Any]:
    """A JSON object. Raises ``Unreachable``."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _nonsense()
    return found


def _nonsense() -> Unreachable:
    return Unreachable(f"{NAME} gave an answer that makes no sense.")
