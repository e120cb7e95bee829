"""Events that repeat. Google hands out the series (with its rule) and each instance that differs; we put them together as
iCalendar, which the house expands (``integrations.ical``), so that a horizon that moves on needs no call.

The other way, instances expanded by Google (``singleEvents``), was weighed and left: a window that moves on would mean reading
everything afresh, a series would be hundreds of rows, and an event of ours that somebody turns into a series would vanish
instead of being recognised."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.google.items import (
    NO_TIME,
    Item,
    Point,
    ends,
    is_cancelled,
    kind_of,
    point,
    responses,
    sequence,
    text,
    unreadable,
)
from integrations.ical import expand_skeleton, read_calendar
from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar, Unsupported
from service.domain.timespan import Span
from service.ports.calendar import Occurrence, RemoteEvent

_RULES = ("RRULE", "EXRULE", "RDATE", "EXDATE")
_KINDS = {
    None: "TRANSP:TRANSPARENT",
    BusyKind.BUSY: "TRANSP:OPAQUE",
    BusyKind.TENTATIVE: "STATUS:TENTATIVE",
    BusyKind.OUT_OF_OFFICE: "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
}


def series(master: Item, exceptions: Sequence[Item], zone: str, window: Span) -> RemoteEvent:
    """A series with the instances that differ from it. Raises ``BadCalendar`` for a rule that cannot be read."""
    try:
        written = _calendar(master, exceptions, zone)
    except NO_TIME:
        raise unreadable(master) from None
    try:
        (found,) = read_calendar(written.encode(), zone=zone, window=window)
    except BadCalendar as problem:
        raise BadCalendar(f"{unreadable(master).detail} {problem.detail}") from problem
    return RemoteEvent(
        remote_id=str(master["id"]),
        uid=text(master, "iCalUID"),
        etag=text(master, "etag"),
        occurrences=found.occurrences,
        master=found.master,
        sequence=sequence(master),
        recurring=True,
        skeleton=json.dumps({"zone": zone, "ics": written}, separators=(",", ":")),
        responses=responses(master),
    )


def expand(skeleton: str, window: Span) -> tuple[Occurrence, ...]:
    """The times of a kept series inside another window. Raises ``Unsupported`` for what is no skeleton of ours."""
    try:
        kept = json.loads(skeleton)
        zone, written = str(kept["zone"]), str(kept["ics"])
    except (ValueError, TypeError, KeyError):
        raise Unsupported("Google Calendar keeps no such series.") from None
    return expand_skeleton(written, zone=zone, window=window)


def _calendar(master: Item, exceptions: Sequence[Item], zone: str) -> str:
    start, end = ends(master, zone)
    lines = ["BEGIN:VCALENDAR", *_event(master, start, end), *_rules(master), "END:VEVENT"]
    for one in exceptions:
        lines += _exception(one, zone)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _exception(item: Item, zone: str) -> list[str]:
    """An instance that was moved, changed or called off."""
    original = point(item.get("originalStartTime"), zone)
    if is_cancelled(item):
        # A tombstone: of all its fields only the ids and the original time are sure.
        lines = ["BEGIN:VEVENT", "UID:series", _time("DTSTART", original), "STATUS:CANCELLED"]
    else:
        lines = _event(item, *ends(item, zone))
    return [*lines, _time("RECURRENCE-ID", original), "END:VEVENT"]


def _event(item: Item, start: Point, end: Point) -> list[str]:
    return ["BEGIN:VEVENT", "UID:series", _time("DTSTART", start), _end(start, end), _KINDS[kind_of(item)]]


def _rules(master: Item) -> list[str]:
    """The lines of ``recurrence`` as they are: RRULE, EXRULE, RDATE, EXDATE."""
    lines = master.get("recurrence")
    found = [str(line).strip() for line in lines] if isinstance(lines, list) else []
    if any(not line.upper().startswith(_RULES) or "\n" in line or "\r" in line for line in found):
        raise unreadable(master)
    return found


def _time(name: str, at: Point) -> str:
    if at.day is not None:
        return f"{name};VALUE=DATE:{at.day:%Y%m%d}"
    wall = datetime.fromtimestamp(at.at, ZoneInfo(at.zone))
    return (
        f"{name}:{wall:%Y%m%dT%H%M%SZ}"
        if at.zone in {"UTC", "Etc/UTC"}
        else f"{name};TZID={at.zone}:{wall:%Y%m%dT%H%M%S}"
    )


def _end(start: Point, end: Point) -> str:
    """In UTC, so that an end in another zone or in the hour that comes twice is no riddle."""
    if start.day is not None:
        days = max(1, (_day(end) - start.day).days)
        return f"DTEND;VALUE=DATE:{start.day + timedelta(days=days):%Y%m%d}"
    return f"DTEND:{datetime.fromtimestamp(end.at, UTC):%Y%m%dT%H%M%SZ}"


def _day(at: Point) -> date:
    return at.day if at.day is not None else datetime.fromtimestamp(at.at, ZoneInfo(at.zone)).date()
