"""Subscriptions: the handshake before one exists, and the notices after."""

from __future__ import annotations

import json
import queue
import secrets
import ssl
import threading
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from tests.emulators.microsoft.graph_times import stamp
from tests.emulators.microsoft.mailbox import Event, Mailbox
from tests.emulators.microsoft.server import Answer, Request, error

LONGEST = 10_080 * 60
HANDSHAKE_SECONDS = 10.0
_NEEDED = ("changeType", "notificationUrl", "resource", "expirationDateTime")


@dataclass
class Subscription:
    """One subscription of one mailbox."""

    id: str
    box: Mailbox
    resource: str
    kinds: set[str]
    url: str
    lifecycle: str | None
    secret: str | None
    until: int

    def shown(self) -> dict:
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": "00000000-0000-0000-0000-000000000001",
            "changeType": ",".join(sorted(self.kinds)),
            "clientState": None,
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle,
            "expirationDateTime": stamp(self.until),
            "creatorId": self.box.oid,
        }

    def hears(self, event: Event) -> bool:
        parts = self.resource.strip("/").split("/")
        calendar = parts[2] if parts[1:2] == ["calendars"] else self.box.default.id
        return event.calendar == calendar


@dataclass
class Notices:
    """Sends notices from a thread of its own, in order. ``dropping`` loses them, as the network may."""

    now: Callable[[], int]
    kept: dict[str, Subscription] = field(default_factory=dict)
    dropping: bool = False
    sent: list[tuple[str, dict, int | None]] = field(default_factory=list)  # address, body, status (None: no answer)

    def __post_init__(self) -> None:
        self._queue: queue.Queue[tuple[str, dict] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        self._thread.join(15)

    def flush(self) -> None:
        """Waits until everything that is due was posted."""
        self._queue.join()

    # --- the calls ---

    def create(self, request: Request, box: Mailbox) -> Answer:
        """The handshake is done before the answer."""
        body = json.loads(request.body)
        missing = [it for it in _NEEDED if not body.get(it)]
        if missing:
            return error(400, "InvalidRequest", f"Missing {missing[0]}.")
        kinds = set(body["changeType"].split(","))
        if kinds - {"created", "updated", "deleted"}:
            return error(400, "InvalidRequest", "The change type is not supported.")
        until = _at(body["expirationDateTime"])
        if until is None or until <= self.now() or until - self.now() > LONGEST:
            return error(400, "InvalidRequest", "Subscription expiration can only be 10080 minutes in the future.")
        if len(body.get("clientState") or "") > 128:
            return error(400, "InvalidRequest", "The client state is too long.")
        parts = body["resource"].strip("/").split("/")
        ours = parts == ["me", "events"] or (
            len(parts) == 4 and parts[:2] == ["me", "calendars"] and parts[3] == "events"
        )
        if not ours or (len(parts) == 4 and parts[2] not in box.calendars):
            return error(400, "ExtensionError", f"Operation: Create; resource '{body['resource']}' is not valid.")
        if 'IdType="ImmutableId"' not in request.preferences:
            return error(400, "InvalidRequest", "This emulator wants immutable ids in notices.")
        for url in dict.fromkeys([body["notificationUrl"], body.get("lifecycleNotificationUrl")]):
            if url is not None and not self._shakes_hands(url):
                return error(
                    400,
                    "ValidationError",
                    "Subscription validation request failed. The endpoint must respond with 200 OK to the validation request.",
                )
        made = Subscription(
            str(uuid.uuid4()),
            box,
            body["resource"],
            kinds,
            body["notificationUrl"],
            body.get("lifecycleNotificationUrl"),
            body.get("clientState"),
            until,
        )
        self.kept[made.id] = made
        return Answer(201, {**made.shown(), "clientState": made.secret})

    def list(self, box: Mailbox) -> Answer:
        return Answer(200, {"value": [it.shown() for it in self.alive() if it.box is box]})

    def renew(self, request: Request, box: Mailbox) -> Answer:
        found = self._of(request, box)
        if found is None:
            return error(404, "ResourceNotFound", "The object was not found.")
        until = _at(json.loads(request.body or b"{}").get("expirationDateTime"))
        if until is None or until <= self.now() or until - self.now() > LONGEST:
            return error(400, "InvalidRequest", "Subscription expiration can only be 10080 minutes in the future.")
        found.until = until
        return Answer(200, found.shown())

    def delete(self, request: Request, box: Mailbox) -> Answer:
        found = self._of(request, box)
        if found is None:
            return error(404, "ResourceNotFound", "The object was not found.")
        del self.kept[found.id]
        return Answer(204)

    def alive(self) -> list[Subscription]:
        """Those that have not run out."""
        return [it for it in self.kept.values() if it.until > self.now()]

    def _of(self, request: Request, box: Mailbox) -> Subscription | None:
        found = self.kept.get(request.parts[2])
        return found if found is not None and found.box is box and found.until > self.now() else None

    # --- the notices ---

    def changed(self, box: Mailbox, event: Event, kind: str) -> None:
        """Tells whoever subscribed."""
        for it in self.alive():
            if it.box is box and kind in it.kinds and it.hears(event):
                resource = f"Users/{box.oid}/Events/{event.id}"
                data = {"@odata.type": "#Microsoft.Graph.Event", "@odata.id": resource, "id": event.id}
                data["@odata.etag"] = f'W/"{event.key}"'
                self._post(it, it.url, {"changeType": kind, "resource": resource, "resourceData": data})

    def lifecycle(self, subscription_id: str, kind: str) -> None:
        """``reauthorizationRequired``, ``subscriptionRemoved`` (it is gone then) or ``missed``."""
        found = self.kept[subscription_id]
        if kind == "subscriptionRemoved":
            del self.kept[subscription_id]
        assert found.lifecycle, "no lifecycleNotificationUrl was given"
        self._post(found, found.lifecycle, {"lifecycleEvent": kind, "resource": found.resource})

    def _post(self, to: Subscription, url: str, notice: dict) -> None:
        if self.dropping:
            return
        whole = {
            "subscriptionId": to.id,
            "subscriptionExpirationDateTime": stamp(to.until),
            "tenantId": to.box.tenant,
            "clientState": to.secret,
            **notice,
        }
        self._queue.put((url, {"value": [whole]}))

    def _work(self) -> None:
        while True:
            due = self._queue.get()
            try:
                if due is None:
                    return
                url, body = due
                status = _send(url, json.dumps(body).encode(), "application/json", 5.0)
                self.sent.append((url, body, status[0] if status else None))
            finally:
                self._queue.task_done()

    def _shakes_hands(self, url: str) -> bool:
        """Posts a token that has to come back as text within ten seconds."""
        local = urlsplit(url).hostname in {"127.0.0.1", "localhost"}
        if urlsplit(url).scheme != "https" and not local:
            return False
        token = f"Validation: Testing client application reachability for subscription+{secrets.token_urlsafe(12)} ü"
        joint = "&" if "?" in url else "?"
        answer = _send(f"{url}{joint}{urlencode({'validationToken': token})}", b"", "text/plain", HANDSHAKE_SECONDS)
        return answer is not None and answer[0] == 200 and answer[1] == "text/plain" and answer[2] == token


def _send(url: str, body: bytes, kind: str, seconds: float) -> tuple[int, str, str] | None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, data=body, method="POST", headers={"Content-Type": f"{kind}; charset=utf-8"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=seconds) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, "", ""
    except (OSError, UnicodeDecodeError):
        return None


def _at(text: object) -> int | None:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except ValueError:
        return None
