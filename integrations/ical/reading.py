"""Reads whole calendars: one ``RemoteEvent`` for each UID, expanded inside the window."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.ical.budget import Budget
from integrations.ical.events import Event, Reading, read_event
from integrations.ical.freebusy import known_until, published
from integrations.ical.lines import Component, read_components
from integrations.ical.series import Frame, occurrences, split
from integrations.ical.skeleton import skeleton
from integrations.ical.values import Length, Times
from integrations.ical.vtimezones import zone_book
from integrations.ical.zone_names import clean
from integrations.ical.zones import ZoneBook, owner_zone
from service.domain.errors import BadCalendar
from service.domain.timespan import Span
from service.ports.calendar import Occurrence, RemoteEvent


@dataclass(slots=True)
class _Group:
    """All components of one UID in one calendar object."""

    uid: str | None
    components: list[Component] = field(default_factory=list)


def read_calendar(data: bytes, *, zone: str, window: Span, owner_email: str | None = None) -> list[RemoteEvent]:
    """Everything in an iCalendar stream, one entry per UID, in the order of the file.

    ``zone`` is the owner's IANA zone: what dates and floating times mean. ``owner_email`` finds the owner
    among the attendees: what they declined blocks nothing, what they have not answered is tentative.

    Raises ``BadCalendar`` for whatever is not understood in full: a calendar is read whole or not at all,
    because an event that is left out would look like free time. Raises ``BadInput`` when ``zone`` is no
    zone."""
    owner = owner_zone(zone)
    budget = Budget()
    roots = read_components(data)
    children = [child for root in roots for child in root.children]
    zones = [child for child in children if child.name == "VTIMEZONE"]
    book = zone_book(zones, window.end, budget)
    email = owner_email.strip().lower() if owner_email else None
    reading = Reading(Times(owner, book.find, budget), email, _method(roots))
    frame = Frame(window, owner, budget)
    return [_remote(group, reading, book, zones, frame) for group in _groups(children)]


def expand_skeleton(
    skeleton: str, *, zone: str, window: Span, owner_email: str | None = None
) -> tuple[Occurrence, ...]:
    """The times of a kept skeleton inside another window. Raises ``BadCalendar`` as ``read_calendar``
    does."""
    events = read_calendar(skeleton.encode(), zone=zone, window=window, owner_email=owner_email)
    return tuple(one for event in events for one in event.occurrences)


def method_of(data: bytes) -> str | None:
    """The iTIP METHOD of an invitation or answer, in upper case; ``None`` for a plain calendar."""
    return _method(read_components(data))


def _method(roots: Sequence[Component]) -> str | None:
    methods = [(root.value("METHOD") or "").upper() for root in roots]
    return next((method for method in methods if method), None)


def _groups(children: Sequence[Component]) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for at, child in enumerate(children):
        if child.name in {"VEVENT", "VFREEBUSY"}:
            lines = child.all("UID")
            uid = lines[0].value.strip() if lines else ""
            groups.setdefault(uid or f"\n{at}", _Group(uid or None)).components.append(child)
    return list(groups.values())


def _remote(group: _Group, reading: Reading, book: ZoneBook, zones: Sequence[Component], frame: Frame) -> RemoteEvent:
    book.needed.clear()
    events: list[Event] = []
    taken: set[Occurrence] = set()
    ends: list[int | None] = []
    try:
        for component in group.components:
            component.one("UID")
            if component.name == "VFREEBUSY":
                taken |= published(component, reading.times, frame.window)
                ends.append(known_until(component, reading.times))
            else:
                events.append(read_event(component, reading))
        taken |= occurrences(events, frame)
        master, overrides = split(events)
        span = _span(master)
    except BadCalendar as error:
        raise BadCalendar(f"{error.detail} (in {_name(group)})") from error
    except (ValueError, OverflowError) as error:
        reason = error if isinstance(error, ValueError) and str(error).startswith(("has ", "ends ")) else None
        words = reason or "has a time that no calendar can hold"
        raise BadCalendar(f"This calendar cannot be read: {_name(group)} {words}.") from error
    needed = [one for one in zones if clean(one.value("TZID") or "") in book.needed]
    text = skeleton(group.components, needed, reading.method, reading.owner_email)
    first = next(iter([*master, *overrides]), None)
    return RemoteEvent(
        remote_id=group.uid or "no-uid-" + hashlib.sha256(text.encode()).hexdigest()[:32],
        uid=group.uid,
        etag=None,
        occurrences=tuple(sorted(taken, key=lambda one: (one.start, one.end, one.kind))),
        master=span,
        sequence=first.sequence if first else 0,
        cancelled=all(event.cancelled for event in master or overrides) and bool(events),
        recurring=any(event.recurring for event in master) or bool(overrides),
        skeleton=text,
        known_until=max((end for end in ends if end is not None), default=None),
        responses=first.responses if first else (),
    )


def _span(masters: Sequence[Event]) -> Span | None:
    """The time of the event itself: of a repeating one, its first instance. ``None`` where it takes no
    time."""
    start = masters[0].start if masters else None
    if start is None:
        return None
    end = start.plus(Length(masters[0].days or 0, masters[0].seconds))
    return Span(start.utc, end) if end > start.utc else None


def _name(group: _Group) -> str:
    return f"the event {group.uid[:120]!r}" if group.uid else "an event without a UID"
