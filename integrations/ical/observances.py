"""Makes the VTIMEZONE that goes along with what we write.

icalendar's own generator begins summer time an hour late (it writes the wall time after the change where RFC
5545 wants the one before it), so this one is ours: the changes are found by asking the zone, and written as a
yearly rule where they follow one, which is what Outlook reads best, or as a list of dates where they do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vRecur

_STEP = 7 * 86_400  # no zone changes its clock twice in a week
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of the clock: ``onset`` is the local time before it, offsets are in seconds."""

    onset: datetime
    before: int
    after: int
    name: str
    summer: bool

    @property
    def shape(self) -> tuple[int, int, str, bool]:
        """What all the changes of one observance share."""
        return self.before, self.after, self.name, self.summer


@lru_cache(maxsize=64)
def _changes(zone: str, first: int, last: int) -> tuple[_Change, ...]:
    info = ZoneInfo(zone)
    found: list[_Change] = []
    at = first
    while at < last:
        ahead = at + _STEP
        before, after = _offset(info, at), _offset(info, ahead)
        if before != after:
            low, high = at, ahead
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(info, middle) == before else (low, middle)
            found.append(_change(info, high, before))
        at = ahead
    return tuple(found)


def _offset(info: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, info).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


def _change(info: ZoneInfo, at: int, before: int) -> _Change:
    local = datetime.fromtimestamp(at, info)
    onset = datetime.fromtimestamp(at + before, UTC).replace(tzinfo=None)
    after = _offset(info, at)
    # By the clock, not by the law: Dublin's summer time is its standard time in the zone database.
    return _Change(onset, before, after, local.tzname() or "", summer=after > before)


def vtimezone(zone: str, first: int, last: int) -> Timezone:
    """The VTIMEZONE of an IANA zone that is right for ``[first, last]`` (epoch seconds) and a year on either
    side."""
    info = ZoneInfo(zone)
    start = datetime(datetime.fromtimestamp(first, UTC).year - 1, 1, 1, tzinfo=UTC)
    end = datetime(datetime.fromtimestamp(last, UTC).year + 3, 1, 1, tzinfo=UTC)
    changes = _changes(zone, int(start.timestamp()), int(end.timestamp()))
    component = Timezone()
    component.add("TZID", zone)
    component.add("X-LIC-LOCATION", zone)
    rules = _yearly(changes, end.year - start.year)
    if rules is not None:
        for change, rule in rules:
            component.add_component(_observance(change, rule=rule))
        return component
    offset = _offset(info, int(start.timestamp()))
    local = datetime.fromtimestamp(int(start.timestamp()) + offset, UTC).replace(tzinfo=None)
    name = start.astimezone(info).tzname() or ""
    component.add_component(_observance(_Change(local, offset, offset, name, summer=False)))
    shapes: dict[tuple[int, int, str, bool], list[_Change]] = {}
    for change in changes:
        shapes.setdefault(change.shape, []).append(change)
    for same in shapes.values():
        component.add_component(_observance(same[0], dates=[change.onset for change in same[1:]]))
    return component


def _yearly(changes: tuple[_Change, ...], years: int) -> list[tuple[_Change, str]] | None:
    """Two changes each year that both follow a rule such as "the last Sunday of March"; ``None`` where they
    do not."""
    shapes: dict[tuple[int, int, str, bool], list[_Change]] = {}
    for change in changes:
        shapes.setdefault(change.shape, []).append(change)
    if len(shapes) != 2 or any(len(same) != years for same in shapes.values()):
        return None
    rules = [(same[0], _rule([change.onset for change in same])) for same in shapes.values()]
    return [(change, rule) for change, rule in rules if rule] if all(rule for _, rule in rules) else None


def _rule(onsets: list[datetime]) -> str | None:
    if len({(onset.month, onset.weekday(), onset.time()) for onset in onsets}) != 1:
        return None
    first = onsets[0]
    week = timedelta(days=7)
    if all((onset + week).month != onset.month for onset in onsets):
        which = -1
    else:
        numbers = {(onset.day - 1) // 7 + 1 for onset in onsets}
        if len(numbers) != 1:
            return None
        which = numbers.pop()
    return f"FREQ=YEARLY;BYMONTH={first.month};BYDAY={which}{_WEEKDAYS[first.weekday()]}"


def _observance(
    change: _Change, *, rule: str | None = None, dates: list[datetime] | None = None
) -> TimezoneStandard | TimezoneDaylight:
    part = TimezoneDaylight() if change.summer else TimezoneStandard()
    part.add("DTSTART", change.onset)
    part.add("TZOFFSETFROM", timedelta(seconds=change.before))
    part.add("TZOFFSETTO", timedelta(seconds=change.after))
    part.add("TZNAME", change.name)
    if rule:
        part.add("RRULE", vRecur.from_ical(rule))
    if dates:
        part.add("RDATE", dates)
    return part
