"""What calendars call a zone, and which IANA zone that is.

Seen in the wild: IANA names in any case, IANA names behind a vendor's path (libical, Mozilla), Windows names,
what Outlook shows for them ("(UTC+01:00) Amsterdam, Berlin, …"), Microsoft's ``tzone://`` addresses, fixed
offsets.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_UTC_NAMES = {"utc", "z", "gmt", "zulu", "etc/utc", "etc/gmt", "coordinated universal time"}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{1,2})(?::?(\d{2}))?")
_LABEL = re.compile(r"\((?:utc|gmt)\s*(?:([+-])\s*(\d{1,2})[:.](\d{2}))?\)\s*(.+)", re.IGNORECASE)
# The names Outlook shows that hold no city which is the name of an IANA zone.
_SHOWN = {
    "international date line west": "Dateline Standard Time",
    "midway island, samoa": "UTC-11",
    "hawaii": "Hawaiian Standard Time",
    "aleutian islands": "Aleutian Standard Time",
    "marquesas islands": "Marquesas Standard Time",
    "alaska": "Alaskan Standard Time",
    "pacific time (us & canada)": "Pacific Standard Time",
    "pacific time (us & canada); tijuana": "Pacific Standard Time",
    "baja california": "Pacific Standard Time (Mexico)",
    "arizona": "US Mountain Standard Time",
    "mountain time (us & canada)": "Mountain Standard Time",
    "yukon": "Yukon Standard Time",
    "central america": "Central America Standard Time",
    "central time (us & canada)": "Central Standard Time",
    "easter island": "Easter Island Standard Time",
    "saskatchewan": "Canada Central Standard Time",
    "eastern time (us & canada)": "Eastern Standard Time",
    "indiana (east)": "US Eastern Standard Time",
    "turks and caicos": "Turks And Caicos Standard Time",
    "atlantic time (canada)": "Atlantic Standard Time",
    "newfoundland": "Newfoundland Standard Time",
    "greenland": "Greenland Standard Time",
    "saint pierre and miquelon": "Saint Pierre Standard Time",
    "mid-atlantic": "UTC-02",
    "cabo verde is.": "Cape Verde Standard Time",
    "cape verde is.": "Cape Verde Standard Time",
    "greenwich mean time : dublin, edinburgh, lisbon, london": "GMT Standard Time",
    "west central africa": "W. Central Africa Standard Time",
    "chennai, kolkata, mumbai, new delhi": "India Standard Time",
    "sri jayawardenepura": "Sri Lanka Standard Time",
    "astana": "Central Asia Standard Time",
    "yangon (rangoon)": "Myanmar Standard Time",
    "beijing, chongqing, hong kong, urumqi": "China Standard Time",
    "kuala lumpur, singapore": "Singapore Standard Time",
    "osaka, sapporo, tokyo": "Tokyo Standard Time",
    "canberra, melbourne, sydney": "AUS Eastern Standard Time",
    "solomon is., new caledonia": "Central Pacific Standard Time",
    "magadan, solomon is., new caledonia": "Central Pacific Standard Time",
    "chatham islands": "Chatham Islands Standard Time",
    "nuku'alofa": "Tonga Standard Time",
    "kiritimati island": "Line Islands Standard Time",
    "abu dhabi, muscat": "Arabian Standard Time",
    "kuwait, riyadh": "Arab Standard Time",
    "islamabad, karachi": "Pakistan Standard Time",
    "jerusalem": "Israel Standard Time",
    "harare, pretoria": "South Africa Standard Time",
    "kyiv": "FLE Standard Time",
}


def clean(tzid: str) -> str:
    """A TZID without quotes, backslashes and outer spaces: how one is looked up."""
    return tzid.replace("\\", "").strip().strip('"').strip()


@lru_cache(maxsize=2000)
def iana_name(tzid: str) -> str | None:
    """The IANA zone that a name means, or ``None`` where it cannot be known without the calendar's own
    rules."""
    name = clean(tzid)
    if name.lower() in _UTC_NAMES:
        return "UTC"
    if name.lower().startswith("tzone://microsoft/"):
        return iana_name(name[len("tzone://microsoft/") :])
    return _plain(name) or _behind_a_path(name) or _windows(name) or _offset(name) or _shown(name)


def _plain(name: str) -> str | None:
    return _names().get(name.lower())


def _behind_a_path(name: str) -> str | None:
    """``/mozilla.org/20050126_1/Europe/Berlin``: the longest ending that is a zone."""
    if not name.startswith("/"):
        return None
    parts = name.strip("/").split("/")[:12]
    return next((known for at in range(len(parts)) if (known := _plain("/".join(parts[at:])))), None)


def _windows(name: str) -> str | None:
    return WINDOWS_TO_OLSON.get(name) or _windows_names().get(name.lower())


def _offset(name: str) -> str | None:
    """``UTC+02:00``: a clock that never changes. IANA counts the other way round, and in whole hours only."""
    match = _OFFSET.fullmatch(name.lower())
    if match is None or int(match[3] or 0):
        return None
    hours = int(match[2])
    return _plain(f"Etc/GMT{'-' if match[1] == '+' else '+'}{hours}") if hours else "UTC"


def _shown(name: str) -> str | None:
    """``(UTC+01:00) Amsterdam, Berlin, Bern``: by the table, else the first city that is a zone with that
    winter time."""
    match = _LABEL.fullmatch(name)
    if match is None:
        return None
    label = match[4].strip().lower()
    if label in _UTC_NAMES:
        return "UTC"
    if label in _SHOWN:
        return WINDOWS_TO_OLSON[_SHOWN[label]]
    offset = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
    offset = -offset if match[1] == "-" else offset
    for city in re.split(r"[,/]", label):
        zone = _cities().get(city.strip().replace(" ", "_"))
        if zone is not None and _standard_offset(zone) == offset:
            return zone
    return None


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in sorted(available_timezones()) if name not in {"localtime", "Factory"}}


@cache
def _windows_names() -> dict[str, str]:
    return {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@cache
def _cities() -> dict[str, str]:
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return {name.rpartition("/")[2].lower(): name for name in _names().values() if name.startswith(areas)}


def _standard_offset(zone: str) -> timedelta:
    """The offset outside of summer time: the smaller one of January and July."""
    info = ZoneInfo(zone)
    offsets = [datetime(2024, month, 1, tzinfo=UTC).astimezone(info).utcoffset() for month in (1, 7)]
    return min(offset for offset in offsets if offset is not None)
