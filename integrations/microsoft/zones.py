"""Which IANA zone an account's clock is: a Windows name, an IANA name, or rules of its own (a bias and two changes)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from integrations.ical.zone_names import iana_name
from integrations.microsoft.events import Raw

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CUSTOM = {"customized time zone", "tzone://microsoft/custom"}
# Where several zones keep the same clock, the one most people mean.
_FIRST = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kiev",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
)


def zone_of(raw: object, *, year: int) -> str | None:
    """The IANA zone of a ``timeZoneBase`` or ``customTimeZone``, or of a plain name; ``None`` where it cannot be known.

    ``year`` is the one in which rules are compared: what a zone does now is what counts."""
    if isinstance(raw, str):
        return None if raw.strip().lower() in _CUSTOM else iana_name(raw)
    if not isinstance(raw, dict):
        return None
    name = raw.get("name")
    if isinstance(name, str) and name and name.strip().lower() not in _CUSTOM:
        known = iana_name(name)
        if known is not None:
            return known
    return _by_rules(raw, year)


def _by_rules(raw: Raw, year: int) -> str | None:
    """The zone whose clock shows the same as the rules, all through the year."""
    bias = raw.get("bias")
    if not isinstance(bias, int) or abs(bias) > 16 * 60:
        return None
    summer, winter = raw.get("daylightOffset"), raw.get("standardOffset")
    extra = summer.get("daylightBias") if isinstance(summer, dict) else 0
    extra = extra if isinstance(extra, int) else 0
    # Documented as minutes ahead of UTC; sent as Windows counts, minutes behind it, with -60 for summer time.
    east = bias if extra > 0 else -bias
    standard = timedelta(minutes=east)
    if not extra:
        return _same_clock(tuple((at, standard) for at in _samples(year)))
    changes = _turn(summer, year), _turn(winter, year)
    if changes[0] is None or changes[1] is None:
        return None
    ahead = standard + timedelta(minutes=abs(extra))
    to_summer, to_winter = changes[0] - standard, changes[1] - ahead
    rows: list[tuple[datetime, timedelta]] = []
    for at in _samples(year):
        now = at.replace(tzinfo=None)
        inside = to_summer <= now < to_winter if to_summer < to_winter else not to_winter <= now < to_summer
        rows.append((at, ahead if inside else standard))
    return _same_clock(tuple(rows))


def _samples(year: int) -> list[datetime]:
    """Every second day at noon: near enough to tell rules apart."""
    first = datetime(year, 1, 1, 12, tzinfo=UTC)
    return [first + timedelta(days=day) for day in range(0, 365, 2)]


def _turn(raw: Any, year: int) -> datetime | None:
    """When a change happens, on the clock that is left."""
    if not isinstance(raw, dict):
        return None
    try:
        hour, minute = str(raw.get("time", "")).split(":")[:2]
        month, nth, weekday = int(raw["month"]), int(raw["dayOccurrence"]), _DAYS.index(str(raw["dayOfWeek"]).lower())
        first = date(year, month, 1)
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
        while day.month != month:  # the fifth is the last
            day -= timedelta(days=7)
        return datetime(day.year, day.month, day.day, int(hour), int(minute))  # noqa: DTZ001
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


@lru_cache(maxsize=256)
def _same_clock(rows: tuple[tuple[datetime, timedelta], ...]) -> str | None:
    for name in (*_FIRST, *sorted(set(WINDOWS_TO_OLSON.values()))):
        zone = ZoneInfo(name)
        if all(at.astimezone(zone).utcoffset() == offset for at, offset in rows):
            return name
    return None
