"""The part of the composition root that `holdfast doctor` needs: what only the integrations can try out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import aiosmtplib

from integrations.email import ImapMailbox, parse_smtp_url
from integrations.http import GuardedClient, tls_context
from integrations.vault import SealedVault
from service.domain.errors import Denied, HoldfastError

KNOCK_SECONDS = 3.0


def certificates(ca_bundle: Path | None) -> None:
    """Loads the authorities that are trusted. Raises ``BadInput`` where the file holds none."""
    tls_context(ca_bundle)


def mail_server(url: str) -> str:
    """``host:port`` of the mail server, without its login. Raises ``BadInput``."""
    server = parse_smtp_url(url)
    return f"{server.host}:{server.port}"


def knock(url: str, ca_bundle: Path | None, *, seconds: float = KNOCK_SECONDS) -> str | None:
    """Connects to the mail server, says EHLO and leaves, without logging in. Returns what is wrong, or ``None``.

    Raises ``BadInput`` for an address or a certificate file that is none."""
    server = parse_smtp_url(url)
    tls = tls_context(ca_bundle)

    async def visit() -> str | None:
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            tls_context=tls,
            timeout=seconds,
            local_hostname="localhost",
        )
        async with asyncio.timeout(seconds):
            try:
                await smtp.connect()
                if smtp.is_ehlo_or_helo_needed:
                    await smtp.ehlo()
                if server.user is not None and not smtp.supports_extension("auth"):
                    return "it takes no login, at least not without TLS"
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await smtp.quit()
                return None
            finally:
                smtp.close()

    try:
        return asyncio.run(visit())
    except TimeoutError:
        return f"it did not answer within {seconds:g} seconds"
    except aiosmtplib.SMTPResponseException as error:
        return f"it answered {error.code}" if error.code > 0 else "it does not speak SMTP"
    except (aiosmtplib.SMTPException, OSError) as error:
        cause = error.__cause__ or error
        return f"no connection ({getattr(cause, 'strerror', None) or type(cause).__name__})"


def look_into(url: str, ca_bundle: Path | None, *, seconds: float = KNOCK_SECONDS) -> None:
    """Logs in to the mailbox, opens its folder and leaves. Raises ``BadInput``, ``Unreachable`` or ``Refused``."""
    ImapMailbox(url, "", ca_bundle=ca_bundle, deadline=seconds).knock()


def unopened(keys: Sequence[str], sealed: Iterable[tuple[str, bytes]]) -> int:
    """How many stored secrets none of the keys opens."""
    vault, closed = SealedVault(keys), 0
    for bound_to, blob in sealed:
        try:
            vault.open(blob, bound_to)
        except Denied:
            closed += 1
    return closed


def answers(public_url: str, ca_bundle: Path | None, *, seconds: float = 2.0) -> bool:
    """Whether a Holdfast answers at the public address, seen from here."""
    try:
        client = GuardedClient(allow_private=True, ca_bundle=ca_bundle)
        return client.request("GET", f"{public_url}/healthz", deadline=seconds, max_bytes=10_000).status == 200
    except HoldfastError:
        return False
