"""The mail between people at Google and at Microsoft: an invitation becomes a copy on the other side, an answer goes back."""

from __future__ import annotations

from tests.emulators.google import times
from tests.emulators.google.emulator import GoogleEmulator
from tests.emulators.google.world import Event as GoogleEvent
from tests.emulators.microsoft.emulator import MicrosoftEmulator
from tests.emulators.microsoft.mailbox import Event, Guest

ANSWERS = {"accepted": "accepted", "declined": "declined", "tentativelyAccepted": "tentative"}


class PostBetween:
    """``deliver()`` brings every mail that was sent since. Nothing is delivered by itself, as mail takes its time."""

    def __init__(self, google: GoogleEmulator, microsoft: MicrosoftEmulator) -> None:
        self.google, self.microsoft = google, microsoft
        self._from_google = self._from_microsoft = 0

    def deliver(self) -> None:
        """To both sides."""
        sent = self.google.mails[self._from_google :]
        self._from_google += len(sent)
        for mail in sent:
            if mail.to.lower() in self.microsoft.office.boxes and mail.method in {"REQUEST", "CANCEL"}:
                self._to_outlook(mail.to.lower(), mail.uid, mail.method)
        posted = self.microsoft.mails[self._from_microsoft :]
        self._from_microsoft += len(posted)
        for it in posted:
            if it.to in self.google.world.accounts and it.kind != "reply":
                self._to_google(it.to, it.sender, it.uid, (it.start, it.end), called_off=it.kind == "cancellation")
            elif it.kind == "reply":
                self._answer_to_google(it.to, it.sender, it.uid, ANSWERS[it.response])

    def _to_outlook(self, to: str, uid: str, method: str) -> None:
        organiser, event = next(
            (box.owner, one.data)
            for box in self.google.world.boxes.values()
            for one in box.events.values()
            if one.data.get("iCalUID") == uid and one.data["organizer"]["email"] == box.owner
        )
        box, office = self.microsoft.office.boxes[to], self.microsoft.office
        start, end = times.span(event, "UTC")
        with self.microsoft.acting():
            there = box.by_uid(uid)
            if method == "CANCEL":
                if there is not None:
                    there.cancelled, there.show_as = True, "free"
                    office.note(box, box.put(there), "updated")
                return
            if there is None:
                guests = [Guest(one["email"], "") for one in event.get("attendees", [])]
                made = Event(
                    box.default.id, uid, event.get("summary", ""), start, end, (organiser, organiser),
                    mine=False, show_as="tentative", response="notResponded", guests=guests,
                )  # fmt: skip
                office.note(box, box.put(made), "created")
                return
            there.start, there.end, there.show_as, there.response = start, end, "tentative", "notResponded"
            office.note(box, box.put(there), "updated")

    def _to_google(self, to: str, sender: str, uid: str, span: tuple[int, int], *, called_off: bool) -> None:
        id_ = "_" + uid.lower().encode().hex()
        event: GoogleEvent = {
            "id": id_,
            "iCalUID": uid,
            "summary": "An invitation",
            "organizer": {"email": sender},
            "attendees": [
                {"email": sender, "responseStatus": "accepted"},
                {"email": to, "responseStatus": "needsAction"},
            ],
            "start": times.when(span[0], "UTC"),
            "end": times.when(span[1], "UTC"),
            "status": "cancelled" if called_off else "confirmed",
        }
        self.google.person(to).put_raw(event)

    def copy_at_google(self, owner: str, uid: str) -> str:
        """Google's id of an invited person's copy."""
        return next(one["id"] for one in self.google.person(owner).events() if one["iCalUID"] == uid)

    def _answer_to_google(self, organiser: str, guest: str, uid: str, answer: str) -> None:
        if organiser not in self.google.world.accounts:
            return
        box = self.google.world.boxes[organiser]
        with self.google.world.lock:
            event = next(one.data for one in box.events.values() if one.data.get("iCalUID") == uid)
            people = [
                {**one, "responseStatus": answer} if one["email"].lower() == guest.lower() else one
                for one in event["attendees"]
            ]
            self.google.world.put(box, {**event, "attendees": people})

    def answer_from_google(self, guest: str, uid: str, answer: str) -> None:
        """A person at Google answers an invitation from Outlook."""
        person = self.google.person(guest)
        id_ = self.copy_at_google(guest, uid)
        {"accepted": person.accept, "declined": person.decline, "tentative": person.perhaps}[answer](id_)
        word = {"accepted": "accepted", "declined": "declined", "tentative": "tentativelyAccepted"}[answer]
        organiser = next(box for box in self.microsoft.office.boxes.values() if box.by_uid(uid))
        with self.microsoft.acting():
            event = organiser.by_uid(uid)
            assert event is not None
            for one in event.guests:
                if one.address.lower() == guest.lower():
                    one.response = word
            self.microsoft.office.note(organiser, organiser.put(event), "updated")
