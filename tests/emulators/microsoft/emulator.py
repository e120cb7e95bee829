"""Microsoft on one loopback port: signing in, Graph, Outlook's mailboxes and their notices.

with MicrosoftEmulator() as microsoft:
    alice = microsoft.add_account("alice@contoso.example", "Alice")
    # settings: MICROSOFT_LOGIN_BASE = GRAPH_BASE = microsoft.url, CA_BUNDLE = microsoft.ca_bundle,
    # MICROSOFT_CLIENT_ID/SECRET = microsoft.client_id/client_secret, ALLOW_PRIVATE_URLS = true
    back = microsoft.browse(authorization_url, "alice@contoso.example")  # the callback's query
    microsoft.outlook("alice@contoso.example").move(uid, later)  # by hand; subscribers hear of it
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.emulators.microsoft.asking import Problem
from tests.emulators.microsoft.graph_api import GraphApi
from tests.emulators.microsoft.hand import Outlook
from tests.emulators.microsoft.login import PERSONAL_TENANT, Login
from tests.emulators.microsoft.mailbox import Mailbox
from tests.emulators.microsoft.post_office import Mail, PostOffice
from tests.emulators.microsoft.routes import ROUTES, operation_of
from tests.emulators.microsoft.server import Answer, Faults, HttpsServer, Request, error
from tests.emulators.microsoft.subscriptions import Notices
from tests.emulators.microsoft.tls import certificates

WORK_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
AT_ONCE = 4
OFFICE_HOURS = {
    "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
    "startTime": "08:00:00.0000000",
    "endTime": "17:00:00.0000000",
}
_SCOPES = {name: scopes for _, _, name, scopes in ROUTES}


@dataclass(frozen=True)
class Call:
    """One request that came in."""

    operation: str
    request: Request
    status: int
    address: str | None


class MicrosoftEmulator:
    """A context manager. ``now`` tells the time in epoch seconds."""

    def __init__(
        self,
        *,
        now: Callable[[], int] = lambda: int(time.time()),
        client_id: str = "11112222-bbbb-3333-cccc-4444dddd5555",
        client_secret: str = "emulated~secret",
        redirects: set[str] | None = None,
    ) -> None:
        self.now = now
        self.client_id, self.client_secret = client_id, client_secret
        self.office = PostOffice()
        self.login = Login(now, client_id, client_secret, redirects)
        self.graph = GraphApi(self.office)
        self.notices = Notices(now)
        self.calls: list[Call] = []
        self._lock = threading.RLock()
        self._busy: Counter[str] = Counter()
        self._server = HttpsServer(self._name, self._answer)

    # --- running ---

    def __enter__(self) -> MicrosoftEmulator:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self.notices.stop()

    @property
    def url(self) -> str:
        """Both bases: the login host's and Graph's."""
        return f"https://127.0.0.1:{self._server.port}"

    @property
    def ca_bundle(self) -> Path:
        """The authority that signed the server's certificate."""
        return certificates()[0]

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self._server.faults

    # --- people ---

    def add_account(
        self,
        address: str,
        name: str,
        *,
        personal: bool = False,
        zone: str = "W. Europe Standard Time",
        working_hours: dict | None = OFFICE_HOURS,
        online: tuple[str, ...] = ("teamsForBusiness",),
    ) -> Mailbox:
        """A mailbox with one calendar. ``zone`` is a Windows name; ``working_hours`` without a zone take the mailbox's."""
        hours = None if working_hours is None or personal else {"timeZone": {"name": zone}, **working_hours}
        tenant = PERSONAL_TENANT if personal else WORK_TENANT
        box = Mailbox(address, name, personal, str(uuid.uuid4()), tenant, zone, hours)
        box.add_calendar("Calendar", default=True, online=() if personal else online)
        with self._lock:
            self.office.boxes[address.lower()] = box
        return box

    def outlook(self, address: str) -> Outlook:
        """That person's hand."""
        return Outlook(self, self.office.boxes[address.lower()])

    def browse(self, url: str, address: str, *, gives: set[str] | None = None, says_no: bool = False) -> dict[str, str]:
        """The person opens the authorisation address, signs in and decides: the query with which they come back.

        Raises ``ValueError`` with the page that they see where Microsoft does not send them back."""
        asked = Request("GET", urlsplit(url).path, dict(parse_qsl(urlsplit(url).query)), {}, b"", self.url)
        with self._lock:
            self.login.person = self.office.boxes[address.lower()]
            self.login.gives, self.login.says_no = gives, says_no
            answer = self.login.answer(asked, "authorize")
        if answer.status != 302:
            raise ValueError(answer.body)
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def token(self, address: str, *scopes: str, lifetime: int | None = None) -> str:
        """An access token without signing in; ``Calendars.ReadWrite`` if nothing is named."""
        with self._lock:
            return self.login.issue(
                self.office.boxes[address.lower()], scopes or ("Calendars.ReadWrite",), lifetime=lifetime
            )

    def withdraw(self, address: str) -> None:
        """The person (or an administrator) takes the access away."""
        with self._lock:
            self.login.revoked.add(address)
            for token, it in list(self.login.access.items()):
                if it.box.address == address:
                    del self.login.access[token]

    def forget_delta(self, address: str) -> None:
        """The delta tokens of a mailbox are no longer known."""
        with self._lock:
            self.office.boxes[address.lower()].epoch += 1

    # --- looking ---

    @property
    def mails(self) -> list[Mail]:
        """Every mail that Outlook sent about meetings."""
        return list(self.office.mails)

    def invitations(self, address: str) -> list[Mail]:
        """First invitations to one person; updates and cancellations are other kinds."""
        return [it for it in self.mails if it.kind == "invitation" and it.to == address.lower()]

    def counts(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(it.operation for it in self.calls)

    def flush(self) -> None:
        """Waits until every notice was posted."""
        self.notices.flush()

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """Somebody changes something; subscribers are told when it is done."""
        with self._lock:
            yield
            self._tell()

    def _tell(self) -> None:
        changed, self.office.changed = self.office.changed, []
        for box, event, kind in changed:
            self.notices.changed(box, event, kind)

    # --- answering ---

    def _name(self, request: Request) -> str:
        if request.path.startswith("/v1.0/"):
            return operation_of(request)
        tail = request.path.rpartition("/")[2]
        return {"openid-configuration": "discovery"}.get(
            tail, tail if tail in {"authorize", "token", "keys"} else "unknown"
        )

    def _answer(self, request: Request, operation: str) -> Answer:
        box: Mailbox | None = None
        if request.path.startswith("/v1.0/"):
            answer, box = self._graph(request, operation)
        elif operation == "unknown":
            answer = Answer(404, "<html>Not found</html>")
        else:
            with self._lock:
                answer = self.login.answer(request, operation)
        self.calls.append(Call(operation, request, answer.status, box.address if box else None))
        return answer

    def _graph(self, request: Request, operation: str) -> tuple[Answer, Mailbox | None]:
        token = self.login.access.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if token is None or token.until <= self.now():
            return error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."), None
        box = token.box
        if operation == "unknown":
            return error(400, "BadRequest", f"Resource not found for the segment '{request.path}'."), box
        if not _SCOPES[operation] & set(token.scopes):
            return error(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."), box
        with self._lock:
            self._busy[box.address] += 1
            crowded = self._busy[box.address] > AT_ONCE
        try:
            if crowded:
                words = "Application is over its MailboxConcurrency limit."
                return error(429, "ApplicationThrottled", words, {"Retry-After": "1"}), box
            if operation.endswith("Subscription") or operation.endswith("Subscriptions"):
                return self._subscription(request, operation, box), box
            with self._lock:
                answer = self.graph.answer(request, "calendar_" if operation == "calendar" else operation, box)
                self._tell()
            return answer, box
        finally:
            with self._lock:
                self._busy[box.address] -= 1

    def _subscription(self, request: Request, operation: str, box: Mailbox) -> Answer:
        """Without the lock: the handshake calls back."""
        try:
            self.graph._body(request)
        except Problem as problem:
            return problem.answer
        if operation == "createSubscription":
            return self.notices.create(request, box)
        if operation == "listSubscriptions":
            return self.notices.list(box)
        return (
            self.notices.renew(request, box) if operation == "renewSubscription" else self.notices.delete(request, box)
        )
