"""Mail handed to a real SMTP server (aiosmtpd), and to some that are no good."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from integrations.email import KeptMailer, SmtpMailer, parse_smtp_url
from service.domain.errors import BadInput, Refused, Unreachable
from service.ports.calendar import Attendee
from service.ports.clock import FixedClock
from service.ports.mailer import Mail, Mailer, Sending

MAIL = Mail("mtg_1@holdfast.example", Attendee("Bö", "bo@x.example"), "Hello", "text\n.\nmore", "<p>text</p>")


def no_calendar(*_: object, **__: object) -> bytes:
    raise AssertionError("no invitation in this mail")


@dataclass
class Inbox:
    """Takes mail, or answers with what a test put into ``say``."""

    say: dict[str, str] = field(default_factory=dict)
    envelopes: list[Any] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_MAIL(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
        envelope.mail_from = address
        return self.say.get("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.say.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        if "DATA" not in self.say:
            self.envelopes.append(envelope)
            self.encrypted.append(session.ssl is not None)
        return self.say.get("DATA", "250 OK")

    async def handle_QUIT(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        return self.say.get("QUIT", "221 Bye")

    def log_in(self, server: object, session: object, envelope: object, how: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == "p:w/ä".encode(), handled=False)


@contextlib.contextmanager
def server(inbox: Inbox, **options: Any) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    class OnThisSocket(Controller):
        def _create_server(self):  # type: ignore[no-untyped-def]
            return self.loop.create_server(self._factory_invoker, sock=listener, ssl=self.ssl_context)

    port: int = listener.getsockname()[1]
    controller = OnThisSocket(inbox, "127.0.0.1", port, server_hostname="mail.example", **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mailer(url: str, **more: Any) -> Mailer:
    return SmtpMailer(url, "Holdfast <mail@holdfast.example>", FixedClock(1_780_000_000), calendar=no_calendar, **more)


def test_a_mail_arrives() -> None:
    inbox = Inbox()
    with server(inbox) as port:
        assert mailer(f"smtp://127.0.0.1:{port}").send(MAIL) is Sending.SENT
    (envelope,) = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("mail@holdfast.example", ["bo@x.example"])
    got = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert got["message-id"] == "<mtg_1@holdfast.example>"
    assert got["to"].addresses[0].display_name == "Bö"
    assert got.get_body(("plain",)).get_content().splitlines() == ["text", ".", "more"]  # type: ignore[attr-defined]
    assert inbox.encrypted == [False]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [("451 later", Unreachable), ("421 closing", Unreachable), ("550 no", Refused), ("552 full", Refused)],
)
def test_what_the_server_says_decides_whether_to_try_again(step: str, reply: str, kind: type[Exception]) -> None:
    inbox = Inbox({step: reply})
    with server(inbox) as port, pytest.raises(kind, match=rf"127\.0\.0\.1.*SMTP {reply[:3]}"):
        mailer(f"smtp://127.0.0.1:{port}").send(MAIL)


def test_a_goodbye_that_fails_does_not_unsend_the_mail() -> None:
    inbox = Inbox({"QUIT": "550 what"})
    with server(inbox) as port:
        assert mailer(f"smtp://127.0.0.1:{port}").send(MAIL) is Sending.SENT
    assert len(inbox.envelopes) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that is its own authority, and a server's context with it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("smtp-tls")
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context


def test_starttls_is_used_where_it_is_offered(certificate: tuple[Path, ssl.SSLContext]) -> None:
    pem, context = certificate
    inbox = Inbox()
    with server(inbox, tls_context=context) as port:
        mailer(f"smtp://localhost:{port}", ca_bundle=pem).send(MAIL)
        with pytest.raises(Unreachable):  # a certificate nobody vouches for
            mailer(f"smtp://localhost:{port}").send(MAIL)
    assert inbox.encrypted == [True]


def test_smtps_is_encrypted_from_the_start(certificate: tuple[Path, ssl.SSLContext]) -> None:
    pem, context = certificate
    inbox = Inbox()
    with server(inbox, ssl_context=context) as port:
        mailer(f"smtps://localhost:{port}", ca_bundle=pem).send(MAIL)
        with pytest.raises(Unreachable):
            mailer(f"smtps://localhost:{port}").send(MAIL)
    assert len(inbox.envelopes) == 1


def test_the_login_is_percent_decoded(certificate: tuple[Path, ssl.SSLContext]) -> None:
    pem, context = certificate
    inbox = Inbox()
    options = {"authenticator": inbox.log_in, "auth_required": True, "tls_context": context}
    with server(inbox, **options) as port:
        mailer(f"smtp://me%40x:p%3Aw%2F%C3%A4@localhost:{port}", ca_bundle=pem).send(MAIL)
        with pytest.raises(Unreachable, match="does not accept the login") as caught:
            mailer(f"smtp://me:geheim@localhost:{port}", ca_bundle=pem).send(MAIL)
        assert "geheim" not in str(caught.value)
        with pytest.raises(Unreachable, match="does not accept the login"):
            mailer(f"smtp://localhost:{port}", ca_bundle=pem).send(MAIL)
    assert inbox.logins[0] == (b"me@x", "p:w/ä".encode())
    assert len(inbox.envelopes) == 1


def test_a_long_link_in_a_header_arrives_whole() -> None:
    inbox = Inbox()
    link = "https://holdfast.example/me/" + "AQz" * 80
    with server(inbox) as port:
        mailer(f"smtp://127.0.0.1:{port}").send(replace(MAIL, unsubscribe=link))
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in inbox.envelopes[0].content


def test_a_password_is_never_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox()
    options = {"authenticator": inbox.log_in, "auth_require_tls": False}
    monkeypatch.setattr("integrations.email.smtp.same_machine", lambda host: False)
    with server(inbox, **options) as port, pytest.raises(Refused):
        mailer(f"smtp://me:geheim@127.0.0.1:{port}").send(MAIL)
    assert inbox.logins == []
    monkeypatch.undo()
    with server(inbox, **options) as port:
        mailer(f"smtp://me:p%3Aw%2F%C3%A4@127.0.0.1:{port}").send(MAIL)
    assert len(inbox.envelopes) == 1


def test_a_login_that_the_server_does_not_know_of() -> None:
    with server(Inbox()) as port, pytest.raises(Refused):
        mailer(f"smtp://me:geheim@127.0.0.1:{port}").send(MAIL)


@contextlib.contextmanager
def bare_server(greeting: bytes, *, hang_up: bool) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    let_go = threading.Event()

    def run() -> None:
        with contextlib.suppress(OSError):
            conn, _ = listener.accept()
            with conn:
                conn.sendall(greeting)
                if not hang_up:
                    let_go.wait(30)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        let_go.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("greeting", "hang_up"),
    [
        (b"", False),
        (b"", True),
        (b"220 hi\r\n", True),
        (b"220 hi\r\n", False),
        (b"HTTP/1.1 400 no\r\n", True),
    ],
)
def test_servers_that_are_no_good(greeting: bytes, hang_up: bool) -> None:
    with bare_server(greeting, hang_up=hang_up) as port, pytest.raises(Unreachable):
        mailer(f"smtp://127.0.0.1:{port}", deadline=0.4).send(MAIL)


def test_nobody_listens() -> None:
    with bare_server(b"", hang_up=True) as port:
        pass
    with pytest.raises(Unreachable, match="could not be reached"):
        mailer(f"smtp://127.0.0.1:{port}").send(MAIL)


def test_a_busy_greeting_means_later() -> None:
    with bare_server(b"421 busy\r\n", hang_up=True) as port, pytest.raises(Unreachable, match="SMTP 421"):
        mailer(f"smtp://127.0.0.1:{port}").send(MAIL)


def test_without_a_mail_server_mail_is_kept() -> None:
    port: Mailer = KeptMailer()
    assert port.send(MAIL) is Sending.KEPT


@pytest.mark.parametrize(
    ("url", "port", "tls", "user"),
    [
        ("smtp://mail.example", 25, False, None),
        ("smtp://me:pw@mail.example", 587, False, "me"),
        ("smtps://me%40x:pw@mail.example", 465, True, "me@x"),
        ("smtps://mail.example:2465/", 2465, True, None),
        (" smtp://[::1]:2525", 2525, False, None),
    ],
)
def test_addresses_of_mail_servers(url: str, port: int, tls: bool, user: str | None) -> None:
    got = parse_smtp_url(url)
    assert (got.port, got.tls, got.user) == (port, tls, user)
    assert "pw" not in repr(got)


@pytest.mark.parametrize("url", ["", "mail.example:25", "http://geheim@x", "smtp://", "smtp://u:geheim@h:x"])
def test_bad_addresses_of_mail_servers(url: str) -> None:
    with pytest.raises(BadInput, match="HOLDFAST_SMTP_URL") as caught:
        parse_smtp_url(url)
    assert "geheim" not in str(caught.value)
