"""iCalendar values: dates, times, lengths, periods, lists of them, and the zone each is meant in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from icalendar.prop import vDDDTypes, vDuration

from integrations.ical.budget import Budget
from integrations.ical.lines import Line
from integrations.ical.zones import UTC_ZONE, Zone

_NOMINAL = re.compile(r"(\d+)([WD])")

ZoneFinder = Callable[[str], Zone]


@dataclass(frozen=True, slots=True)
class Length:
    """A DURATION: ``days`` are nominal (``P1D`` is 23 hours in spring), ``seconds`` exact (``PT24H`` never is)."""

    days: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of local time: naive ``local`` on the clock of ``zone``; a date is its midnight with
    ``is_date``."""

    local: datetime
    zone: Zone
    is_date: bool

    @property
    def utc(self) -> int:
        """Epoch seconds."""
        return self.zone.to_utc(self.local)

    def plus(self, length: Length) -> int:
        """Epoch seconds at ``length`` later: days on the clock first, then the rest exactly (RFC 5545, 3.3.6)."""
        return self.zone.to_utc(self.local + timedelta(days=length.days)) + length.seconds


@dataclass(frozen=True, slots=True)
class Times:
    """Reads time properties: ``owner`` is what dates (and times that float in nothing) mean, ``zone_of``
    finds TZIDs."""

    owner: Zone
    zone_of: ZoneFinder
    budget: Budget

    def moment(self, line: Line, floating: Zone | None = None) -> Moment:
        """The single DATE or DATE-TIME of ``line``. ``floating``: the zone of a time that names none; in the
        lines of a zoned event that is the event's own zone, else the owner's."""
        return self._moment(line.value.strip(), line, floating)

    def moments(self, line: Line, floating: Zone | None = None) -> Iterator[tuple[Moment, int | None]]:
        """Each value of a list, with its exact length in seconds where it is a PERIOD."""
        for part in line.value.split(","):
            text = part.strip()
            if not text:
                continue
            self.budget.spend(8)
            first, slash, second = text.partition("/")
            start = self._moment(first, line, floating)
            if not slash:
                yield start, None
                continue
            length = duration(second) if second[:1].upper() in {"P", "+", "-"} else None
            end = self._moment(second, line, floating).utc if length is None else start.plus(length)
            if end < start.utc:
                raise ValueError(f"has a {line.name} period that ends before it starts")
            yield start, end - start.utc

    def _moment(self, text: str, line: Line, floating: Zone | None) -> Moment:
        try:
            value = vDDDTypes.from_ical(text.upper())  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise ValueError(f"has a {line.name} that is no date or time ({text[:40]!r})") from error
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                return Moment(value.astimezone(UTC).replace(tzinfo=None), UTC_ZONE, is_date=False)
            tzid = line.params.get("TZID")
            zone = self.zone_of(tzid) if tzid else floating or self.owner
            return Moment(value, zone, is_date=False)
        if isinstance(value, date):
            return Moment(datetime.combine(value, time()), self.owner, is_date=True)
        raise ValueError(f"has a {line.name} that is no date or time ({text[:40]!r})")


def duration(text: str) -> Length:
    """A DURATION. Raises ``ValueError`` for anything else, and for one that runs backwards."""
    text = text.strip().upper()
    try:
        whole: timedelta = vDuration.from_ical(text)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise ValueError(f"has a DURATION that is none ({text[:40]!r})") from error
    if whole < timedelta(0):
        raise ValueError("has a DURATION that runs backwards")
    # timedelta forgets whether it was told a day or 24 hours.
    days = sum(int(number) * (7 if unit == "W" else 1) for number, unit in _NOMINAL.findall(text))
    return Length(days, int((whole - timedelta(days=days)).total_seconds()))


def whole_days(length: timedelta) -> int:
    """How many days an all-day event of that length covers: at least one."""
    return max(1, -(-length // timedelta(days=1)))
