"""The mailbox port: answers to our invitations that came by mail (iMIP: REPLY and COUNTER, RFC 5546 and 6047).

Everything else in the mailbox (auto-replies, bounces, what people write) is passed over. Nothing is ever answered, deleted
or marked: Holdfast remembers how far it has read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.domain.timespan import Span


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a mailbox was read: the server's name for this state of it (UIDVALIDITY), and the last message (UID)."""

    validity: int
    last: int


@dataclass(frozen=True, slots=True)
class MailedAnswer:
    """One answer: ``answer`` is accepted, declined or tentative; ``proposed`` another time, if they suggest one.

    ``sender`` is who the mail says it is from, ``attendee`` whose answer the calendar part says it is (both lower case);
    ``sequence`` and ``stamp`` (epoch seconds) say which version it answers, and which of several answers is the newer."""

    uid: str
    sender: str
    attendee: str
    answer: str
    sequence: int
    stamp: int
    proposed: Span | None = None


@dataclass(frozen=True, slots=True)
class MailedAnswers:
    """A few messages further: what was found among them, how far the mailbox is read now, and whether there is ``more``."""

    answers: tuple[MailedAnswer, ...]
    mark: Mark
    more: bool
    passed_over: int = 0


class Mailbox(Protocol):
    """Reads the mailbox of our own address. Raises ``Unreachable`` (try again) or ``Refused`` (this login will not do)."""

    def read(self, after: Mark | None) -> MailedAnswers:
        """What came after ``after`` (``None``: from the beginning), a limited number of messages at a time."""
        ...
