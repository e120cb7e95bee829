"""A mail as it goes over the wire: text, HTML, and for an invitation the calendar part of iMIP (RFC 6047).

Mail programs look for the invitation in different places, so it is there twice: as an alternative
(``text/calendar; method=…``), which makes the accept buttons appear, and as a file for those that know none.
"""

from __future__ import annotations

import email.policy
import re
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Protocol

from service.domain.errors import BadInput, Refused
from service.domain.timespan import moment
from service.ports.calendar import EventDraft
from service.ports.mailer import Mail

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SPECIAL = re.compile(r'[()<>\[\]:;@\\,"]+')


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is one address: folded, or encoded as words are, it would lead nowhere."""

    def fold(self, *, policy: email.policy.Policy) -> str:
        """On one line, however long."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Whole)
# Not every server on the way takes 8 bits.
_SEVEN_BIT = email.policy.SMTP.clone(cte_type="7bit", header_factory=_HEADERS)
_DEFAULT_NAME = "Holdfast"


class CalendarPart(Protocol):
    """Writes one event as iCalendar; ``integrations.ical.event_calendar`` is one."""

    def __call__(self, draft: EventDraft, *, method: str | None = None, sent_by: str | None = None) -> bytes: ...


def compose(mail: Mail, mail_from: str, *, at: int, calendar: CalendarPart) -> EmailMessage:
    """The message to ``mail.to`` from ``mail_from`` (``Name <address>`` or an address), dated ``at``.

    Composed twice it differs in nothing but its part boundaries. Raises ``Refused`` for an address that
    cannot be written down."""
    sender = sender_of(mail_from)
    message = EmailMessage(policy=_SEVEN_BIT)
    message["From"] = sender
    message["To"] = address(mail.to.name, mail.to.email)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = moment(at)
    message["Message-ID"] = f"<{_CONTROL.sub('', mail.message_id).strip('<> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{_CONTROL.sub('', mail.unsubscribe).strip('<> ')}>"
    message.set_content(_plain(mail.text))
    message.add_alternative(_plain(mail.html), subtype="html")
    if mail.invitation is not None:
        method = mail.method.value if mail.method is not None else "PUBLISH"
        data = calendar(mail.invitation, method=method, sent_by=sender.addr_spec)
        # As bytes: what was written with care (CRLF, folding at 75 bytes) must arrive so.
        message.add_alternative(
            data, maintype="text", subtype="calendar", params={"method": method, "charset": "UTF-8"}
        )
        # Not text/calendar again, or some programs show two invitations.
        message.add_attachment(data, maintype="application", subtype="ics", filename="invite.ics")
    return message


def sender_of(mail_from: str) -> Address:
    """The sender of every mail. Raises ``BadInput`` where the setting holds no address."""
    name, spec = parseaddr(mail_from)
    try:
        return address(name or _DEFAULT_NAME, spec)
    except Refused:
        raise BadInput.of("HOLDFAST_MAIL_FROM", "is no mail address, like Holdfast <mail@example.org>") from None


def address(name: str, spec: str) -> Address:
    """A header address; the domain of ``spec`` is written in ASCII (IDNA), control characters fall out of
    ``name``.

    Raises ``Refused`` where ``spec`` is no address: it is the recipient that is wrong, another try will not
    help."""
    user, at, domain = spec.strip().rpartition("@")
    try:
        if not (user and at and domain) or _CONTROL.search(spec) or any(it in spec for it in " <>\t"):
            raise ValueError
        ascii_domain = domain if domain.startswith("[") else domain.encode("idna").decode("ascii")
        shown = _one_line(name)
        if not shown.isascii():
            # Encoded words and quoting do not mix: a comma in a non-ASCII name could end the address.
            shown = " ".join(_SPECIAL.sub(" ", shown).split())
        return Address(display_name=shown, addr_spec=f"{user}@{ascii_domain}")
    except (ValueError, IndexError, MessageError):
        raise Refused("A mail address cannot be written to: it is not of the form name@domain.") from None


def _one_line(text: str) -> str:
    """No line breaks or control characters: whatever comes after them would be another header."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _plain(text: str) -> str:
    """Lone surrogates cannot be encoded; everything else may stay."""
    return text.encode("utf-8", "replace").decode("utf-8")
