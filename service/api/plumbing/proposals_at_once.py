"""``POST /v1/pairs/{id}/proposals`` past the framework's routing and without a thread, where nothing is unusual and nothing has
to be waited for. All else takes the documented route; a test holds the two together.

On SQLite making a proposal is a millisecond of computing and a call into a library: handed to one of many threads it takes
twice as long. Where somebody else writes just now, one thread waits for them; where a calendar is to be read first, it is the
route's.
"""

from __future__ import annotations

import asyncio
import json
import re
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.plumbing.access import path_of
from service.api.plumbing.looking import looked
from service.api.schemas.meetings import NewProposal
from service.app.house import House
from service.app.propose_slots import NotAtOnce, make_from_what_is_read
from service.domain.errors import HoldfastError
from service.domain.ledger import Seat

ROUTE = SimpleNamespace(path="/v1/pairs/{pair_id}/proposals")
LONGEST = 4096  # bytes of a body; a proposal's has under 200
# So many may write at a time on PostgreSQL, and wait there for a pair that somebody else holds: fewer than the loop has
# connections, for whoever reads or looks at a key needs one too. The next wait a moment; then the route has threads.
MOST_WRITING = 12
PATIENCE_SECONDS = 2.0
_PATH = re.compile(r"/v1/pairs/(pair_[0-9a-z]{26})/proposals", re.ASCII)
_NOTHING = NewProposal.model_validate({})
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class ProposalsAtOnce:
    """Stands behind the doorman: whoever comes here may write."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house
        self._few: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["method"] == "POST" and (pair := _PATH.fullmatch(path_of(scope))):
            first: Message | None = None
            if _usual(scope):
                first = await receive()  # whoever went away before the body came has asked for nothing
                whole = first["type"] == "http.request" and not first.get("more_body")
                made = await self._make(pair[1], first.get("body", b"")) if whole else None
                if made is not None:
                    scope["route"] = ROUTE
                    await _send(send, made)
                    return
            await self.app(scope, _again(first, receive), send)
            return
        await self.app(scope, receive, send)

    async def _make(self, pair_id: str, body: bytes) -> dict[str, Any] | None:
        try:
            asked = NewProposal.model_validate(json.loads(body)) if body else _NOTHING
        except (ValueError, RecursionError):  # a ``ValidationError`` is the former
            return None
        facts: dict[str, Any] = {
            "horizon_days": asked.horizon_days,
            "limit": asked.limit,
            "duration_minutes": asked.duration_minutes,
            "responder": Seat(asked.responder) if asked.responder else None,
            "by": Seat(asked.by) if asked.by else None,
        }
        try:
            if not self.house.looks_at_once:
                return await self._among_few(pair_id, facts)
            async with self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
                return await self._in_turn(pair_id, facts)
        except (NotAtOnce, HoldfastError):
            return None  # nothing was written; the documented route has the time, and the words for it

    async def _among_few(self, pair_id: str, facts: dict[str, Any]) -> dict[str, Any]:
        turns = self._few.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MOST_WRITING))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await turns.acquire()
        except TimeoutError:
            raise NotAtOnce(reads=False) from None
        try:
            return await looked(self.house, make_from_what_is_read, pair_id, at_once=False, **facts)
        finally:
            turns.release()

    async def _in_turn(self, pair_id: str, facts: dict[str, Any]) -> dict[str, Any]:
        try:
            return make_from_what_is_read(self.house, pair_id, at_once=True, **facts)
        except NotAtOnce as why:
            if why.reads:
                raise
        # Somebody writes just now. One thread waits for them; with one for each request all would wait for one another.
        return await run_in_threadpool(make_from_what_is_read, self.house, pair_id, at_once=False, **facts)


def _usual(scope: Scope) -> bool:
    """Nothing but a small JSON body that says so, or none; no query, nothing that may be a repetition."""
    kind, length = b"", 0
    for name, value in scope["headers"]:
        if name == b"content-type":
            if kind:
                return False  # which of them counts is the framework's to say
            kind = value
        elif name == b"content-length":
            length = int(value) if value.isdigit() else LONGEST
        elif name in {b"idempotency-key", b"transfer-encoding"}:
            return False
    return not scope["query_string"] and length < LONGEST and (kind == b"application/json" or not length)


def _again(first: Message | None, receive: Receive) -> Receive:
    """A ``receive`` that gives again what was taken."""
    if first is None:
        return receive
    kept = [first]

    async def given() -> Message:
        return kept.pop() if kept else await receive()

    return given


async def _send(send: Send, made: dict[str, Any]) -> None:
    body = _encode(made).encode()
    headers = [
        (b"location", f"/v1/proposals/{made['id']}".encode()),
        (b"content-length", b"%d" % len(body)),
        (b"content-type", b"application/json"),
    ]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body})
