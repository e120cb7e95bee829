"""No body larger than a calendar file may be: told by its length, or counted while it comes.

Starlette has such a limit, but it answers in plain text; every failure here is a problem.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.plumbing.problems import Problem

LARGEST = 12 * 1024 * 1024
WORDS = f"A request may hold {LARGEST // 1024 // 1024} MiB at most."


class BodyLimit:
    """Refuses what is too large before it is read, or as soon as too much has come."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _announced(scope) > self.largest:
            problem = Problem(413, "too-large", "Content Too Large", WORDS, headers={"Connection": "close"})
            await problem.response()(scope, receive, send)
            return
        come = 0

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > self.largest:
                raise HTTPException(413, WORDS, {"Connection": "close"})
            return message

        await self.app(scope, counted, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
