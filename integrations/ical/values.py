"""iCalendar values: dates, times, lengths, periods, lists of them, and the zone each is meant in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from icalendar.prop import vDDDTypes, vDuration

from integrations.ical.lines import Line
from integrations.ical.zones import UTC_ZONE, Zone

DAY_SECONDS = 86_400

ZoneFinder = Callable[[str], Zone]


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

    def plus(self, length: timedelta) -> int:
        """Epoch seconds at ``length`` later: days on the clock, the rest exact (RFC 5545, 3.3.6)."""
        days = timedelta(days=length.days)
        return self.zone.to_utc(self.local + days) + int((length - days).total_seconds())


@dataclass(frozen=True, slots=True)
class Times:
    """Reads time properties: ``owner`` is what dates (and times that float in nothing) mean, ``zone_of``
    finds TZIDs."""

    owner: Zone
    zone_of: ZoneFinder

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


def duration(text: str) -> timedelta:
    """A DURATION. Raises ``ValueError`` for anything else, and for one that runs backwards."""
    try:
        length: timedelta = vDuration.from_ical(text.strip().upper())  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise ValueError(f"has a DURATION that is none ({text[:40]!r})") from error
    if length < timedelta(0):
        raise ValueError("has a DURATION that runs backwards")
    return length


def whole_days(length: timedelta) -> int:
    """How many days an all-day event of that length covers: at least one."""
    return max(1, -(-length // timedelta(days=1)))
