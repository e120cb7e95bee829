"""The one place where a socket is opened. The address that was checked is the address that is called.

httpcore asks its network backend for a connection to a *name*. This backend looks the name up once, checks
what came back and hands the bare IP address on, so there is no second lookup that could answer differently
(DNS rebinding). TLS still checks the certificate against the name. Every single read and write is cut to what
is left of the request's deadline, so that a server sending one byte a second cannot stretch it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpcore2

from integrations.http.addresses import Resolver, SlowLookupError, acceptable, lookup

DEADLINE: ContextVar[float] = ContextVar("holdfast_http_deadline")
"""``time.monotonic()`` at which the running request must be over. Set by the client around each exchange."""

_TOGETHER = 16384  # bytes that are written at a time
_MOST_ADDRESSES = 4  # of one name that are tried


def remaining() -> float:
    """Seconds left of the running request; may be negative."""
    return DEADLINE.get() - time.monotonic()


def _left(too_late: type[Exception]) -> float:
    """The same; raises ``too_late`` where nothing is left."""
    left = remaining()
    if left <= 0:
        raise too_late("the time was up")
    return left


class UnknownNameError(Exception):
    """The host's name does not resolve."""


class _Stream(httpcore2.NetworkStream):
    """A connection whose every operation ends with the request's deadline.

    What is written waits for more, or for the first read: head and body of a request go out together, as one packet."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner
        self._held = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with suppress(httpcore2.WriteError):  # whoever refuses a body may have answered already
            self._send()
        return self._inner.read(max_bytes, timeout=_left(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._held += buffer
        if len(self._held) >= _TOGETHER:
            self._send()

    def _send(self) -> None:
        # In pieces: a write's own time limit starts anew with each piece that the other side accepts.
        view, self._held = memoryview(self._held), b""
        while view:
            self._inner.write(bytes(view[:_TOGETHER]), timeout=_left(httpcore2.WriteTimeout))
            view = view[_TOGETHER:]

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._send()
        left = _left(httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout=left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedNetwork(httpcore2.NetworkBackend):
    """Resolves, checks, connects. ``inner`` opens the socket to the bare IP address."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolver: Resolver,
        connect_timeout: float,
        inner: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._resolver = resolver
        self._connect_timeout = connect_timeout
        self._inner = inner or httpcore2.SyncBackend()

    def checked(self, host: str, port: int, seconds: float) -> list[str]:
        """The addresses of ``host``, all of them acceptable.

        Raises ``BadAddress``, ``UnknownNameError`` or ``SlowLookupError``."""
        try:
            found = lookup(self._resolver, host, port, seconds)
        except OSError:
            raise UnknownNameError(host) from None
        return acceptable(found, host, allow_private=self._allow_private)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            addresses = self.checked(host, port, remaining())[:_MOST_ADDRESSES]
        except SlowLookupError:
            raise httpcore2.ConnectTimeout("the name was not looked up in time") from None
        trouble: Exception = httpcore2.ConnectTimeout("the time was up")
        for tried, address in enumerate(addresses):
            # A dead first address must leave time for the next one.
            share = min(self._connect_timeout, remaining() / (len(addresses) - tried))
            if share <= 0:
                break
            try:
                stream = self._inner.connect_tcp(address, port, timeout=share, socket_options=socket_options)
                return _Stream(stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as problem:
                trouble = problem
        raise trouble
