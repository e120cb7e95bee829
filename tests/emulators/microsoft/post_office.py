"""Meetings among mailboxes: invitations, updates, answers, cancellations. Every mail that Outlook would send is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.emulators.microsoft.mailbox import Event, Mailbox, copy_for


@dataclass(frozen=True)
class Mail:
    """One mail about a meeting. ``kind``: invitation, update, cancellation or reply."""

    kind: str
    to: str
    sender: str
    uid: str
    start: int
    end: int
    response: str = ""


class PostOffice:
    """Knows every mailbox by its address."""

    def __init__(self) -> None:
        self.boxes: dict[str, Mailbox] = {}
        self.mails: list[Mail] = []
        self.listeners: list[Callable[[Mail], None]] = []
        self.changed: list[tuple[Mailbox, Event, str]] = []  # taken by the emulator, which notifies

    def note(self, box: Mailbox, event: Event, kind: str) -> None:
        """A change that subscribers want to hear of."""
        self.changed.append((box, event, kind))

    def created(self, box: Mailbox, event: Event) -> None:
        """Invites the guests of a new event."""
        self.note(box, event, "created")
        self._invite(box, event, "invitation")

    def updated(self, box: Mailbox, event: Event, *, moved: bool) -> None:
        """Tells the guests where the time changed; their answers were for the old one."""
        self.note(box, event, "updated")
        if not event.mine or not moved:
            return
        for guest in event.guests:
            guest.response, guest.proposed = "none", None
        self._invite(box, event, "update")

    def cancelled(self, box: Mailbox, event: Event) -> None:
        """The organiser takes the event out; the guests are told, and see it called off."""
        box.remove(event)
        self.note(box, event, "deleted")
        if not event.mine:
            return
        for guest in event.guests:
            self._mail("cancellation", guest.address, event)
            other = self.boxes.get(guest.address.lower())
            theirs = other.by_uid(event.uid) if other else None
            if other is not None and theirs is not None:
                theirs.cancelled, theirs.show_as = True, "free"
                theirs.subject = f"Canceled: {event.subject}"
                other.put(theirs)
                self.note(other, theirs, "updated")

    def answered(self, box: Mailbox, event: Event, response: str, proposed: tuple[int, int] | None) -> None:
        """A guest answers; a declined meeting leaves their calendar."""
        event.response = response
        self.mails.append(Mail("reply", event.organizer[0], box.address, event.uid, event.start, event.end, response))
        organizer = self.boxes.get(event.organizer[0].lower())
        theirs = organizer.by_uid(event.uid) if organizer else None
        if organizer is not None and theirs is not None:
            for guest in theirs.guests:
                if guest.address.lower() == box.address.lower():
                    guest.response, guest.proposed = response, proposed
            organizer.put(theirs)
            self.note(organizer, theirs, "updated")
        if response == "declined":
            box.remove(event)
            self.note(box, event, "deleted")
        else:
            event.show_as = "busy" if response == "accepted" else "tentative"
            box.put(event)
            self.note(box, event, "updated")

    def _invite(self, box: Mailbox, event: Event, kind: str) -> None:
        for guest in event.guests:
            self._mail(kind, guest.address, event)
            other = self.boxes.get(guest.address.lower())
            if other is None or other is box:
                continue
            theirs = other.by_uid(event.uid)
            if theirs is None:
                fresh = other.put(copy_for(event, other))
                self.note(other, fresh, "created")
                continue
            theirs.start, theirs.end, theirs.days, theirs.subject = event.start, event.end, event.days, event.subject
            theirs.show_as, theirs.response = "tentative", "notResponded"
            theirs.guests = [replace(it) for it in event.guests]
            other.put(theirs)
            self.note(other, theirs, "updated")

    def _mail(self, kind: str, to: str, event: Event) -> None:
        mail = Mail(kind, to.lower(), event.organizer[0], event.uid, event.start, event.end)
        self.mails.append(mail)
        for listener in self.listeners:
            listener(mail)
