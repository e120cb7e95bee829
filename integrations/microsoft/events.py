"""One event as Graph gives it -> what Holdfast keeps of it. Titles, places and texts are never looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.ical.zone_names import iana_name
from integrations.microsoft.answers import NAME
from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar
from service.domain.timespan import Span, epoch, rfc3339
from service.ports.calendar import Occurrence, RemoteEvent

Raw = Mapping[str, Any]

# What "show as" means for a slot; whatever is not named here takes the time. Working elsewhere is working.
_SHOWS: dict[str, BusyKind | None] = {
    "free": None,
    "workingelsewhere": None,
    "tentative": BusyKind.TENTATIVE,
    "oof": BusyKind.OUT_OF_OFFICE,
}
_RESPONSES = {
    "accepted": "accepted",
    "declined": "declined",
    "tentativelyaccepted": "tentative",
    "notresponded": "needs_action",
    "none": "needs_action",
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:[.]\d+)?(Z|[+-]\d\d:\d\d)?")


def kind_of(show_as: object) -> BusyKind | None:
    """What a free/busy status means; ``None`` is free."""
    return _SHOWS.get(show_as.lower(), BusyKind.BUSY) if isinstance(show_as, str) else BusyKind.BUSY


def instant(raw: object) -> int:
    """Epoch seconds of a ``dateTimeTimeZone``. Raises ``BadCalendar`` for a time or a zone that cannot be known."""
    wall, zone = _wall(raw)
    return epoch(wall if wall.tzinfo is not None else wall.replace(tzinfo=ZoneInfo(zone)))


def span_of(event: Raw, zone: str) -> Span | None:
    """The time of an event; ``None`` where it takes none. All-day events have days and no instants: they run from
    midnight to midnight on the clock of ``zone`` (IANA)."""
    start, end = instant(event.get("start")), instant(event.get("end"))
    if event.get("isAllDay") is True:
        first, last = (_wall(event.get(name))[0] for name in ("start", "end"))
        # Were they not at midnight, the server would have turned the days into instants already.
        if first.time() == last.time() == datetime.min.time():
            after = max(last.date(), first.date() + timedelta(days=1))
            start, end = _midnight(first.date(), zone), _midnight(after, zone)
    return Span(start, end) if end > start else None


def occurrence_of(event: Raw, zone: str, master: Raw | None = None) -> Occurrence | None:
    """The time an event takes from its owner. An occurrence of a series says no more than its times where the delta
    lists it; the rest is its ``master``'s."""
    whole = (
        {**{name: master[name] for name in ("showAs", "isCancelled", "isAllDay") if name in master}, **event}
        if (master)
        else event
    )
    span, kind = span_of(whole, zone), kind_of(whole.get("showAs"))
    if span is None or kind is None or whole.get("isCancelled") is True:
        return None
    return Occurrence(span.start, span.end, kind)


def single(event: Raw, zone: str) -> RemoteEvent:
    """An event that does not recur."""
    taken = occurrence_of(event, zone)
    return RemoteEvent(
        remote_id=id_of(event),
        uid=uid_of(event),
        etag=etag_of(event),
        occurrences=(taken,) if taken else (),
        master=span_of(event, zone),
        cancelled=event.get("isCancelled") is True,
        responses=responses_of(event),
    )


def id_of(event: Raw) -> str:
    """Its id. Raises ``BadCalendar`` where there is none."""
    found = event.get("id")
    if not isinstance(found, str) or not found:
        raise BadCalendar(f"{NAME} listed an event without an id.")
    return found


def uid_of(event: Raw) -> str | None:
    """Its iCalendar UID."""
    found = event.get("iCalUId")
    return found if isinstance(found, str) and found else None


def etag_of(event: Raw) -> str | None:
    """Its version, as If-Match takes it."""
    found = event.get("@odata.etag")
    if isinstance(found, str) and found:
        return found
    key = event.get("changeKey")
    return f'W/"{key}"' if isinstance(key, str) and key else None


def responses_of(event: Raw) -> tuple[tuple[str, str], ...]:
    """What the attendees answered. Whoever proposed another time has a second entry:
    ``("bob@example.net", "proposed 2027-03-10T09:00:00Z/2027-03-10T10:00:00Z")``."""
    found: list[tuple[str, str]] = []
    for attendee in _dicts(event.get("attendees")):
        address = _dict(attendee.get("emailAddress")).get("address")
        answer = _RESPONSES.get(str(_dict(attendee.get("status")).get("response", "none")).lower())
        if not isinstance(address, str) or not address:
            continue
        if answer is not None:
            found.append((address.lower(), answer))
        proposed = _dict(attendee.get("proposedNewTime"))
        if proposed:
            start, end = instant(proposed.get("start")), instant(proposed.get("end"))
            found.append((address.lower(), f"proposed {rfc3339(start)}/{rfc3339(end)}"))
    return tuple(found)


def _wall(raw: object) -> tuple[datetime, str]:
    """The time as written, and its IANA zone."""
    given = _dict(raw)
    match = _TIME.fullmatch(str(given.get("dateTime", "")))
    zone = iana_name(str(given.get("timeZone") or "UTC"))
    if match is None or (zone is None and match[2] is None):
        raise BadCalendar(f"{NAME} gave a time that cannot be known.")
    try:
        return datetime.fromisoformat(match[1] + (match[2] or "")), zone or "UTC"
    except ValueError:
        raise BadCalendar(f"{NAME} gave a time that cannot be known.") from None


def _midnight(day: date, zone: str) -> int:
    return epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))


def _dict(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _dicts(raw: object) -> list[dict[str, Any]]:
    return [it for it in raw if isinstance(it, dict)] if isinstance(raw, list) else []
