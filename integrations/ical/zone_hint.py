"""Whose clock a calendar is kept on, as far as the calendar says: for when nobody has told us."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from integrations.ical.zone_names import clean, iana_name

_BREAK = re.compile(r"\r\n?")
_FOLD = re.compile(r"\n[ \t]")
_CALENDAR = re.compile(r"^X-WR-TIMEZONE[^:\n]*:([^\n]+)", re.MULTILINE | re.IGNORECASE)
# Up to the LAST colon: zone names such as ``(UTC+01:00) Amsterdam`` come unquoted, and no time has a colon in it.
_START = re.compile(r"^DTSTART(;[^\n]*):[^:\n]*$", re.MULTILINE | re.IGNORECASE)
_TZID = re.compile(r";TZID=(\"[^\"]*\"|[^;]*)", re.IGNORECASE)
_DEFINED = re.compile(r"^BEGIN:VTIMEZONE\s(.*?)^END:VTIMEZONE", re.MULTILINE | re.IGNORECASE | re.DOTALL)
_NAMED = re.compile(r"^(?:TZID|X-LIC-LOCATION)[^:\n]*:([^\n]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ZoneHint:
    """An IANA zone, and the words that say where it was found."""

    zone: str
    found_in: str


def zone_hint(data: bytes) -> ZoneHint | None:
    """The zone of a calendar's owner, most telling sign first: what the calendar calls its zone
    (``X-WR-TIMEZONE``), the zone that most events are in, the only zone that is defined. ``None`` where
    there is no sign, or none that is a known zone."""
    text = _FOLD.sub("", _BREAK.sub("\n", data.decode("utf-8", "replace")))
    shown = _CALENDAR.search(text)
    if shown and (zone := iana_name(shown[1])):
        return ZoneHint(zone, "X-WR-TIMEZONE")
    defined = _defined(text)
    names = (_TZID.search(params) for params in _START.findall(text))
    starts = Counter(clean(name[1]) for name in names if name)
    zones: Counter[str] = Counter()
    for tzid, times in starts.items():
        if zone := iana_name(tzid) or defined.get(tzid):
            zones[zone] += times
    if zones:
        return ZoneHint(zones.most_common(1)[0][0], "most of its events")
    known = {zone for zone in defined.values() if zone}
    return ZoneHint(known.pop(), "its VTIMEZONE") if len(known) == 1 else None


def _defined(text: str) -> dict[str, str | None]:
    """The TZIDs that are defined, each with the IANA zone that one of its names means."""
    found: dict[str, str | None] = {}
    for body in _DEFINED.findall(text):
        names = _NAMED.findall(body)
        zone = next((known for name in names if (known := iana_name(name))), None)
        found |= dict.fromkeys(map(clean, names), zone)
    return found
