"""The mail port: one message to one person, perhaps with an iTIP invitation inside (RFC 5546, RFC 6047)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from service.ports.calendar import Attendee, EventDraft


class Method(StrEnum):
    """The iTIP method of an invitation."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message. ``message_id`` (without angle brackets) is stable: the same mail sent again bears it again, so that a
    mail program shows it once. ``invitation`` makes it an iMIP message with ``method``. ``unsubscribe``: the page where the
    reader says how often they want such mails."""

    message_id: str
    to: Attendee
    subject: str
    text: str
    html: str
    invitation: EventDraft | None = None
    method: Method | None = None
    unsubscribe: str | None = None


class Sending(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    KEPT = "kept"  # no mail server is configured: it stays in the database and is shown on a page


class Mailer(Protocol):
    """Hands a mail on. Raises ``Unreachable`` (try again) or ``Refused`` (this address or login will not do)."""

    def send(self, mail: Mail) -> Sending:
        """Sends one mail; at least once, with the same Message-ID."""
        ...
