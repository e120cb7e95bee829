"""The answer in one mail, if it is one: an iMIP REPLY or COUNTER that a person's own program sent for that person.

Whatever else a mailbox holds is passed over: auto-replies, bounces, mailing lists, what we sent ourselves, forwarded mails,
mails that their own server calls forged, and whatever cannot be read. Mails come from anywhere; nothing in them is trusted but
what is checked here and, by ``app.read_mailbox``, against the meeting that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

import structlog

from integrations.ical import read_answer
from service.domain.errors import BadCalendar
from service.ports.mailbox import MailedAnswer

log = structlog.get_logger(__name__)

MOST_PARTS, DEEPEST = 60, 8
_CALENDARS = ("text/calendar", "application/ics")
_LISTS = ("List-Id", "List-Post", "Mailing-List")
_FORGED = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)


def answer_in(raw: bytes, *, ours: str) -> MailedAnswer | None:
    """The answer, or ``None`` for every other mail. ``ours``: the address we write from. Raises nothing."""
    try:
        return _answer_in(message_from_bytes(raw, policy=compat32), ours.lower())
    except BadCalendar as trouble:
        log.info("mail_passed_over", reason=trouble.detail)
    except Exception as error:  # a mail is somebody else's program: none of them may stop the reading of the next
        log.info("mail_passed_over", reason=type(error).__name__)
    return None


def _answer_in(message: Message, ours: str) -> MailedAnswer | None:
    sender = _sender(message)
    if sender is None or sender == ours or _automatic(message) or _forged(message):
        return None
    for part in _parts(message):
        if part.get_content_type() not in _CALENDARS:
            continue
        payload = part.get_payload(decode=True)
        found = read_answer(payload) if isinstance(payload, bytes) else None
        if found is not None and sender in found.answers:
            return MailedAnswer(
                uid=found.uid,
                sender=sender,
                attendee=sender,
                answer=found.answers[sender],
                sequence=found.sequence,
                stamp=found.stamp,
                proposed=found.proposed,
            )
    return None


def _sender(message: Message) -> str | None:
    """Who it says it is from: one address, or nobody."""
    found = getaddresses([str(value) for value in message.get_all("From", [])])
    addresses = {address.strip().lower() for _, address in found}
    return addresses.pop() if len(addresses) == 1 and "@" in next(iter(addresses)) else None


def _automatic(message: Message) -> bool:
    """An absence note, a bounce, a mailing list. (Auto-Submitted: auto-generated is not among them: some servers send a
    person's own answer so.)"""
    if message.get_content_type() == "multipart/report" or any(name in message for name in _LISTS):
        return True
    submitted = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    return submitted.startswith("auto-replied") or precedence in {"bulk", "junk", "list", "auto_reply"}


def _forged(message: Message) -> bool:
    """Whether the server that took it in found that the sender's domain did not send it: its word is the topmost."""
    said = message.get_all("Authentication-Results", [])
    return bool(said) and _FORGED.search(str(said[0])) is not None


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts that the sender wrote: what is inside a forwarded or returned mail is somebody else's."""
    if depth > DEEPEST or message.get_content_maintype() == "message":
        return
    payload = message.get_payload()
    if not isinstance(payload, list):
        yield message
        return
    for part in payload[:MOST_PARTS]:
        if isinstance(part, Message):
            yield from _parts(part, depth + 1)
