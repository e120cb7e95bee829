"""Writes our meetings as iCalendar: for a CalDAV resource, for a mail (iTIP, RFC 5546), for a feed to
subscribe to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.prop import vCalAddress, vDuration

from integrations.ical.observances import vtimezone
from integrations.ical.zone_names import iana_name
from service.domain.errors import BadInput
from service.domain.timespan import moment
from service.ports.calendar import Attendee, EventDraft

PRODID = "-//Holdfast//Holdfast//EN"
REFRESH = timedelta(minutes=30)  # how often a subscriber is asked to look at a feed again
MEETING_PROPERTY = "X-HOLDFAST-MEETING"
METHODS = frozenset({"REQUEST", "CANCEL"})

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")


def event_calendar(draft: EventDraft, *, method: str | None = None, sent_by: str | None = None) -> bytes:
    """One meeting as a whole calendar object (CRLF, folded, UTF-8).

    ``method`` ``None`` is a CalDAV resource; ``"REQUEST"`` invites, ``"CANCEL"`` calls off. ``sent_by`` is
    the address that the mail really comes from, named beside the organizer where it is another. Raises
    ``BadInput`` for another method or an unknown zone."""
    if method is not None and method not in METHODS:
        raise BadInput.of("method", f"{method[:40]!r} is none of REQUEST and CANCEL")
    calendar = _calendar([draft])
    if method is not None:
        calendar.add("METHOD", method)
    event = vevent(draft, cancelled=method == "CANCEL", sent_by=sent_by)
    for attendee in draft.attendees:
        event.add("ATTENDEE", _attendee(attendee))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def feed(name: str, drafts: Sequence[EventDraft]) -> bytes:
    """A calendar to subscribe to (METHOD:PUBLISH). It invites nobody, so nobody's answer is asked (RFC 5546,
    3.2.1)."""
    calendar = _calendar(drafts)
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", _line(name))
    calendar.add("X-WR-CALNAME", _line(name))
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    for draft in drafts:
        calendar.add_component(vevent(draft))
    return bytes(calendar.to_ical())


class IcalFeedWriter:
    """The feed port, in iCalendar."""

    def feed(self, name: str, events: Sequence[EventDraft]) -> bytes:
        """A ``text/calendar`` document (METHOD:PUBLISH) with one VEVENT a draft and a refresh hint."""
        return feed(name, events)


def vevent(draft: EventDraft, *, cancelled: bool = False, sent_by: str | None = None) -> Event:
    """The VEVENT of a draft, without its attendees."""
    event = Event()
    event.add("UID", _line(draft.uid))
    event.add("DTSTAMP", moment(draft.stamp))
    event.add("LAST-MODIFIED", moment(draft.stamp))
    event.add("SEQUENCE", draft.sequence)
    event.add("DTSTART", _local(draft.span.start, draft.zone))
    event.add("DTEND", _local(draft.span.end, draft.zone))
    event.add("SUMMARY", _line(draft.summary))
    event.add("DESCRIPTION", _text(draft.description))
    if draft.url:
        event.add("URL", _address(draft.url))
    event.add("ORGANIZER", _organizer(draft.organizer, sent_by))
    event.add(MEETING_PROPERTY, _line(draft.meeting_id))
    event.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    return event


def zone_name(zone: str) -> str:
    """The exact IANA name. Raises ``BadInput`` for a zone that cannot be known."""
    name = iana_name(zone)
    if name is None:
        raise BadInput.of("zone", f"{zone[:60]!r} is no IANA time zone")
    return name


def _calendar(drafts: Sequence[EventDraft]) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", PRODID)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    reach: dict[str, tuple[int, int]] = {}
    for draft in drafts:
        name = zone_name(draft.zone)
        first, last = reach.get(name, (draft.span.start, draft.span.end))
        reach[name] = min(first, draft.span.start), max(last, draft.span.end)
    for name, (first, last) in reach.items():
        if name != "UTC":
            calendar.add_component(vtimezone(name, first, last))
    return calendar


def _local(at: int, zone: str) -> datetime:
    name = zone_name(zone)
    local = datetime.fromtimestamp(at, ZoneInfo(name))
    # The second of two equal local times cannot be written with a TZID: readers take the first. UTC says it
    # exactly.
    return moment(at) if name == "UTC" or local.fold else local


def _organizer(person: Attendee, sent_by: str | None) -> vCalAddress:
    address = vCalAddress(f"mailto:{_address(person.email)}")
    address.params["CN"] = _name(person)
    if sent_by and sent_by.strip().lower() != person.email.strip().lower():
        address.params["SENT-BY"] = f"mailto:{_address(sent_by)}"
    return address


def _attendee(person: Attendee) -> vCalAddress:
    address = vCalAddress(f"mailto:{_address(person.email)}")
    address.params["CN"] = _name(person)
    address.params["CUTYPE"] = "INDIVIDUAL"
    address.params["ROLE"] = "REQ-PARTICIPANT"
    address.params["PARTSTAT"] = "NEEDS-ACTION"
    address.params["RSVP"] = "TRUE"
    return address


def _name(person: Attendee) -> str:
    return _line(person.name) or _address(person.email)


def _line(text: str) -> str:
    """One line of text: what breaks lines or is invisible becomes a space."""
    return _CONTROL.sub(" ", text).strip()


def _text(text: str) -> str:
    """Text that may have several lines."""
    return _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def _address(text: str) -> str:
    """An address: nothing that could end a line or a parameter."""
    return re.sub(r"[\s\"\x00-\x20\x7f]", "", text)
