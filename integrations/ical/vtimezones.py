"""Clocks from VTIMEZONEs: for calendars that bring their own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from icalendar.prop import vDDDTypes, vUTCOffset

from integrations.ical.budget import Budget
from integrations.ical.expansion import expand
from integrations.ical.lines import Component
from integrations.ical.rules import parse_rule
from integrations.ical.zone_names import clean
from integrations.ical.zones import RuleZone, Zone, ZoneBook, seconds_of

# Rules are followed from here (Outlook writes them as beginning in 1601) to behind the window.
_FROM = datetime(1970, 1, 1)  # noqa: DTZ001 - local time of the zone that is being read
_BEYOND = timedelta(days=800)

Change = tuple[int, int, int]


def zone_book(zones: Iterable[Component], until: int, budget: Budget) -> ZoneBook:
    """The zones that a calendar defines, each read only when an event names it; ``until`` (epoch seconds) is
    the end of the window."""
    own: dict[str, list[Component]] = {}
    for component in zones:
        tzid = component.value("TZID")
        if tzid:
            own.setdefault(clean(tzid), []).append(component)

    def definition(same_name: list[Component]) -> tuple[str | None, Callable[[], Zone]]:
        def clock() -> Zone:
            if any(other != same_name[0] for other in same_name[1:]):
                raise ValueError("is defined twice, and differently")
            return rule_zone(same_name[0], until, budget)

        return same_name[0].value("X-LIC-LOCATION"), clock

    return ZoneBook({tzid: definition(same_name) for tzid, same_name in own.items()})


def rule_zone(component: Component, until: int, budget: Budget) -> Zone:
    """The clock of one VTIMEZONE. Raises ``ValueError`` with words that fit behind "it … "."""
    high = datetime.fromtimestamp(until, UTC).replace(tzinfo=None) + _BEYOND
    changes: list[Change] = []
    for observance in component.children:
        if observance.name in {"STANDARD", "DAYLIGHT"}:
            changes.extend(_changes(observance, high, budget))
    if not changes:
        raise ValueError("has no STANDARD and no DAYLIGHT time")
    return RuleZone(changes)


def _changes(observance: Component, high: datetime, budget: Budget) -> Iterable[Change]:
    before, after = _offset(observance, "TZOFFSETFROM"), _offset(observance, "TZOFFSETTO")
    text = observance.value("DTSTART")
    if text is None:
        raise ValueError("has no DTSTART")
    start = _local(text, before)
    onsets = {start}
    for line in observance.all("RRULE"):
        rule = parse_rule(line.value)
        last = high if rule.until is None else min(high, _local(rule.until, before))
        onsets.update(expand(rule, start, max(_FROM, start), last, budget))
    for line in observance.all("RDATE"):
        for part in line.value.split(","):
            budget.spend(3)
            onsets.add(_local(part.partition("/")[0], before))
    return [(seconds_of(onset) - before, before, after) for onset in onsets]


def _offset(observance: Component, name: str) -> int:
    text = observance.value(name)
    if text is None:
        raise ValueError(f"has no {name}")
    offset: timedelta = vUTCOffset.from_ical(text)  # type: ignore[no-untyped-call]
    return int(offset.total_seconds())


def _local(text: str, offset: int) -> datetime:
    """A date or time on the zone's own clock before the change: how onsets and their UNTIL are meant."""
    value = vDDDTypes.from_ical(text.strip().upper())  # type: ignore[no-untyped-call]
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - local time
    if value.tzinfo is not None:
        return value.replace(tzinfo=None) + timedelta(seconds=offset)
    return value
