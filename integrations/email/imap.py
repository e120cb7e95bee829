"""A mailbox over IMAP, read and never changed: no mail is marked, moved or deleted, so that people may use it too."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from integrations.email.answers import answer_in
from integrations.email.smtp import same_machine
from integrations.http import tls_context
from service.domain.errors import BadInput, Refused, Unreachable
from service.ports.mailbox import MailedAnswer, MailedAnswers, Mark

logging.getLogger("imapclient").setLevel(logging.WARNING)  # below that it tells what is said, logins too

LARGEST = 1_000_000  # bytes; an answer is a few thousand, and a larger mail is not even fetched
AT_ONCE = 50
DEADLINE = 20.0


@dataclass(frozen=True, slots=True)
class MailboxPlace:
    """Where mail comes in. ``tls`` from the first byte; without it STARTTLS is needed, but on this very machine."""

    host: str
    port: int
    tls: bool
    user: str
    password: str = field(default="", repr=False)
    folder: str = "INBOX"


def parse_imap_url(url: str) -> MailboxPlace:
    """``imaps://user:password@host[:port][/folder]`` or ``imap://…``, user and password percent-encoded.

    Raises ``BadInput``; it repeats no password."""
    try:
        parts = urlsplit(url.strip())
        host, port, user = parts.hostname, parts.port, parts.username
    except ValueError:
        host, port, user = None, None, None
    if not host or not user or parts.scheme not in {"imap", "imaps"} or port == 0:
        raise BadInput.of("HOLDFAST_IMAP_URL", "should look like imaps://user:password@host/INBOX")
    tls = parts.scheme == "imaps"
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if any(ord(it) < 32 for it in folder + unquote(user)):
        raise BadInput.of("HOLDFAST_IMAP_URL", "should look like imaps://user:password@host/INBOX")
    return MailboxPlace(host, port or (993 if tls else 143), tls, unquote(user), unquote(parts.password or ""), folder)


class ImapMailbox:
    """The ``Mailbox`` port."""

    def __init__(self, url: str, mail_from: str, *, ca_bundle: Path | None = None, deadline: float = DEADLINE) -> None:
        """``mail_from``: our own address, whose mails are passed over. ``deadline``: seconds for each answer."""
        self._place = parse_imap_url(url)
        self._ours = mail_from
        self._deadline = deadline
        self._tls = tls_context(ca_bundle)

    def read(self, after: Mark | None) -> MailedAnswers:
        """See the port."""
        with self._opened() as (client, validity):
            last = after.last if after is not None and after.validity == validity else 0
            waiting = sorted(uid for uid in client.search(["UID", f"{last + 1}:*"]) if uid > last)
            batch = waiting[:AT_ONCE]
            found = self._answers(client, batch)
            mark = Mark(validity, batch[-1] if batch else last)
            return MailedAnswers(tuple(found), mark, len(waiting) > len(batch), len(batch) - len(found))

    def knock(self) -> None:
        """Logs in, opens the folder and leaves. Raises as ``read`` does."""
        with self._opened():
            pass

    def _answers(self, client: IMAPClient, uids: list[int]) -> list[MailedAnswer]:
        sizes = client.fetch(uids, ["RFC822.SIZE"]) if uids else {}
        found = []
        for uid in uids:
            if not 0 < sizes.get(uid, {}).get(b"RFC822.SIZE", 0) <= LARGEST:
                continue  # too large, or taken out meanwhile
            raw = client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
            answer = answer_in(raw, ours=self._ours) if isinstance(raw, bytes) else None
            if answer is not None:
                found.append(answer)
        return found

    @contextmanager
    def _opened(self) -> Iterator[tuple[IMAPClient, int]]:
        place = self._place
        try:
            client = IMAPClient(
                place.host,
                place.port,
                ssl=place.tls,
                ssl_context=self._tls if place.tls else None,
                timeout=self._deadline,
            )
            try:
                self._log_in(client)
                chosen = client.select_folder(place.folder, readonly=True)
                yield client, int(chosen[b"UIDVALIDITY"])
            finally:
                with contextlib.suppress(IMAPClientError, OSError):
                    client.logout()
                with contextlib.suppress(IMAPClientError, OSError):
                    client.shutdown()
        except LoginError as problem:
            # The operator's to set right: it waits, as with the mail server.
            raise Refused(f"The mailbox at {place.host} does not accept the login.") from problem
        except ssl.SSLError as problem:
            raise Unreachable(f"The mailbox at {place.host} has no certificate that is trusted here.") from problem
        except (KeyError, TypeError, ValueError) as problem:
            raise Unreachable(f"The mailbox at {place.host} does not speak IMAP as it should.") from problem
        except (IMAPClientError, OSError) as problem:
            raise Unreachable(f"The mailbox at {place.host} could not be read.") from problem

    def _log_in(self, client: IMAPClient) -> None:
        place = self._place
        if not place.tls:
            if client.has_capability("STARTTLS"):
                client.starttls(self._tls)
            elif not same_machine(place.host):
                raise Refused(f"The mailbox at {place.host} offers no TLS: the password would be readable on the way.")
        client.login(place.user, place.password)
