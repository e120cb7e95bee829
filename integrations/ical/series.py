"""The times of everything that shares one UID: the repeating event, what replaces single times of it, what is
left out.

Starts repeat on the event's own clock; an end is its start in UTC plus the exact length of the first one, so
that a change to summer time in between neither stretches nor shrinks a meeting. All-day events run from
midnight to midnight instead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from integrations.ical.budget import MAX_OCCURRENCES, Budget, too_many
from integrations.ical.events import Event
from integrations.ical.expansion import expand
from integrations.ical.rules import Rule
from integrations.ical.values import Moment
from integrations.ical.zones import Zone
from service.domain.timespan import Span
from service.ports.calendar import Occurrence

_FIRST, _LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - how far local times may reach

Key = int | date  # an instance by its instant, or by its day


@dataclass(frozen=True, slots=True)
class Frame:
    """What an expansion happens in: the window, the owner's clock, the work it may take."""

    window: Span
    owner: Zone
    budget: Budget


@dataclass(frozen=True, slots=True)
class _Instance:
    """One time of a series, before overrides. ``seconds`` is set where it has a length of its own (a
    period)."""

    local: datetime
    utc: int
    seconds: int | None


def occurrences(events: Sequence[Event], frame: Frame) -> set[Occurrence]:
    """Every time inside the window that the events of one UID take."""
    masters, overrides = split(events)
    found: set[Occurrence] = set()
    if not any(master.cancelled for master in masters):
        for override in overrides:
            if override.start is not None:
                _add(found, override, _Instance(override.start.local, override.start.utc, None), frame.window)
        for master in masters:
            _add_series(found, master, overrides, frame)
    return found


