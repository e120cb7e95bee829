"""Reading an answer's body without trusting its size: limited as it comes in and as it swells, and in
time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpcore2
import httpx2

from integrations.http.network import DEADLINE
from service.domain.errors import Unreachable

MIB = 1024 * 1024
_READABLE = frozenset({"identity", "gzip", "deflate"})
_TRAVEL = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})
_DRAIN_SECONDS = 1.0
_DRAIN_BYTES = 64 * 1024


class TooBig(Unreachable):
    """The answer is bigger than the caller takes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost. ``ends_at`` on the monotonic clock; ``max_bytes`` compressed and plain."""

    seconds: float
    ends_at: float
    max_bytes: int
    keep_body: bool


class _Counted(httpx2.SyncByteStream):
    """The raw body, stopped with ``TooBig``: compressed data that never become anything count, too."""

    def __init__(self, answer: httpcore2.Response, most: int, name: str) -> None:
        self._answer, self._most, self._name = answer, most, name

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        for piece in self._answer.iter_stream():
            seen += len(piece)
            if seen > self._most:
                raise _too_big(self._name, self._most)
            yield piece

    def close(self) -> None:
        self._answer.close()


def read_answer(answer: httpcore2.Response, request: httpx2.Request, limits: Limits, name: str) -> httpx2.Response:
    """The answer with its whole, plain body (or none, where it is not to be kept).

    Raises ``TooBig``, ``Unreachable`` for an unreadable encoding, and what httpcore raises on the way."""
    if limits.keep_body:
        body = _whole(answer, request, limits, name)
    else:
        _drain(answer)
        body = b""
    # The body is plain now: headers about how it travelled would be wrong.
    headers = [(key, value) for key, value in answer.headers if key.lower() not in _TRAVEL]
    return httpx2.Response(answer.status, headers=headers, content=body, request=request)


def _whole(answer: httpcore2.Response, request: httpx2.Request, limits: Limits, name: str) -> bytes:
    stream = _Counted(answer, limits.max_bytes, name)
    raw = httpx2.Response(answer.status, headers=answer.headers, stream=stream, request=request)
    codings = raw.headers.get_list("content-encoding", split_commas=True)
    if not {coding.strip().lower() for coding in codings} <= _READABLE:
        raise Unreachable(f"{name} sent its answer in an encoding that was not asked for.")
    parts: list[bytes] = []
    size = 0
    for piece in raw.iter_bytes():  # at most 1 MiB each, however much the compressed data would swell to
        size += len(piece)
        if size > limits.max_bytes:
            raise _too_big(name, limits.max_bytes)
        parts.append(piece)
        if time.monotonic() > limits.ends_at:
            raise httpcore2.ReadTimeout("the time was up")
    return b"".join(parts)


def _drain(answer: httpcore2.Response) -> None:
    """Reads a little, so that the connection can be used again; what does not come soon is dropped with
    it."""
    token = DEADLINE.set(min(DEADLINE.get(), time.monotonic() + _DRAIN_SECONDS))
    seen = 0
    try:
        with contextlib.suppress(httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
            for piece in answer.iter_stream():
                seen += len(piece)
                if seen > _DRAIN_BYTES:
                    break
    finally:
        DEADLINE.reset(token)


def _too_big(name: str, most: int) -> TooBig:
    size = f"{most // MIB} MiB" if most >= MIB else f"{most} bytes"
    return TooBig(f"{name} sent more than {size}.")
