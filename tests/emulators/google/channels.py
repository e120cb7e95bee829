"""Push: channels that really POST to their address, with Google's headers and message numbers."""

from __future__ import annotations

import contextlib
import http.client
import queue
import re
import secrets
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from tests.emulators.google.problems import Problem, invalid
from tests.emulators.google.world import Box, World

_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
_WEEK = 7 * 86_400


@dataclass
class Channel:
    """One promise to tell."""

    id: str
    account: str
    calendar: str
    resource_id: str
    address: str
    token: str | None
    expires_at: int
    number: int = 0


@dataclass(frozen=True)
class Delivery:
    """One message: its headers, and the status that the address answered with (0: nobody answered)."""

    headers: dict[str, str]
    status: int

    @property
    def state(self) -> str:
        return self.headers["X-Goog-Resource-State"]


class Channels:
    """``drop`` loses every message from now on, as push may; ``allow_http`` takes addresses that Google would not."""

    def __init__(self, world: World, base: str, *, allow_http: bool) -> None:
        self._world, self._base, self._allow_http = world, base, allow_http
        self._queue: queue.Queue[tuple[str, dict[str, str]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._deliver, daemon=True)
        self._thread.start()
        self.open: dict[str, Channel] = {}
        self._used: set[str] = set()
        self.delivered: list[Delivery] = []
        self.drop = False
        self.lifetime = _WEEK
        world.changed.append(self.changed)

    def watch(self, account: str, box: Box, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("type") not in {"web_hook", "webhook"}:
            raise invalid(f"Unknown channel type {body.get('type')}")
        if not _ID.fullmatch(body.get("id", "")):
            raise Problem(400, "channelIdInvalid", "Invalid channel id")
        if len(body.get("token", "")) > 256:
            raise invalid("token is too long")
        if body["id"] in self._used:
            raise Problem(400, "channelIdNotUnique", f"Channel id {body['id']} not unique")
        address = body.get("address", "")
        if urlsplit(address).scheme != "https" and not (self._allow_http and urlsplit(address).scheme == "http"):
            raise Problem(400, "push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address}")
        now = self._world.clock.now()
        asked = int(body["expiration"]) // 1000 - now if body.get("expiration") else self.lifetime
        self._used.add(body["id"])
        made = Channel(
            body["id"],
            account,
            box.id,
            secrets.token_urlsafe(18),
            address,
            body.get("token"),
            now + min(asked, self.lifetime),
        )
        self.open[made.id] = made
        self._tell(made, "sync")
        shown = {
            "kind": "api#channel",
            "id": made.id,
            "resourceId": made.resource_id,
            "resourceUri": f"{self._base}/calendar/v3/calendars/{box.id}/events?alt=json",
            "expiration": str(made.expires_at * 1000),
        }
        return shown | ({"token": made.token} if made.token else {})

    def stop(self, account: str, body: dict[str, Any]) -> None:
        channel = self.open.get(body.get("id", ""))
        if channel is None or channel.resource_id != body.get("resourceId") or channel.account != account:
            raise Problem(404, "notFound", f"Channel '{body.get('id')}' not found for project")
        del self.open[channel.id]

    def changed(self, calendar: str) -> None:
        """Tells every channel on the calendar; those that have run out are gone."""
        now = self._world.clock.now()
        for channel in list(self.open.values()):
            if channel.expires_at <= now:
                del self.open[channel.id]
            elif channel.calendar == calendar:
                self._tell(channel, "exists")

    def settle(self) -> None:
        """Waits until every message has been delivered."""
        self._queue.join()

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(5)

    def _tell(self, channel: Channel, state: str) -> None:
        channel.number += 1 if state == "sync" else 7  # Google's numbers rise, and not by one
        headers = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Message-Number": str(channel.number),
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-State": state,
            "X-Goog-Resource-URI": f"{self._base}/calendar/v3/calendars/{channel.calendar}/events?alt=json",
            "X-Goog-Channel-Expiration": format_datetime(datetime.fromtimestamp(channel.expires_at, UTC), usegmt=True),
        }
        if channel.token is not None:
            headers["X-Goog-Channel-Token"] = channel.token
        if not self.drop:
            self._queue.put((channel.address, headers))

    def _deliver(self) -> None:
        while (message := self._queue.get()) is not None:
            address, headers = message
            self.delivered.append(Delivery(headers, _post(address, headers)))
            self._queue.task_done()


def _post(address: str, headers: dict[str, str]) -> int:
    parts = urlsplit(address)
    line: http.client.HTTPConnection
    if parts.scheme == "https":
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        line = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=10, context=trusting)
    else:
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    with contextlib.closing(line):
        try:
            line.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
