"""One event as Google's JSON tells it -> when it is, whom it takes, who answered what. Titles never come this far.

Read loosely (what is not known is left alone), but nothing that could be a busy time is passed over: an event whose time
cannot be read makes the calendar unknown (``BadCalendar``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar
from service.domain.timespan import Span, epoch
from service.ports.calendar import Occurrence, RemoteEvent

Item = Mapping[str, Any]

FIELDS = (
    "id,status,etag,iCalUID,sequence,eventType,transparency,recurrence,recurringEventId,originalStartTime,start,end,"
    "organizer(email,self),attendees(email,self,responseStatus)"
)
"""What is asked of each event: when, and who answered what. Never a title, a description, a place or a link."""

_ANSWERS = {"accepted": "accepted", "declined": "declined", "tentative": "tentative"}
# Where somebody works, and whose birthday it is, keep nobody from meeting.
_NEVER_BUSY = frozenset({"workingLocation", "birthday"})
NO_TIME = (ValueError, KeyError, OSError, OverflowError)
"""What dates and zones raise when they make no sense (an unknown zone is a ``KeyError``)."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Point:
    """A start or an end: an instant, or a date on the calendar's clock. ``zone`` is where the event's own clock hangs."""

    at: int
    day: date | None
    zone: str


def point(value: object, zone: str) -> Point:
    """``{date}`` or ``{dateTime, timeZone}``; ``zone`` is the calendar's. Raises ``NO_TIME``."""
    if not isinstance(value, Mapping):
        raise ValueError("no time")
    if isinstance(value.get("date"), str):
        day = date.fromisoformat(value["date"])
        return Point(midnight(day, zone), day, zone)
    text = value.get("dateTime")
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError("no time")
    moment = datetime.fromisoformat(text.upper())
    own = value.get("timeZone") if isinstance(value.get("timeZone"), str) else None
    # With an offset the instant is sure, whatever its zone is called; a series still needs the zone itself.
    return Point(epoch(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(own or zone))), None, own or zone)


def midnight(day: date, zone: str) -> int:
    """When a date begins on the clock of ``zone``."""
    return epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))


def known_zone(name: object, otherwise: str) -> str:
    """``name`` if it is a zone, else the other."""
    try:
        return ZoneInfo(name).key if isinstance(name, str) and name else otherwise
    except NO_TIME:
        return otherwise


def ends(item: Item, zone: str) -> tuple[Point, Point]:
    """Start and end. Raises ``BadCalendar`` naming the event by its id."""
    try:
        start, end = point(item.get("start"), zone), point(item.get("end"), zone)
        if start.day is not None and end.day is not None and end.day == start.day:
            # Nobody means "no time at all" by an all-day event that ends on its own day.
            end = Point(midnight(start.day + timedelta(days=1), zone), end.day, zone)
    except NO_TIME:
        raise unreadable(item) from None
    if end.at < start.at:
        raise unreadable(item)
    return start, end


def unreadable(item: Item) -> BadCalendar:
    """The error for an event whose time nobody can tell."""
    return BadCalendar(f"Google Calendar holds an event ({str(item.get('id'))[:80]}) whose time cannot be read.")


def is_cancelled(item: Item) -> bool:
    """Deleted or called off."""
    return item.get("status") == "cancelled"


def text(item: Item, name: str) -> str | None:
    """A string that is there and not empty."""
    value = item.get(name)
    return value if isinstance(value, str) and value else None


def kind_of(item: Item) -> BusyKind | None:
    """How the event takes its owner's time; ``None`` for one that does not."""
    if is_cancelled(item) or item.get("eventType") in _NEVER_BUSY or item.get("transparency") == "transparent":
        return None
    answer = own_answer(item)
    if answer == "declined":
        return None
    if item.get("eventType") == "outOfOffice":
        return BusyKind.OUT_OF_OFFICE
    # Who called the meeting has it, whatever the line that invites them too says.
    asked = answer in {"needs_action", "tentative"} and not _is_own(item.get("organizer"))
    return BusyKind.TENTATIVE if asked or item.get("status") == "tentative" else BusyKind.BUSY


def own_answer(item: Item) -> str | None:
    """What the calendar's owner answered; ``None`` where they were not asked."""
    return next((_answer(one) for one in people(item) if _is_own(one)), None)


def responses(item: Item) -> tuple[tuple[str, str], ...]:
    """Each attendee's address, in lower case, and answer."""
    found = {str(one["email"]).lower(): _answer(one) for one in people(item) if text(one, "email")}
    return tuple(found.items())


def people(item: Item) -> list[Item]:
    """The attendees."""
    found = item.get("attendees")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def sequence(item: Item) -> int:
    """Google's own count of the event's changes."""
    value = item.get("sequence")
    return value if isinstance(value, int) and value > 0 else 0


def single(item: Item, zone: str) -> RemoteEvent:
    """An event that takes place once (or one instance whose series this calendar does not show).

    Who changed it last stays unsaid: Google tells who made an event and who organises it, and neither of them need have been
    the one who moved it."""
    start, end = ends(item, zone)
    span = Span(start.at, end.at) if end.at > start.at else None
    kind = kind_of(item)
    # Not cut to the window: nothing expands it again, and it must be busy still when the horizon has come that far.
    taken = (Occurrence(span.start, span.end, kind),) if span and kind else ()
    instance = text(item, "recurringEventId") is not None
    return RemoteEvent(
        remote_id=str(item["id"]),
        uid=text(item, "iCalUID"),
        etag=text(item, "etag"),
        occurrences=taken,
        master=None if instance else span,
        sequence=sequence(item),
        cancelled=is_cancelled(item),
        recurring=instance,
        responses=responses(item),
    )


def _is_own(person: object) -> bool:
    return isinstance(person, Mapping) and person.get("self") is True


def _answer(person: Item) -> str:
    return _ANSWERS.get(str(person.get("responseStatus")), "needs_action")
