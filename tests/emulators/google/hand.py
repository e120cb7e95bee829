"""A person at their own Google Calendar, for tests to act as: everything they do has the effects that Google gives it."""

from __future__ import annotations

import copy
from typing import Any

from service.domain.timespan import Span
from tests.emulators.google import times, writing
from tests.emulators.google.world import Box, Event, World

_TELL = {"sendUpdates": "all", "conferenceDataVersion": 1}


class Person:
    """Acts in the primary calendar. Events are named by their Google id. ``tell=False`` mails nobody."""

    def __init__(self, world: World, email: str) -> None:
        self.world, self.email = world, email

    @property
    def box(self) -> Box:
        return self.world.boxes[self.email]

    def add(
        self,
        span: Span,
        *,
        title: str = "Something of their own",
        guests: tuple[str, ...] = (),
        rule: tuple[str, ...] = (),
        **more: Any,
    ) -> str:
        """A new event; ``rule`` are the lines of ``recurrence``, ``more`` any field of Google's."""
        body: Event = {
            "summary": title,
            "start": times.when(span.start, self.box.zone),
            "end": times.when(span.end, self.box.zone),
            **({"attendees": [{"email": one} for one in guests]} if guests else {}),
            **({"recurrence": list(rule)} if rule else {}),
            **more,
        }
        with self.world.lock:
            return writing.insert(self.world, self.email, self.box, body, _TELL)["id"]

    def move(self, event: str, span: Span, *, tell: bool = True) -> None:
        """To another time."""
        zone = self.box.zone
        self.change(event, start=times.when(span.start, zone), end=times.when(span.end, zone), tell=tell)

    def retitle(self, event: str, title: str) -> None:
        """Another title, the same time."""
        self.change(event, summary=title)

    def change(self, event: str, *, tell: bool = True, **fields: Any) -> None:
        """Any field. Raises ``Problem`` as Google would refuse."""
        query = _TELL if tell else {**_TELL, "sendUpdates": "none"}
        with self.world.lock:
            writing.patch(self.world, self.email, self.box, event, fields, query, None)

    def drag(self, event: str, to: str) -> None:
        """Into another calendar of theirs, at the same time: the id and the UID stay, the organiser is the other calendar."""
        with self.world.lock:
            old = self.box.events[event].data
            there = self.world.boxes[to]
            self.world.put(there, {**copy.deepcopy(old), "organizer": {"email": to}})
            self.world.put(self.box, {**copy.deepcopy(old), "status": "cancelled"})

    def delete(self, event: str, *, tell: bool = True) -> None:
        """Out of the calendar; a guest refuses by it."""
        query = _TELL if tell else {**_TELL, "sendUpdates": "none"}
        with self.world.lock:
            writing.delete(self.world, self.email, self.box, event, query, None)

    def accept(self, event: str) -> None:
        self._answer(event, "accepted")

    def decline(self, event: str) -> None:
        self._answer(event, "declined")

    def perhaps(self, event: str) -> None:
        self._answer(event, "tentative")

    def instance(self, series: str, start: int) -> str:
        """The id of the instance that the rule puts at ``start``."""
        master = self.box.events[series].data
        return times.instance_id(
            series, times.when(start, master["start"].get("timeZone", self.box.zone)), self.box.zone
        )

    def events(self) -> list[Event]:
        """Everything that stands in the calendar."""
        with self.world.lock:
            return [one.data for one in self.box.events.values() if one.data["status"] != "cancelled"]

    def event(self, id_: str) -> Event:
        """One event, deleted or not."""
        return self.box.events[id_].data

    def put_raw(self, event: Event) -> None:
        """An event exactly as given, sequence and iCalUID included, as an import or another server would leave it."""
        made: Event = {
            "kind": "calendar#event",
            "status": "confirmed",
            "sequence": 0,
            "eventType": "default",
            "organizer": {"email": self.email},
            "creator": {"email": self.email},
            **event,
        }
        with self.world.lock:
            self.world.put(self.box, made)

    def _answer(self, event: str, response: str) -> None:
        with self.world.lock:
            writing.answer(self.world, self.box, event, response)
