"""Answers to an invitation, as the organiser's calendar shows them: accepted, declined, tentative, and another time that was
proposed with it. An answer is no move, and a proposed time is no move either: it waits for somebody to take it up."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.record import note
from service.domain.ledger import EntryType, Seat
from service.ports.calendar import RemoteEvent
from service.store import people
from service.store.tables import Meeting, Pair

ANSWERS = ("accepted", "declined", "tentative")
OPEN = "needs_action"
PROPOSED = "proposed "


def note_answers(house: House, session: Session, pair: Pair, meeting: Meeting, event: RemoteEvent) -> None:
    """Keeps what has changed, inside the caller's transaction; the organiser's own line is no answer.

    A move asks everybody anew: where the calendar says so, the answer to the earlier time no longer counts."""
    if not event.responses:
        return
    rows = people.get_many(session, [pair.mentor_id, pair.mentee_id])
    lines = [(email.strip().lower(), answer) for email, answer in event.responses]
    given = {email: answer for email, answer in lines if not answer.startswith(PROPOSED)}
    proposed = {email: answer.removeprefix(PROPOSED) for email, answer in lines if answer.startswith(PROPOSED)}
    for seat, person_id in ((Seat.MENTOR, pair.mentor_id), (Seat.MENTEE, pair.mentee_id)):
        email = rows[person_id].email.lower()
        said, other = given.get(email), proposed.get(email)
        if seat.value == meeting.organizer or (said not in ANSWERS and said != OPEN):
            continue
        answer = said if said in ANSWERS else None
        if (answer, other) == _held(meeting, seat):
            continue
        _keep(meeting, seat, answer, other)
        if answer is None:
            continue
        note(
            house,
            session,
            pair.id,
            EntryType.INVITATION_ANSWERED,
            meeting_id=meeting.id,
            seat=seat.value,
            answer=answer,
            **({"proposed": other} if other else {}),
        )


def _held(meeting: Meeting, seat: Seat) -> tuple[str | None, str | None]:
    if seat is Seat.MENTOR:
        return meeting.mentor_answer, meeting.mentor_proposed
    return meeting.mentee_answer, meeting.mentee_proposed


def _keep(meeting: Meeting, seat: Seat, answer: str | None, proposed: str | None) -> None:
    if seat is Seat.MENTOR:
        meeting.mentor_answer, meeting.mentor_proposed = answer, proposed
    else:
        meeting.mentee_answer, meeting.mentee_proposed = answer, proposed
