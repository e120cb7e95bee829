"""A calendar whose access was withdrawn: it stays listed, counts as unknown, and its owner and other systems are told."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.record import emit, note
from service.domain.ledger import EntryType, Seat
from service.store import pairs
from service.store.tables import Calendar


def mark_disconnected(house: House, session: Session, calendar: Calendar, words: str) -> None:
    """Inside the caller's transaction; told once, however often it is found out."""
    if calendar.status == "disconnected":
        return
    calendar.status, calendar.problem, calendar.problem_text = "disconnected", "disconnected", words
    emit(house, session, "calendar.disconnected", {"calendar_id": calendar.id, "provider": calendar.provider})
    for pair in pairs.of_person(session, calendar.person_id):
        seat = Seat.MENTOR if pair.mentor_id == calendar.person_id else Seat.MENTEE
        note(house, session, pair.id, EntryType.CALENDAR_DISCONNECTED, calendar_id=calendar.id, seat=seat)
