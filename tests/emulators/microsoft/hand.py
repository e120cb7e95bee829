"""A person in Outlook: what they do by hand in their own calendar."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from tests.emulators.microsoft.mailbox import Change, Event, Guest, Mailbox, Series

HOUR = 3600


class Outlook:
    """One person's Outlook. Events are named by their iCalendar UID; times are epoch seconds.

    Everything is done under the emulator's lock, and subscribers are told afterwards."""

    def __init__(self, emulator, box: Mailbox) -> None:
        self._emulator = emulator
        self.box = box

    # --- looking ---

    def uids(self) -> list[str]:
        """One entry for each event in the default calendar."""
        return [it.uid for it in self._mine()]

    def event(self, uid: str) -> Event:
        """The event as it stands; raises ``LookupError``."""
        found = self.box.by_uid(uid)
        if found is None:
            raise LookupError(uid)
        return found

    def only(self) -> Event:
        """The only event there is."""
        (found,) = self._mine()
        return found

    def _mine(self) -> list[Event]:
        return [it for it in self.box.events.values() if it.calendar == self.box.default.id]

    # --- doing ---

    def add(
        self,
        start: int,
        end: int | None = None,
        *,
        subject: str = "Dentist",
        show_as: str = "busy",
        uid: str | None = None,
        guests: tuple[tuple[str, str], ...] = (),
        calendar: str | None = None,
    ) -> str:
        """A new event; returns its UID. ``guests`` are (address, name) and are invited."""
        event = Event(
            calendar=calendar or self.box.default.id,
            uid=uid or "040000008200E00074C5B7101A82E008" + secrets.token_hex(20).upper(),
            subject=subject,
            start=start,
            end=end or start + HOUR,
            organizer=(self.box.address, self.box.name),
            show_as=show_as,
            zone=self.box.zone,
            guests=[Guest(address, name) for address, name in guests],
        )
        with self._emulator.acting():
            self.box.put(event)
            self._emulator.office.created(self.box, event)
        return event.uid

    def add_days(self, first: date, after: date, *, show_as: str = "busy", uid: str | None = None) -> str:
        """An all-day event from ``first`` up to and without ``after``."""
        uid = self.add(0, 0, show_as=show_as, uid=uid)
        with self._emulator.acting():
            event = self.event(uid)
            event.days = (first, after)
            self.box.put(event)
        return uid

    def add_series(
        self, first: datetime, rule: str, *, zone: str, minutes: int = 60, uid: str | None = None, show_as: str = "busy"
    ) -> str:
        """A series on the wall clock of a zone; ``rule`` is an RRULE."""
        series = Series(rule, first, minutes * 60, zone)
        start = series.instant(first)
        with self._emulator.acting():
            made = Event(
                calendar=self.box.default.id,
                uid=uid or secrets.token_hex(24).upper(),
                subject="Weekly",
                start=start,
                end=start + minutes * 60,
                organizer=(self.box.address, self.box.name),
                show_as=show_as,
                zone=zone,
                series=series,
            )
            self.box.put(made)
            self._emulator.office.created(self.box, made)
        return made.uid

    def move(self, uid: str, start: int, end: int | None = None) -> None:
        """Drags it to another time; guests are told."""
        with self._emulator.acting():
            event = self.event(uid)
            length = event.end - event.start
            event.start, event.end, event.days = start, end or start + length, None
            self.box.put(event)
            self._emulator.office.updated(self.box, event, moved=True)

    def drag(self, uid: str, to: str) -> None:
        """Into another calendar of theirs, at the same time: the immutable id and the UID stay. The one calendar's readers are
        told that it is gone, the other's that it is there."""
        with self._emulator.acting():
            event = self.event(uid)
            self.box.log.append((event.calendar, event.id))
            self._emulator.office.note(self.box, event, "deleted")
            event.calendar = to
            self.box.put(event)
            self._emulator.office.note(self.box, event, "created")

    def rename(self, uid: str, subject: str) -> None:
        """Another title, the same time."""
        self._alter(uid, subject=subject)

    def show_as(self, uid: str, status: str) -> None:
        """Free, tentative, busy, oof or workingElsewhere."""
        self._alter(uid, show_as=status)

    def call_off(self, uid: str) -> None:
        """Leaves it in the calendar as called off, as a guest sees it."""
        self._alter(uid, cancelled=True)

    def delete(self, uid: str) -> None:
        """Deletes it; an organiser's guests are told."""
        with self._emulator.acting():
            event = self.event(uid)
            if event.mine:
                self._emulator.office.cancelled(self.box, event)
            else:
                self.box.remove(event)
                self._emulator.office.note(self.box, event, "deleted")

    def move_occurrence(self, uid: str, original: datetime, start: int, end: int | None = None) -> None:
        """Moves one occurrence of a series, named by its original wall-clock time."""
        with self._emulator.acting():
            event = self.event(uid)
            assert event.series is not None
            event.series.changed[original] = Change(start, end or start + event.series.length, event.show_as)
            self.box.touch_occurrence(event, original)
            self._emulator.office.note(self.box, event, "updated")

    def delete_occurrence(self, uid: str, original: datetime) -> None:
        """Deletes one occurrence of a series."""
        with self._emulator.acting():
            event = self.event(uid)
            assert event.series is not None
            event.series.skipped.add(original)
            self.box.touch_occurrence(event, original)
            self._emulator.office.note(self.box, event, "updated")

    def accept(self, uid: str) -> None:
        """Answers an invitation."""
        self._answer(uid, "accepted")

    def tentatively_accept(self, uid: str) -> None:
        """Answers an invitation."""
        self._answer(uid, "tentativelyAccepted")

    def decline(self, uid: str) -> None:
        """Answers an invitation; it leaves the calendar."""
        self._answer(uid, "declined")

    def propose(self, uid: str, start: int, end: int) -> None:
        """Answers an invitation with another time, tentatively."""
        self._answer(uid, "tentativelyAccepted", (start, end))

    def _answer(self, uid: str, response: str, proposed: tuple[int, int] | None = None) -> None:
        with self._emulator.acting():
            self._emulator.office.answered(self.box, self.event(uid), response, proposed)

    def _alter(self, uid: str, **values: object) -> None:
        with self._emulator.acting():
            event = self.event(uid)
            for name, value in values.items():
                setattr(event, name, value)
            self.box.put(event)
            self._emulator.office.updated(self.box, event, moved=False)
