"""Around every request: its name in the logs, the headers of its answer, its place in the metrics, and the last resort."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from random import getrandbits

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.metrics import Metrics
from service.api.plumbing.problems import AWAY, Problem, database_away, internal

log = structlog.get_logger(__name__)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
REQUEST_ID_HEADER = b"x-request-id"
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
OF_THE_API = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class EveryRequest:
    """The outermost layer. An answer's own headers win over these."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, https: bool) -> None:
        self.app = app
        self.metrics = metrics
        always = {**ALWAYS, "Strict-Transport-Security": "max-age=31536000"} if https else ALWAYS
        self._always = _raw(always)
        self._of_the_api = _raw({**always, **OF_THE_API})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        status, started = 0, time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with_headers(message.get("headers", ()), request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_headers)
            except Exception as trouble:
                problem = self._last_resort(scope, request_id, trouble)
                if status:
                    raise  # half an answer is out: the server has to cut the connection
                await problem.response()(scope, receive, send_with_headers)
            finally:
                seconds = time.perf_counter() - started
                self.metrics.observe(scope["method"], route_of(scope), status, seconds)

    def _last_resort(self, scope: Scope, request_id: str, trouble: Exception) -> Problem:
        """What is answered where nobody further in has caught it: those who stand before the routes ask the database too."""
        if isinstance(trouble, AWAY):
            return database_away(trouble)
        log.error("request_failed", method=scope["method"], route=route_of(scope), exc_info=trouble)
        return internal(request_id)

    def _with_headers(self, given: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        """An answer's headers and ours, as far as it has none of that name."""
        headers = [each for each in given if each[0] != REQUEST_ID_HEADER]
        named = dict(headers)
        ours = self._of_the_api if named.get(b"content-type", b"").startswith(b"application/") else self._always
        headers.append((REQUEST_ID_HEADER, request_id.encode()))
        headers += [each for each in ours if each[0] not in named]
        return headers


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = str(value, "latin-1")
            if REQUEST_ID.fullmatch(given):
                return given
    return f"{getrandbits(128):032x}"  # a name, not a secret


def route_of(scope: Scope) -> str:
    """The route's template, such as ``/v1/people/{person_id}``: never an address with an id or a token in it."""
    return str(getattr(scope.get("route"), "path", None) or "unmatched")
