"""Who mails the invitations: the server (RFC 6638) or we. Never both, never neither."""

from __future__ import annotations

from collections.abc import Iterator

from icalendar import Calendar, Component, vCalAddress

from service.domain.errors import BadCalendar
from service.ports.calendar import Account, EventDraft

_FAILED = ("3.", "5.")


def server_invites(account: Account, draft: EventDraft) -> bool:
    """Whether the server will mail this meeting's attendees: it does so only for what the calendar's owner
    organises."""
    return account.server_invites and draft.organizer.email.lower() == account.owner_email.lower()


def prepared(data: bytes, *, by_server: bool) -> bytes:
    """The document as it is to be stored. ``SCHEDULE-AGENT=CLIENT`` tells a server that scheduling is not its
    task here.

    What a server noted about an earlier version (``SCHEDULE-STATUS``) is taken out: that word is the
    server's."""
    calendar = _calendar(data)
    for person in _people(calendar):
        person.params.pop("SCHEDULE-STATUS", None)
        person.params.pop("SCHEDULE-AGENT", None)
        if not by_server:
            person.params["SCHEDULE-AGENT"] = "CLIENT"
    return bytes(calendar.to_ical())


def was_delivered(data: bytes, draft: EventDraft) -> bool:
    """Whether the server, by its own notes in the stored event, did invite everyone (or has not said
    otherwise).

    Xandikos announces scheduling even where it has no mail server, and notes ``3.7`` at the attendee."""
    organizer = f"mailto:{draft.organizer.email.lower()}"
    return not any(
        str(person.params.get("SCHEDULE-STATUS", "")).startswith(_FAILED)
        for person in _people(_calendar(data))
        if str(person).lower() != organizer
    )


def _calendar(data: bytes) -> Component:
    try:
        return Calendar.from_ical(data)
    except ValueError as problem:
        raise BadCalendar("The event cannot be read.") from problem


def _people(calendar: Component) -> Iterator[vCalAddress]:
    for event in calendar.walk("VEVENT"):
        for name in ("ORGANIZER", "ATTENDEE"):
            value = event.get(name, [])
            yield from (person for person in (value if isinstance(value, list) else [value]))
