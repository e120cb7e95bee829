"""A real IMAP server (pymap) on loopback, and mails as people's calendar programs send them back."""

from __future__ import annotations

import contextlib
import imaplib
import itertools
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

USER, PASSWORD = "holdfast", "p@ss/word"
_READY_SECONDS = 30.0


@dataclass
class Post:
    """A running server; each test has a folder of its own."""

    port: int
    certificate: Path | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def client(self) -> imaplib.IMAP4:
        """A client that is not ours, logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        if self.certificate is not None:
            client.starttls(ssl.create_default_context(cafile=str(self.certificate)))
        client.login(USER, PASSWORD)
        return client

    def folder(self) -> str:
        """A new, empty one; its name."""
        name = f"Box{next(self._numbers)}"
        with self.client() as client:
            assert client.create(name)[0] == "OK"
        return name

    def put(self, folder: str, *mails: bytes) -> None:
        """Delivers some mails."""
        with self.client() as client:
            for mail in mails:
                assert client.append(folder, None, None, mail)[0] == "OK"  # type: ignore[arg-type]

    def flags(self, folder: str) -> list[bytes]:
        """What the mails in a folder are marked with."""
        with self.client() as client:
            client.select(folder, readonly=True)
            found = client.fetch("1:*", "(FLAGS)")[1]
        return [line for line in found if isinstance(line, bytes)]

    def url(self, folder: str, *, port: int | None = None, scheme: str = "imap", password: str = PASSWORD) -> str:
        """The setting's value."""
        secret = password.replace("@", "%40").replace("/", "%2F")
        return f"{scheme}://{USER}:{secret}@127.0.0.1:{port or self.port}/{folder}"


@contextlib.contextmanager
def imap_server(*, certificate: tuple[Path, Path] | None = None) -> Iterator[Post]:
    """Starts one. ``certificate``: (authority, chain with key); with it, it takes no login before STARTTLS."""
    port = _free_port()
    tls = ["--cert", str(certificate[1]), "--key", str(certificate[1])] if certificate else ["--no-tls"]
    command = [sys.executable, "-c", "import sys; from pymap.main import main; sys.exit(main())"]
    listen = ["--host", "127.0.0.1", "--port", str(port), "--no-service", "managesieve", *tls]
    account = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    process = subprocess.Popen([*command, *listen, *account], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Post(port, certificate[0] if certificate else None)
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextlib.contextmanager
def tls_in_front(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """TLS from the first byte, handed on to a plain server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        stop = threading.Event()
        thread = threading.Thread(target=_hand_on, args=(listener, port, context, stop), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join(timeout=10)


def _hand_on(listener: socket.socket, port: int, context: ssl.SSLContext, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            plain, _ = listener.accept()
        except TimeoutError:
            continue
        with plain, contextlib.suppress(OSError):
            plain.settimeout(10)
            with (
                context.wrap_socket(plain, server_side=True) as outside,
                socket.create_connection(("127.0.0.1", port)) as inside,
            ):
                outside.settimeout(0.05)
                inside.settimeout(0.05)
                _pump(outside, inside, stop)


def _pump(one: socket.socket, two: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        for source, target in ((one, two), (two, one)):
            try:
                data = source.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return
            target.sendall(data)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the IMAP server ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            if probe.recv(4):
                return
        time.sleep(0.05)
    raise AssertionError("the IMAP server did not begin to listen")


def itip(
    uid: str,
    attendee: str,
    *,
    method: str = "REPLY",
    answer: str = "ACCEPTED",
    sequence: int = 0,
    stamp: str = "20260601T080000Z",
    when: tuple[str, ...] = ("DTSTART:20260610T080000Z", "DTEND:20260610T090000Z"),
    extra: tuple[str, ...] = (),
) -> str:
    """The calendar part of an answer."""
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//A program//EN", f"METHOD:{method}", *extra, "BEGIN:VEVENT",
        f"UID:{uid}", f"DTSTAMP:{stamp}", f"SEQUENCE:{sequence}", *when,
        "ORGANIZER;CN=Holdfast:mailto:holdfast@holdfast.test",
        f"ATTENDEE;CN=Somebody;PARTSTAT={answer}:mailto:{attendee}", "SUMMARY:Accepted: Dana and Jonas",
        "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return "\r\n".join(lines)


def mail(
    calendar: str | None,
    *,
    sender: str = "emil@example.org",
    method: str = "REPLY",
    headers: tuple[str, ...] = (),
    content_type: str | None = None,
    text: str = "Emil has answered this invitation.",
) -> bytes:
    """A mail as programs send it: words, and the calendar part beside them."""
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"]
    if calendar is not None:
        kind = content_type or f"text/calendar; charset=UTF-8; method={method}"
        parts.append(f"Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{calendar}\r\n")
    body = "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n"
    head = [
        f"From: Emil Mentee <{sender}>", "To: Holdfast <holdfast@holdfast.test>", "Subject: Accepted",
        "Message-ID: <1@example.org>", "MIME-Version: 1.0", *headers, 'Content-Type: multipart/alternative; boundary="b"',
    ]  # fmt: skip
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()
