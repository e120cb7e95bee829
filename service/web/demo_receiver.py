"""The demo's stand-in for another system: takes webhooks, checks their signatures, remembers the last few."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.app.manage_endpoints import reveal_secret
from service.domain.errors import HoldfastError
from service.store import webhooks
from service.web.frame import Frame

PATH = "/demo/receiver"
LARGEST, REMEMBERED = 65_536, 200


@dataclass
class Receiver:
    """``webhook-id`` → how often it came with a good signature; the newest last."""

    seen: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def take(self, event_id: str) -> None:
        """Remembers one."""
        self.seen[event_id] = self.seen.pop(event_id, 0) + 1
        while len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)


def demo_receiver(frame: Frame, receiver: Receiver) -> APIRouter:
    """``POST /demo/receiver``: 204 for a good signature, 401 otherwise."""
    router = frame.router()

    @router.post(PATH)
    async def receive(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return Response(status_code=413)
        headers = {
            name: request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        }
        if not await run_in_threadpool(_genuine, frame, body, headers):
            return Response(status_code=401)
        receiver.take(headers["webhook-id"])
        return Response(status_code=204)

    return router


def _genuine(frame: Frame, body: bytes, headers: dict[str, str]) -> bool:
    with frame.house.reading() as session:
        endpoints = [row.id for row in webhooks.enabled(session) if row.url.endswith(PATH)]
    for endpoint_id in endpoints:
        try:
            Webhook(reveal_secret(frame.house, endpoint_id)).verify(body.decode(), headers)
        except (WebhookVerificationError, HoldfastError, UnicodeDecodeError):
            continue
        return True
    return False
