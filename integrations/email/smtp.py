"""Mail over SMTP: one connection a mail, a time limit for all of it, and a plain answer to "shall we try
again?"."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from integrations.email.message import CalendarPart, compose, sender_of
from integrations.http import tls_context
from integrations.ical import event_calendar
from service.domain.errors import BadInput, ProviderTrouble, Refused, Unreachable
from service.ports.clock import Clock
from service.ports.mailer import Mail, Sending


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. ``tls`` from the first byte; without it STARTTLS is used where the server offers
    it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str = field(default="", repr=False)


def parse_smtp_url(url: str) -> MailServer:
    """``smtp://user:password@host:port`` or ``smtps://…``, user and password percent-encoded.

    The port is 465 for smtps; else 587 with a login and 25 without. Raises ``BadInput``; it repeats no
    password."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in {"smtp", "smtps"} or port == 0:
        raise BadInput.of("HOLDFAST_SMTP_URL", "should look like smtp://user:password@host:port or smtps://…")
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    default = 465 if tls else 587 if user else 25
    return MailServer(host, port or default, tls, user, unquote(parts.password or ""))


class _Connection(aiosmtplib.SMTP):
    """Hangs up at once. A TLS farewell would still be under way when the event loop of this one mail is
    closed."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class SmtpMailer:
    """The ``Mailer`` port. To be called from a thread without an event loop of its own (jobs, sync
    endpoints)."""

    def __init__(
        self,
        url: str,
        mail_from: str,
        clock: Clock,
        *,
        calendar: CalendarPart = event_calendar,
        ca_bundle: Path | None = None,
        deadline: float = 30.0,
    ) -> None:
        """``deadline`` is wall seconds for one mail. Raises ``BadInput`` for a bad ``url`` or
        ``mail_from``."""
        self._server = parse_smtp_url(url)
        self._mail_from = mail_from
        self._sender = sender_of(mail_from)
        self._clock = clock
        self._calendar = calendar
        self._deadline = deadline
        self._tls: ssl.SSLContext = tls_context(ca_bundle)

    def send(self, mail: Mail) -> Sending:
        """Hands one mail to the server. Raises ``Unreachable`` (worth another try: no answer, SMTP 4xx, a login
        that fails) or ``Refused`` (SMTP 5xx, an address that cannot be)."""
        message = compose(mail, self._mail_from, at=self._clock.now(), calendar=self._calendar)
        to = message["To"].addresses[0].addr_spec
        try:
            asyncio.run(self._hand_over(message, to))
        except aiosmtplib.SMTPRecipientsRefused as problem:
            raise self._answered(problem.recipients[0].code) from problem
        except aiosmtplib.SMTPResponseException as problem:
            raise self._answered(problem.code) from problem
        except aiosmtplib.SMTPNotSupported as problem:
            raise Refused(
                f"The mail server {self._server.host} cannot write to this address or take this login."
            ) from problem
        except TimeoutError as problem:
            raise Unreachable(
                f"The mail server {self._server.host} did not answer within {self._deadline:g} seconds."
            ) from problem
        except (aiosmtplib.SMTPException, OSError) as problem:
            raise Unreachable(f"The mail server {self._server.host} could not be reached.") from problem
        except ValueError as problem:
            raise Refused("A mail address cannot be written to.") from problem
        return Sending.SENT

    async def _hand_over(self, message: EmailMessage, to: str) -> None:
        server = self._server
        async with asyncio.timeout(self._deadline):
            smtp = _Connection(
                hostname=server.host,
                port=server.port,
                use_tls=server.tls,
                tls_context=self._tls,
                timeout=self._deadline,
                # Our name in EHLO. The machine's own would need a lookup, and says nothing in a container.
                local_hostname=self._sender.domain,
            )
            try:
                await smtp.connect()
                if server.user is not None:
                    await self._log_in(smtp, server.user)
                await smtp.send_message(message, sender=self._sender.addr_spec, recipients=[to])
                # The mail is the server's now. A goodbye that fails must not make us send it again.
                with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await smtp.quit()
            finally:
                smtp.close()

    async def _log_in(self, smtp: aiosmtplib.SMTP, user: str) -> None:
        encrypted = smtp.get_transport_info("sslcontext") is not None
        if not encrypted and not same_machine(self._server.host):
            raise aiosmtplib.SMTPNotSupported("no TLS: the password would be readable on the way")
        if smtp.is_ehlo_or_helo_needed:
            await smtp.ehlo()
        if not smtp.supports_extension("auth"):
            raise aiosmtplib.SMTPNotSupported("the server takes no login")
        await smtp.login(user, self._server.password)

    def _answered(self, code: int) -> ProviderTrouble:
        host = self._server.host
        if code < 400:  # aiosmtplib says -1 for what is no SMTP at all
            return Unreachable(f"The mail server {host} does not speak SMTP as it should.")
        if code < 500:
            return Unreachable(f"The mail server {host} asks to try again later (SMTP {code}).")
        if code in {530, 534, 535, 538}:
            # The operator's to set right, not the mail's fault: it waits.
            return Unreachable(f"The mail server {host} does not accept the login (SMTP {code}).")
        return Refused(f"The mail server {host} refuses this mail or its address (SMTP {code}).")


def same_machine(host: str) -> bool:
    """Whether the host is this very machine, where nobody reads along."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
