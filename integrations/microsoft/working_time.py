"""Zone and working hours as the account tells them: defaults for a person, nothing more."""

from __future__ import annotations

from integrations.microsoft.events import Raw
from integrations.microsoft.free_busy import schedule
from integrations.microsoft.graph import Mailbox
from integrations.microsoft.zones import zone_of
from service.domain.errors import HoldfastError
from service.domain.timespan import DAY, Span, moment

_DAYS = {
    "monday": "mon",
    "tuesday": "tue",
    "wednesday": "wed",
    "thursday": "thu",
    "friday": "fri",
    "saturday": "sat",
    "sunday": "sun",
}
WorkingHours = list[dict[str, object]]


def defaults(mailbox: Mailbox, address: str) -> tuple[str | None, WorkingHours | None]:
    """Zone (IANA) and working hours as ``POST /v1/people`` takes them, of a work or school account.

    Never raises for what Graph does: they are a courtesy."""
    now = mailbox.now()
    try:
        found = schedule(mailbox, address, Span(now, now + DAY)).get("workingHours")
    except HoldfastError:
        return None, None
    if not isinstance(found, dict):
        return None, None
    return zone_of(found.get("timeZone"), year=moment(now).year), hours_of(found)


def hours_of(raw: Raw) -> WorkingHours | None:
    """Graph's ``workingHours`` in our words; ``None`` where they make no working day."""
    days = raw.get("daysOfWeek")
    known = [_DAYS[it.lower()] for it in days if isinstance(it, str) and it.lower() in _DAYS] if days else []
    start, end = _clock(raw.get("startTime")), _clock(raw.get("endTime"))
    if not known or start is None or end is None or start >= end:
        return None
    week = list(_DAYS.values())
    return [{"weekdays": sorted(set(known), key=week.index), "start": start, "end": end}]


def _clock(raw: object) -> str | None:
    """``08:00:00.0000000`` as ``08:00``."""
    parts = raw.split(":") if isinstance(raw, str) else []
    if len(parts) < 2 or not (parts[0].isdecimal() and parts[1].isdecimal()):
        return None
    hour, minute = int(parts[0]), int(parts[1])
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None
