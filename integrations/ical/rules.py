"""RRULE: what it may say. Checked here, before anything is expanded: a rule half understood would leave out
times that are taken, so whatever RFC 5545 does not know is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, SECONDLY, WEEKLY, YEARLY, weekday

MAX_LENGTH = 5000  # every day of the year by number is 1,400 characters

Frequency = Literal[0, 1, 2, 3, 4, 5, 6]

_FREQUENCIES: dict[str, Frequency] = {
    "YEARLY": YEARLY,
    "MONTHLY": MONTHLY,
    "WEEKLY": WEEKLY,
    "DAILY": DAILY,
    "HOURLY": HOURLY,
    "MINUTELY": MINUTELY,
    "SECONDLY": SECONDLY,
}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?")
# name: (dateutil's name, lowest, highest, whether negative numbers count from the end)
_NUMBERS = {
    "BYSECOND": ("bysecond", 0, 60, False),
    "BYMINUTE": ("byminute", 0, 59, False),
    "BYHOUR": ("byhour", 0, 23, False),
    "BYMONTHDAY": ("bymonthday", 1, 31, True),
    "BYYEARDAY": ("byyearday", 1, 366, True),
    "BYWEEKNO": ("byweekno", 1, 53, True),
    "BYMONTH": ("bymonth", 1, 12, False),
    "BYSETPOS": ("bysetpos", 1, 366, True),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule. ``by`` holds dateutil's keyword arguments; ``until`` is as written, because what it
    means depends on the event's start; ``wkst`` 0 = Monday."""

    freq: Frequency
    interval: int = 1
    count: int | None = None
    until: str | None = None
    wkst: int = 0
    by: dict[str, tuple[Any, ...]] = field(default_factory=dict)


def parse_rule(text: str) -> Rule:
    """Reads an RRULE value. Raises ``ValueError`` with words that fit behind "the event … "."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"has an RRULE of {len(text):,} characters")
    try:
        return _rule(_parts(text))
    except (ValueError, KeyError) as error:
        raise ValueError(f"has an RRULE that cannot be read ({text[:80]!r})") from error


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        if not part.strip():
            continue  # a semicolon too many at the end is common
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value or key in parts:
            raise ValueError(part)
        parts[key] = value
    return parts


def _rule(parts: dict[str, str]) -> Rule:
    freq = _FREQUENCIES[parts.pop("FREQ")]
    interval = int(parts.pop("INTERVAL", "1"))
    count = int(parts.pop("COUNT", "-1"))
    if interval < 1 or count < -1 or count == 0:  # COUNT=-1 is how some exporters write "without end"
        raise ValueError("INTERVAL or COUNT")
    until = parts.pop("UNTIL", None)
    if until is not None and not _UNTIL.fullmatch(until):
        raise ValueError("UNTIL")
    wkst = _WEEKDAYS.index(parts.pop("WKST", "MO"))
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":
        raise ValueError("RSCALE or SKIP")
    by: dict[str, tuple[Any, ...]] = {}
    if "BYDAY" in parts:
        by["byweekday"] = tuple(_byday(item) for item in parts.pop("BYDAY").split(","))
    for name, (keyword, low, high, negative) in _NUMBERS.items():
        if name in parts:
            numbers = tuple(int(item) for item in parts.pop(name).split(","))
            if any(not low <= (abs(n) if negative else n) <= high for n in numbers):
                raise ValueError(name)
            by[keyword] = numbers
    for name in parts:
        if not name.startswith("X-"):
            raise ValueError(name)
    if "bysecond" in by:  # a leap second is the last second of its minute to every clock we know
        by["bysecond"] = tuple(sorted({min(n, 59) for n in by["bysecond"]}))
    return Rule(freq, interval, None if count < 0 else count, until, wkst, by)


def _byday(text: str) -> weekday:
    match = _BYDAY.fullmatch(text.strip())
    if match is None:
        raise ValueError("BYDAY")
    number = int(match[1]) if match[1] else None
    if number is not None and not 1 <= abs(number) <= 53:
        raise ValueError("BYDAY")
    return weekday(_WEEKDAYS.index(match[2]), number)