def split(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Masters and overrides, less the versions that a later one supersedes.

    Several masters of the same SEQUENCE are all kept: some feeds give different events one UID, and both take
    time."""
    masters: list[Event] = []
    overrides: dict[tuple[int, bool], Event] = {}
    for event in events:
        if event.replaces is None:
            masters.append(event)
            continue
        key = (event.replaces.utc, event.replaces.is_date)
        held = overrides.get(key)
        if held is None or (event.sequence, event.stamp) >= (held.sequence, held.stamp):
            overrides[key] = event
    newest = max((master.sequence for master in masters), default=0)
    return [master for master in masters if master.sequence == newest], list(overrides.values())


def _add_series(found: set[Occurrence], master: Event, overrides: Sequence[Event], frame: Frame) -> None:
    start = master.start
    futures = sorted(
        ((one.replaces.utc, one) for one in overrides if one.and_future and one.replaces),
        key=lambda pair: pair[0],
    )
    if start is None or (master.kind is None and not futures):
        return
    gone = {_key(one.replaces, start, frame.owner) for one in overrides if one.replaces is not None}
    gone |= {_key(moment, start, frame.owner) for moment in master.exdates}
    shifts = [_shift(one, start.zone) for _, one in futures]
    reach = _reach(frame.window, [master, *(one for _, one in futures)], shifts)
    excluded = {local for rule in master.exrules for local in _locals(rule, start, reach, frame)}
    for instance in _instances(master, start, reach, frame):
        if instance.local.date() in gone or instance.utc in gone or instance.local in excluded:
            continue
        at = bisect_right(futures, instance.utc, key=lambda pair: pair[0]) - 1
        if at < 0:
            _add(found, master, instance, frame.window)
        else:
            local = instance.local + shifts[at]
            moved = _Instance(local, start.zone.to_utc(local), instance.seconds)
            _add(found, futures[at][1], moved, frame.window)


def _add(found: set[Occurrence], event: Event, instance: _Instance, window: Span) -> None:
    if event.kind is None or event.start is None:
        return
    utc = instance.utc
    if instance.seconds is None and event.days is not None:
        end = event.start.zone.to_utc(instance.local + timedelta(days=event.days))
    else:
        end = utc + (event.seconds if instance.seconds is None else instance.seconds)
    if end > utc and end > window.start and utc < window.end:
        found.add(Occurrence(utc, end, event.kind))


def _instances(master: Event, start: Moment, reach: tuple[datetime, datetime], frame: Frame) -> Iterable[_Instance]:
    low, high = reach
    found: dict[int, _Instance] = {}
    if not master.rules or any(_until(rule, start, frame.owner) >= start.utc for rule in master.rules):
        found[start.utc] = _Instance(start.local, start.utc, None)
    for rule in master.rules:
        for local in _locals(rule, start, reach, frame):
            utc = start.zone.to_utc(local)
            found[utc] = _Instance(local, utc, None)
    for moment, seconds in master.rdates:
        frame.budget.spend(3)
        local, utc = _on_clock_of(moment, start, frame.owner)
        if low <= local <= high:
            found[utc] = _Instance(local, utc, seconds)
    if len(found) > MAX_OCCURRENCES:
        raise too_many()
    return found.values()


def _locals(rule: Rule, start: Moment, reach: tuple[datetime, datetime], frame: Frame) -> Iterable[datetime]:
    """The local starts of one rule in reach, its UNTIL honoured to the second."""
    frame.budget.spend(50)
    low, high = reach
    until = _until(rule, start, frame.owner)
    if until < _FOREVER:
        high = min(high, start.zone.to_local(until) + timedelta(days=1))
    return [local for local in expand(rule, start.local, low, high, frame.budget) if start.zone.to_utc(local) <= until]


_FOREVER = 1 << 60


def _until(rule: Rule, start: Moment, owner: Zone) -> int:
    """The last instant at which an occurrence may start. As a date it means that whole day (some programs
    write dates where RFC 5545 asks for UTC); without ``Z`` it is on the event's own clock."""
    text = rule.until
    if text is None:
        return _FOREVER
    local = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")  # noqa: DTZ007
    if "T" not in text:
        return start.zone.to_utc(local.replace(hour=23, minute=59, second=59))
    utc = int(local.replace(tzinfo=UTC).timestamp()) if text.endswith("Z") else start.zone.to_utc(local)
    if not start.is_date:
        return utc
    day = _day(local, utc, owner)
    return start.zone.to_utc(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a local midnight


def _key(moment: Moment, start: Moment, owner: Zone) -> Key:
    """What EXDATE and RECURRENCE-ID name: an instant, or all of a day where either side is a date."""
    if moment.is_date:
        return moment.local.date()
    return _day(moment.local, moment.utc, owner) if start.is_date else moment.utc


def _day(local: datetime, utc: int, owner: Zone) -> date:
    """The day that a time means for an all-day event: a written midnight is that date, any other instant is
    the owner's date then (``20260331T220000Z`` is the 1st of April in Amsterdam)."""
    if local.time() == datetime.min.time():
        return local.date()
    there = owner.to_local(utc)
    return there.date() if there.time() == datetime.min.time() else local.date()


def _on_clock_of(moment: Moment, start: Moment, owner: Zone) -> tuple[datetime, int]:
    """An RDATE as ``(local, utc)`` on the clock of the event."""
    if start.is_date:
        day = moment.local.date() if moment.is_date else _day(moment.local, moment.utc, owner)
        local = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local midnight
        return local, start.zone.to_utc(local)
    if moment.is_date:
        local = datetime.combine(moment.local.date(), start.local.time())
        return local, start.zone.to_utc(local)
    return start.zone.to_local(moment.utc), moment.utc


def _shift(future: Event, clock: Zone) -> timedelta:
    """How far a THISANDFUTURE override moves what follows, on the clock of the series."""
    if future.start is None or future.replaces is None:
        return timedelta(0)
    return clock.to_local(future.start.utc) - clock.to_local(future.replaces.utc)


def _reach(window: Span, shapes: Sequence[Event], shifts: Sequence[timedelta]) -> tuple[datetime, datetime]:
    """The local starts that can matter to the window: by the longest event, the widest shift and any zone's
    offset."""
    length = max(timedelta(seconds=one.seconds, days=one.days or 0) for one in shapes)
    periods = [seconds for one in shapes for _, seconds in one.rdates if seconds is not None]
    length = max(length, timedelta(seconds=max(periods, default=0)))
    margin = timedelta(days=2)
    low = datetime.fromtimestamp(window.start, UTC).replace(tzinfo=None) - margin
    high = datetime.fromtimestamp(window.end, UTC).replace(tzinfo=None) + margin
    back = max([*shifts, timedelta(0)])
    ahead = min([*shifts, timedelta(0)])
    low = low - min(length + back, low - _FIRST)
    return low, high + min(-ahead, _LAST - high)
