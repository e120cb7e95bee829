"""Google Calendar and Google sign-in on a loopback port, as strict as the real ones: ``with GoogleEmulator() as google``.

    google.settings         what Holdfast is set to, to find it; google.url is the base
    google.person(email)    an account, and a hand to act as its owner
    google.secret(email)    tokens for it without a sign-in; google.browse(url) does the sign-in as a browser would
    google.consent          who signs in, and which boxes they tick
    google.mails            who was mailed what; google.invitations(email) counts the invitations
    google.requests         every call that was made; google.faults breaks any of them; google.methods.quota throttles
    google.channels         push; .settle() waits until all is delivered, .drop loses it
    google.expire_sync_tokens(), google.oauth.expire(), google.oauth.revoke_all(email)

Requests are checked against Google's own description (``description``), scopes included."""

from __future__ import annotations

import http.client
import json
import ssl
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from service.ports.clock import Clock, SystemClock
from tests.emulators.google import description
from tests.emulators.google.channels import Channels
from tests.emulators.google.faults import Faults
from tests.emulators.google.freebusy import FreeBusy
from tests.emulators.google.hand import Person
from tests.emulators.google.listing import Lister
from tests.emulators.google.methods import Methods, Request
from tests.emulators.google.oauth import EMAIL_SCOPE, Consent, OAuth, OAuthProblem
from tests.emulators.google.problems import Problem
from tests.emulators.google.server import Server
from tests.emulators.google.world import Box, Mail, World

CLIENT_ID = "emulated.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-emulated"
_CALENDAR = "https://www.googleapis.com/auth/calendar"
FREE_BUSY = ("openid", EMAIL_SCOPE, f"{_CALENDAR}.freebusy")
EVENTS = (*FREE_BUSY, f"{_CALENDAR}.events.owned")
LISTING = f"{_CALENDAR}.calendarlist.readonly"
_SIGN_IN = {
    "/o/oauth2/v2/auth": "oauth.authorize",
    "/token": "oauth.token",
    "/revoke": "oauth.revoke",
    "/oauth2/v3/certs": "oauth.certs",
}


class GoogleEmulator:
    """See the module. ``certificate`` and ``key`` (PEM files) make it speak TLS; ``redirect_uris`` are those that the
    application has registered; ``allow_http_hooks`` takes push addresses that are not https."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        redirect_uris: tuple[str, ...] = (),
        allow_http_hooks: bool = True,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.world = World(self.clock)
        self.faults = Faults()
        self.mistakes: list[Exception] = []
        self.oauth = OAuth(self.world, CLIENT_ID, CLIENT_SECRET, set(redirect_uris))
        self.free_busy = FreeBusy(self.world)
        self.lister = Lister(self.world)
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        self._server = Server(self, context)
        self.host, self.port = "127.0.0.1", self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://{self.host}:{self.port}"
        self.channels = Channels(self.world, self.url, allow_http=allow_http_hooks)
        self.methods = Methods(self.world, self.oauth, self.lister, self.free_busy, self.channels)

    def __enter__(self) -> GoogleEmulator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.faults.clear()
        self._server.close()
        self.channels.close()
        if self.mistakes and kind is None:
            raise AssertionError("the emulator itself is broken") from self.mistakes[0]

    # --- for tests ---

    @property
    def settings(self) -> dict[str, str]:
        """What Holdfast is set to, to find this Google: names of settings without their prefix, in lower case."""
        return {"google_base": self.url, "google_client_id": CLIENT_ID, "google_client_secret": CLIENT_SECRET}

    def person(self, email: str, *, name: str = "", zone: str = "UTC") -> Person:
        """The account, made on first sight, and a hand to act as its owner."""
        with self.world.lock:
            if email not in self.world.accounts:
                self.world.add_account(email, name or email.partition("@")[0].title(), zone)
        return Person(self.world, email)

    def add_calendar(self, id_: str, *, owner: str, zone: str = "UTC", summary: str = "", **roles: str) -> Box:
        """Another calendar of ``owner``; ``share`` shows it to others."""
        with self.world.lock:
            return self.world.add_box(id_, owner=owner, zone=zone, summary=summary or id_)

    def share(self, calendar: str, email: str, role: str) -> None:
        """Shows a calendar to another account, as freeBusyReader, reader, writer or owner."""
        self.world.boxes[calendar].roles[email] = role

    def secret(self, email: str, scopes: tuple[str, ...] = EVENTS) -> dict[str, str]:
        """Tokens as ``Account.secret`` holds them."""
        with self.world.lock:
            return self.oauth.grant(email, scopes)

    @property
    def consent(self) -> Consent:
        """What the person will do on the consent page."""
        return self.oauth.consent

    @consent.setter
    def consent(self, consent: Consent) -> None:
        self.oauth.consent = consent

    def browse(self, url: str) -> str:
        """Opens the consent page as a browser does; where it is sent back to, or ``AssertionError`` with Google's complaint."""
        parts = urlsplit(url)
        line: http.client.HTTPConnection
        if parts.scheme == "https":
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            line = http.client.HTTPSConnection(self.host, self.port, timeout=10, context=trusting)
        else:
            line = http.client.HTTPConnection(self.host, self.port, timeout=10)
        with closing(line):
            line.request("GET", f"{parts.path}?{parts.query}")
            answer = line.getresponse()
            text = answer.read().decode()
            assert answer.status == 302, f"{answer.status} {text}"
            return answer.headers["Location"]

    @property
    def mails(self) -> list[Mail]:
        return self.world.mails

    def invitations(self, to: str) -> list[Mail]:
        """The invitations (and new times) that somebody got, in order."""
        return [one for one in self.mails if one.to == to.lower() and one.method == "REQUEST"]

    @property
    def requests(self) -> list[Request]:
        return self.methods.requests

    def asked(self, method: str) -> list[Request]:
        """The calls of one method."""
        return [one for one in self.requests if one.method == method]

    def expire_sync_tokens(self) -> None:
        """The next incremental sync gets 410."""
        self.lister.expire_tokens()

    # --- for the server ---

    def method_of(self, verb: str, path: str) -> str:
        """The id under which faults know a request."""
        if path in _SIGN_IN:
            return _SIGN_IN[path]
        try:
            return description.find(verb, path).id
        except Problem:
            return "unknown"

    def sign_in(self, method: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """The OAuth endpoints."""
        with self.world.lock:
            if method == "oauth.authorize":
                return 302, {"Location": self.oauth.authorize(form)}, b""
            if method == "oauth.token":
                if "application/x-www-form-urlencoded" not in headers.get("content-type", ""):
                    raise OAuthProblem(400, "invalid_request", "a form is expected")
                return 200, {}, json.dumps(self.oauth.token(form, headers.get("authorization"))).encode()
            if method == "oauth.revoke":
                self.oauth.revoke(form.get("token", ""))
                return 200, {}, b"{}"
            return 200, {"Cache-Control": "public, max-age=20000"}, json.dumps(self.oauth.certs()).encode()

    def call(
        self, verb: str, path: str, query: dict[str, list[str]], headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any] | None]:
        """One method of the Calendar API. Raises ``Problem``."""
        with self.world.lock:
            return self.methods.call(verb, path, query, headers, body)
