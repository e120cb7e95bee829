"""Times as Graph writes and takes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON


class BadTimeError(Exception):
    """Not a time that Graph takes."""


def clock(name: str) -> ZoneInfo:
    """A zone by its Windows or IANA name."""
    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
    except (KeyError, ValueError, OSError):
        raise BadTimeError(
            f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        ) from None


def read(raw: dict) -> int:
    """Epoch seconds of a dateTimeTimeZone."""
    text = str(raw.get("dateTime", ""))
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,7})?(Z|[+-]\d\d:\d\d)?", text)
    if match is None:
        raise BadTimeError(f"The DateTime value '{text}' is not valid.")
    when = datetime.fromisoformat(match[1] + (match[2] or ""))
    zone = clock(raw.get("timeZone") or "UTC")
    return int((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp())


def wall(raw: dict) -> datetime:
    """The wall-clock time of a dateTimeTimeZone."""
    return datetime.fromisoformat(str(raw["dateTime"])[:19])


def write(at: int, zone: str) -> dict:
    """Epoch seconds on the clock of a zone."""
    when = datetime.fromtimestamp(at, clock(zone))
    return {"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": zone}


def write_day(day: date, zone: str) -> dict:
    """Midnight of a day, which is midnight on every clock."""
    return {"dateTime": f"{day:%Y-%m-%d}T00:00:00.0000000", "timeZone": zone}


def stamp(at: int) -> str:
    """``2027-03-10T09:00:00Z``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_query(text: str) -> int:
    """A query's time: with an offset, or UTC."""
    try:
        when = datetime.fromisoformat(re.sub(r"\.\d+", "", text))
    except ValueError:
        raise BadTimeError(f"The value '{text}' of parameter is invalid.") from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def day_start(day: date, zone: str) -> int:
    """Midnight on a zone's clock."""
    return int(datetime(day.year, day.month, day.day, tzinfo=clock(zone)).timestamp())


DAY = timedelta(days=1)
