"""Zones as calendars name them: a clock that turns local time into UTC, from the IANA rules or a VTIMEZONE's
own.

Both kinds read a local time that does not exist with the offset before the gap, and one that occurs twice as
the first of the two (RFC 5545, 3.3.5). A zone that cannot be known makes the calendar unknown: it is never
guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from integrations.ical.zone_names import clean, iana_name
from service.domain.errors import BadCalendar, BadInput

MAX_OWN_RULES = 50  # VTIMEZONEs whose own rules are followed in one calendar

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the naive epoch that local times are measured from


def seconds_of(local: datetime) -> int:
    """A naive local time as seconds since 1970 on its own clock."""
    gone = local - _EPOCH
    return gone.days * 86_400 + gone.seconds


class Zone(Protocol):
    """A clock."""

    def to_utc(self, local: datetime) -> int:
        """Epoch seconds of a naive local time."""
        ...

    def to_local(self, utc: int) -> datetime:
        """The naive local time of an instant."""
        ...


class IanaZone:
    """The clock of an IANA zone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._info = ZoneInfo(name)

    def to_utc(self, local: datetime) -> int:
        """Epoch seconds of a naive local time."""
        offset = self._info.utcoffset(local)
        assert offset is not None  # noqa: S101 - a ZoneInfo always knows
        return seconds_of(local) - offset.days * 86_400 - offset.seconds

    def to_local(self, utc: int) -> datetime:
        """The naive local time of an instant."""
        return datetime.fromtimestamp(utc, self._info).replace(tzinfo=None)


class RuleZone:
    """The clock of a VTIMEZONE: ``changes`` are ``(utc, offset from, offset to)`` in seconds, at least
    one."""

    def __init__(self, changes: Sequence[tuple[int, int, int]]) -> None:
        self._utc: list[int] = []
        self._walls: list[int] = []
        self._offsets: list[int] = []
        for utc, before, after in sorted(changes):
            if not self._offsets:
                self._offsets.append(before)
            self._utc.append(utc)
            # The new offset holds from here on the wall: behind the gap, and behind the hour that comes
            # twice.
            self._walls.append(utc + max(self._offsets[-1], after))
            self._offsets.append(after)

    def to_utc(self, local: datetime) -> int:
        """Epoch seconds of a naive local time."""
        wall = seconds_of(local)
        return wall - self._offsets[bisect_right(self._walls, wall)]

    def to_local(self, utc: int) -> datetime:
        """The naive local time of an instant."""
        return _EPOCH + timedelta(seconds=utc + self._offsets[bisect_right(self._utc, utc)])


@lru_cache(maxsize=700)
def iana_zone(name: str) -> IanaZone:
    """The zone with that exact IANA name; made once."""
    return IanaZone(name)


UTC_ZONE: Zone = iana_zone("UTC")


def owner_zone(name: str) -> Zone:
    """The owner's zone. Raises ``BadInput`` where it is no IANA zone."""
    known = iana_name(name)
    if known is None:
        raise BadInput.of("time_zone", f"{name[:60]!r} is no IANA time zone")
    return iana_zone(known)


class ZoneBook:
    """The zones of one calendar. ``own`` maps a cleaned TZID to ``(hint, rules)`` of its VTIMEZONE: the
    X-LIC-LOCATION, and what makes a clock of its rules."""

    def __init__(self, own: Mapping[str, tuple[str | None, Callable[[], Zone]]]) -> None:
        self._own = own
        self._known: dict[str, Zone] = {}
        self._followed = 0
        self._explained: set[str] = set()
        self.needed: set[str] = set()  # cleaned TZIDs, found since this was last emptied, that need their VTIMEZONE

    def find(self, tzid: str) -> Zone:
        """The zone a TZID means. Raises ``BadCalendar`` naming a zone that cannot be known."""
        zone = self._known.get(tzid)
        if zone is None:
            zone = self._known[tzid] = self._find(tzid)
        if tzid in self._explained:
            self.needed.add(clean(tzid))
        return zone

    def _find(self, tzid: str) -> Zone:
        name = iana_name(tzid)
        if name is not None:
            return iana_zone(name)
        key = clean(tzid)
        if key not in self._own:
            raise BadCalendar(
                f"This calendar uses the time zone {tzid[:80]!r}, which cannot be known: "
                "it neither is a known name nor brings its rules along."
            )
        self._explained.add(tzid)
        hint, rules = self._own[key]
        name = iana_name(hint) if hint else None
        if name is not None:
            return iana_zone(name)
        self._followed += 1
        if self._followed > MAX_OWN_RULES:
            raise BadCalendar(f"This calendar defines more than {MAX_OWN_RULES} time zones of its own.")
        try:
            return rules()
        except (ValueError, OverflowError) as error:
            raise BadCalendar(f"This calendar's time zone {tzid[:80]!r} cannot be read: it {error}.") from error
