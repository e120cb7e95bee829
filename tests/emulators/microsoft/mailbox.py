"""Mailboxes: calendars, events, series, and what changed when. No HTTP here."""

from __future__ import annotations

import base64
import hashlib
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from tests.emulators.microsoft.graph_times import clock, day_start

_numbers = itertools.count(1)
FAR = 3 * 366 * 86400


def new_id(prefix: str = "AAkALg") -> str:
    """An id as Outlook makes them: long, with ``=`` and ``-`` in it."""
    raw = hashlib.sha256(f"{next(_numbers)}-{uuid.uuid4()}".encode()).digest()
    return prefix + base64.urlsafe_b64encode(raw + raw).decode()


@dataclass
class Guest:
    """An attendee, as the organiser's event shows them."""

    address: str
    name: str
    response: str = "none"
    proposed: tuple[int, int] | None = None


@dataclass
class Change:
    """One occurrence of a series that is not as the rule has it."""

    start: int
    end: int
    show_as: str = "busy"
    cancelled: bool = False


@dataclass
class Series:
    """How an event recurs: an RRULE on the wall clock of a zone."""

    rule: str
    first: datetime
    length: int
    zone: str
    skipped: set[datetime] = field(default_factory=set)
    changed: dict[datetime, Change] = field(default_factory=dict)

    def starts(self, begin: int, end: int) -> Iterator[datetime]:
        """The original wall-clock starts near a window, skipped ones left out."""
        zone = clock(self.zone)
        low = datetime.fromtimestamp(begin, zone).replace(tzinfo=None) - timedelta(days=60)
        high = datetime.fromtimestamp(end, zone).replace(tzinfo=None) + timedelta(days=60)
        for wall in rrulestr(self.rule, dtstart=self.first).between(low, high, inc=True):
            if wall not in self.skipped:
                yield wall

    def instant(self, wall: datetime) -> int:
        return int(wall.replace(tzinfo=ZoneInfo(clock(self.zone).key)).timestamp())


@dataclass
class Event:
    """One event, single or a whole series, in one person's calendar."""

    calendar: str
    uid: str
    subject: str
    start: int
    end: int
    organizer: tuple[str, str]  # address, name
    mine: bool = True
    days: tuple[date, date] | None = None  # all-day: first day, the day after the last
    show_as: str = "busy"
    cancelled: bool = False
    guests: list[Guest] = field(default_factory=list)
    response: str = "organizer"
    transaction: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    online: str | None = None
    text: str = ""
    zone: str = "UTC"  # the one it was written in
    series: Series | None = None
    id: str = field(default_factory=new_id)
    volatile: str = field(default_factory=lambda: new_id("AAMkAG"))
    version: int = 1

    @property
    def key(self) -> str:
        raw = hashlib.sha256(f"{self.id}:{self.version}".encode()).digest()[:15]
        return base64.b64encode(raw).decode()


@dataclass
class Calendar:
    """A calendar of a mailbox."""

    name: str
    owner: tuple[str, str]
    default: bool = False
    can_edit: bool = True
    online: tuple[str, ...] = ()
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Item:
    """What a view lists: an event, a series, or one occurrence of a series."""

    id: str
    kind: str  # singleInstance, seriesMaster, occurrence, exception
    event: Event
    start: int
    end: int
    original: datetime | None = None


@dataclass
class Mailbox:
    """One person's mailbox. Not thread-safe: the emulator holds its lock around every use."""

    address: str
    name: str
    personal: bool
    oid: str
    tenant: str
    zone: str  # a Windows name
    working_hours: dict | None
    calendars: dict[str, Calendar] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    bin: dict[str, Event] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)  # calendar id, item id
    epoch: int = 0  # raised when the delta tokens are forgotten
    enabled: bool = True

    @property
    def default(self) -> Calendar:
        return next(it for it in self.calendars.values() if it.default)

    def add_calendar(self, name: str, **ways: object) -> Calendar:
        made = Calendar(name, ways.pop("owner", (self.address, self.name)), **ways)
        self.calendars[made.id] = made
        return made

    def by_any_id(self, id_: str) -> Event | None:
        """By its lasting id, or by the one of the day."""
        return self.events.get(id_) or next((it for it in self.events.values() if it.volatile == id_), None)

    def by_uid(self, uid: str) -> Event | None:
        return next((it for it in self.events.values() if it.uid == uid), None)

    # --- changing ---

    def put(self, event: Event) -> Event:
        """Adds an event, or notes that one has changed."""
        if event.id in self.events:
            event.version += 1
            event.volatile = new_id("AAMkAG")
        self.events[event.id] = event
        self._note(event)
        return event

    def remove(self, event: Event) -> None:
        """Into the bin, where it can still be read by its lasting id."""
        del self.events[event.id]
        self.bin[event.id] = event
        self._note(event)

    def touch_occurrence(self, event: Event, original: datetime) -> None:
        """Notes that one occurrence has changed: the series itself is not listed for that."""
        event.version += 1
        self.log.append((event.calendar, occurrence_id(event, original)))

    def _note(self, event: Event) -> None:
        self.log.append((event.calendar, event.id))
        if event.series is not None:
            for wall in event.series.starts(event.start - FAR // 3, event.start + FAR):
                self.log.append((event.calendar, occurrence_id(event, wall)))

    def note_gone(self, event: Event, walls: list[datetime]) -> None:
        """Occurrences that the series had before it was written anew."""
        self.log += [(event.calendar, occurrence_id(event, wall)) for wall in walls]

    # --- looking ---

    def view(self, calendar: str, begin: int, end: int) -> dict[str, Item]:
        """What a calendar view lists, by id, in the order of time; each series right before its first occurrence."""
        found: list[Item] = []
        for event in self.events.values():
            if event.calendar != calendar:
                continue
            if event.series is None:
                start, stop = self.times(event)
                if start < end and max(stop, start + 1) > begin:
                    found.append(Item(event.id, "singleInstance", event, start, stop))
                continue
            occurrences = list(self.occurrences(event, begin, end))
            if occurrences:
                found.append(Item(event.id, "seriesMaster", event, event.start, event.end))
                found += occurrences
        found.sort(key=lambda it: (it.start, it.kind != "seriesMaster"))
        return {it.id: it for it in found}

    def occurrences(self, event: Event, begin: int, end: int) -> Iterator[Item]:
        series = event.series
        assert series is not None
        for wall in series.starts(begin, end):
            change = series.changed.get(wall)
            start = change.start if change else series.instant(wall)
            stop = change.end if change else start + series.length
            if start < end and stop > begin:
                kind = "exception" if change else "occurrence"
                yield Item(occurrence_id(event, wall), kind, event, start, stop, wall)

    def times(self, event: Event) -> tuple[int, int]:
        """When it takes place; all-day events by the mailbox's clock."""
        if event.days is None:
            return event.start, event.end
        return day_start(event.days[0], self.zone), day_start(event.days[1], self.zone)


def occurrence_id(event: Event, wall: datetime) -> str:
    """An occurrence's id: the series' with the original time in it."""
    return f"{event.id}.OID.{wall:%Y%m%dT%H%M}"


def copy_for(event: Event, mailbox: Mailbox) -> Event:
    """The event as it lands in a guest's calendar: tentative until they answer."""
    return replace(
        event,
        calendar=mailbox.default.id,
        mine=False,
        show_as="tentative",
        response="notResponded",
        transaction=None,
        properties={},
        guests=[replace(it) for it in event.guests],
        id=new_id(),
        volatile=new_id("AAMkAG"),
        version=1,
    )
