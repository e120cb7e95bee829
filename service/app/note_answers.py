"""Answers to an invitation, as the organiser's calendar shows them: accepted, declined, tentative. An answer is no move."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.record import note
from service.domain.ledger import EntryType, Seat
from service.ports.calendar import RemoteEvent
from service.store import people
from service.store.tables import Meeting, Pair

ANSWERS = ("accepted", "declined", "tentative")


def note_answers(house: House, session: Session, pair: Pair, meeting: Meeting, event: RemoteEvent) -> None:
    """Keeps what has changed, inside the caller's transaction; the organiser's own line is no answer."""
    if not event.responses:
        return
    rows = people.get_many(session, [pair.mentor_id, pair.mentee_id])
    given = {email.strip().lower(): answer for email, answer in event.responses}
    for seat, person_id in ((Seat.MENTOR, pair.mentor_id), (Seat.MENTEE, pair.mentee_id)):
        answer = given.get(rows[person_id].email.lower())
        before = meeting.mentor_answer if seat is Seat.MENTOR else meeting.mentee_answer
        if seat.value == meeting.organizer or answer not in ANSWERS or answer == before:
            continue
        if seat is Seat.MENTOR:
            meeting.mentor_answer = answer
        else:
            meeting.mentee_answer = answer
        note(
            house,
            session,
            pair.id,
            EntryType.INVITATION_ANSWERED,
            meeting_id=meeting.id,
            seat=seat.value,
            answer=answer,
        )
