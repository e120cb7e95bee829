"""What Google holds: accounts, their calendars, the events in them, and who was mailed."""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from service.ports.clock import Clock
from tests.emulators.google import times
from tests.emulators.google.problems import not_found

Event = dict[str, Any]
ROLES = ("freeBusyReader", "reader", "writer", "owner")


@dataclass
class Mail:
    """One mail that Google sent: ``method`` is REQUEST, CANCEL or REPLY."""

    to: str
    method: str
    uid: str
    sequence: int
    start: int


@dataclass
class Stored:
    """An event as one calendar holds it; ``change`` is the calendar's counter when it was last touched."""

    data: Event
    change: int = 0


@dataclass
class Box:
    """A calendar."""

    id: str
    owner: str
    zone: str
    summary: str
    roles: dict[str, str]
    events: dict[str, Stored] = field(default_factory=dict)
    change: int = 0
    conferences: tuple[str, ...] = ("hangoutsMeet",)


@dataclass
class Account:
    """A Google account; its primary calendar's id is its address."""

    email: str
    name: str
    zone: str
    subject: str


class World:
    """All of it, behind one lock. ``changed`` is called with a calendar's id after each change."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.boxes: dict[str, Box] = {}
        self.mails: list[Mail] = []
        self.changed: list[Callable[[str], None]] = []
        self.counter = itertools.count(1_000_001)

    def add_account(self, email: str, name: str, zone: str) -> Account:
        made = Account(email, name, zone, subject=str(10**20 + next(self.counter)))
        self.accounts[email] = made
        self.add_box(email, owner=email, zone=zone, summary=email)
        return made

    def add_box(self, id_: str, *, owner: str, zone: str, summary: str) -> Box:
        self.boxes[id_] = Box(id_, owner, zone, summary, {owner: "owner"})
        return self.boxes[id_]

    def box(self, account: str, calendar: str) -> Box:
        """Raises ``Problem`` 404 for a calendar that is not shown to the account."""
        found = self.boxes.get(account if calendar == "primary" else calendar)
        if found is None or account not in found.roles:
            raise not_found()
        return found

    def put(self, box: Box, event: Event) -> Event:
        """Stores an event and counts the change; makes its ETag."""
        box.change += 1
        event["etag"] = f'"{next(self.counter) * 2000}"'
        event["updated"] = self.stamp()
        box.events[event["id"]] = Stored(event, box.change)
        for tell in self.changed:
            tell(box.id)
        return event

    def stamp(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def view(self, box: Box, event: Event, most_attendees: int | None = None) -> Event:
        """The event as the owner of ``box`` gets to see it."""
        shown = copy.deepcopy(event)
        for person in (shown.get("organizer"), shown.get("creator"), *shown.get("attendees", [])):
            if person:
                person.pop("self", None)
                if person.get("email", "").lower() == box.owner.lower():
                    person["self"] = True
        attendees = shown.get("attendees", [])
        if most_attendees is not None and len(attendees) > most_attendees:
            shown["attendees"] = [one for one in attendees if one.get("self")]
            shown["attendeesOmitted"] = True
        return shown

    def tombstone(self, event: Event) -> Event:
        """What is left of a deleted event: no more than Google warrants."""
        kept = ("kind", "id", "etag", "status", "recurringEventId", "originalStartTime")
        return {name: event[name] for name in kept if name in event}

    def instances(self, box: Box, master: Event, until: int) -> Iterator[Event]:
        """Every instance of a series that begins before ``until``, cancelled ones included."""
        for original in times.originals(master, box.zone, until):
            made = times.moved(master, original, box.zone)
            differs = box.events.get(made["id"])
            yield differs.data if differs else made

    def mail(self, event: Event, box: Box, to: list[str], method: str) -> None:
        start = times.at(event["start"], box.zone)
        self.mails += [Mail(one, method, event["iCalUID"], event.get("sequence", 0), start) for one in to]
