"""The world around a real `holdfast serve`: a CalDAV server, a mail server, a webhook receiver, and a hand that kills."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

BIN = Path(sys.executable).parent
KEY = "journey-admin-key"
PATIENCE = 60.0


def eventually(look: Callable[[], Any], what: str) -> Any:
    """Polls until ``look`` gives something true. Real processes take their time; the deadline is far away."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"in {PATIENCE:g} s there was no {what}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Inbox:
    """A real SMTP server that keeps what it is given."""

    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """aiosmtpd's way in."""
        self.messages.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 kept"

    def calendar_parts(self, to: str, method: str) -> list[EmailMessage]:
        """Messages to an address that carry an iTIP method."""
        return [
            m
            for m in list(self.messages)
            if to in str(m["To"])
            and any(
                p.get_content_type() == "text/calendar" and p.get_param("method") == method  # type: ignore[attr-defined]
                for p in m.walk()
            )
        ]


@dataclass
class Receiver:
    """A webhook receiver: verifies each signature with the Standard Webhooks library, then keeps the event."""

    url: str = ""
    secret: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Events of a type by ``webhook-id``: delivery is at least once."""
        return {event["id"]: event["data"] for event in list(self.got) if event["type"] == kind}


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Inbox, str]]:
    """A running SMTP server and its ``smtp://`` address."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@contextlib.contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """A running receiver."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                Webhook(receiver.secret).verify(body, dict(self.headers))
                receiver.got.append({"id": self.headers["webhook-id"], **json.loads(body)})
                self.send_response(204)
            except Exception:
                receiver.refused += 1
                self.send_response(400)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Holdfast:
    """`holdfast serve` as a process that can be killed and started again on the same database."""

    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")},
            "HOLDFAST_DATABASE_URL": f"sqlite:///{self.folder}/journey.sqlite",
            "HOLDFAST_BOOTSTRAP_API_KEY": KEY,
            "HOLDFAST_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "HOLDFAST_ALLOW_PRIVATE_URLS": "true",
            "HOLDFAST_SYNC_SECONDS": "1",
            **self.settings,
        }
        log = (self.folder / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [BIN / "holdfast", "serve", "--port", str(self.port)],
            env=environment,
            cwd=self.folder,
            stdout=log,
            stderr=log,
        )
        log.close()
        eventually(self.ready, "ready server: " + (self.folder / "serve.log").read_text()[-2000:])

    def ready(self) -> bool:
        """Whether /readyz says so."""
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "serve.log").read_text()[-3000:]
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx2.Response:
        """One API call. Raises ``httpx2.HTTPError`` when the server is gone."""
        headers = {"Authorization": f"Bearer {KEY}"} | ({"Idempotency-Key": key} if key else {})
        url = f"http://127.0.0.1:{self.port}{path}"
        with httpx2.Client(timeout=20, trust_env=False) as client:
            return client.request(method, url, headers=headers, json=body)

    def insist(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx2.Response:
        """The same call under the same key until an answer comes, as a careful client does over crashes."""

        def once() -> httpx2.Response | None:
            try:
                return self.call(method, path, body, key=key)
            except httpx2.HTTPError:
                return None

        return eventually(once, f"answer to {method} {path}")

    def made(self, path: str, body: Any = None) -> dict[str, Any]:
        """A POST that must succeed; returns its answer."""
        answer = self.call("POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def got(self, path: str) -> Any:
        """A GET that must succeed; returns its answer."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()
