"""Who mails the invitations: the server (RFC 6638) or we. Never both, never neither."""

from __future__ import annotations

import re
from collections.abc import Iterator

from icalendar.parser import Contentline, Parameters
from icalendar.prop import vCalAddress

from service.domain.errors import BadCalendar
from service.ports.calendar import Account, EventDraft

_FAILED = ("3.", "5.")
_PEOPLE = frozenset({"ORGANIZER", "ATTENDEE"})
# One property with its continuation lines and its line end.
_LOGICAL = re.compile(rb"[^\r\n]+(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*(?:\r\n|\r|\n|\Z)|(?:\r\n|\r|\n)")
_NAME = re.compile(rb"([A-Za-z0-9-]+)[;:]")


def server_invites(account: Account, draft: EventDraft) -> bool:
    """Whether the server will mail this meeting's attendees: it does so only for what the calendar's owner
    organises."""
    return account.server_invites and draft.organizer.email.lower() == account.owner_email.lower()


def prepared(data: bytes, *, by_server: bool) -> bytes:
    """The document as it is to be stored: the lines about people changed, all else byte for byte the same.

    ``SCHEDULE-AGENT=CLIENT`` tells a server that scheduling is not its task here. What a server noted about an
    earlier version (``SCHEDULE-STATUS``) is taken out: that word is the server's."""
    out: list[bytes] = []
    for raw, is_person in _lines(data):
        if not is_person:
            out.append(raw)
            continue
        name, parameters, value = _parts(raw)
        parameters.pop("SCHEDULE-STATUS", None)
        parameters.pop("SCHEDULE-AGENT", None)
        if not by_server:
            parameters["SCHEDULE-AGENT"] = "CLIENT"
        out.append(Contentline.from_parts(name, parameters, vCalAddress(value)).to_ical() + b"\r\n")
    return b"".join(out)


def was_delivered(data: bytes, draft: EventDraft) -> bool:
    """Whether the server, by its own notes in the stored event, did invite everyone (or has not said
    otherwise).

    Xandikos announces scheduling even where it has no mail server, and notes ``3.7`` at the attendee."""
    organizer = f"mailto:{draft.organizer.email.lower()}"
    people = (_parts(raw) for raw, is_person in _lines(data) if is_person)
    return not any(
        str(parameters.get("SCHEDULE-STATUS", "")).startswith(_FAILED)
        for _, parameters, value in people
        if value.lower() != organizer
    )


def _lines(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Every property, and whether it names somebody of the event itself (an alarm has attendees too)."""
    inside: list[bytes] = []
    for raw in _LOGICAL.findall(data):
        match = _NAME.match(raw)
        name = match[1].decode().upper() if match else ""
        if name == "BEGIN":
            inside.append(raw[match.end() :].strip().upper() if match else b"")
        elif name == "END" and inside:
            inside.pop()
        yield raw, name in _PEOPLE and inside[-1:] == [b"VEVENT"]


def _parts(raw: bytes) -> tuple[str, Parameters, str]:
    """Name, parameters and value of one property. Raises ``BadCalendar``."""
    whole = re.sub(rb"(?:\r\n|\r|\n)[ \t]", b"", raw).strip(b"\r\n")
    try:
        line: Contentline = Contentline.from_ical(whole.decode())  # type: ignore[no-untyped-call]
        name, parameters, value = line.parts()
    except ValueError as problem:
        raise BadCalendar("The event names people in a way that cannot be read.") from problem
    return name, parameters, value
