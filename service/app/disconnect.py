"""A calendar whose access was withdrawn: it stays listed, counts as unknown, and its owner and other systems are told."""

from __future__ import annotations

from sqlmodel import Session, col, delete

from service.app.house import House
from service.app.make_link import link_of
from service.app.record import emit, note
from service.app.tokens import same_account
from service.domain.ledger import EntryType, Seat
from service.store import calendars, pairs, people
from service.store.tables import Calendar, MailRow, WatchRow
from service.words import speaking
from service.words.letter import html, plain
from service.words.news import disconnected


def mark_disconnected(house: House, session: Session, calendar: Calendar, words: str) -> None:
    """Inside the caller's transaction; told once, however often it is found out.

    What was promised to tell us of changes ended with the access, so a new promise is asked for on reconnecting."""
    if calendar.status == "disconnected":
        return
    _mail_owner(house, session, calendar)
    calendar.status, calendar.problem, calendar.problem_text = "disconnected", "disconnected", words
    session.exec(delete(WatchRow).where(col(WatchRow.calendar_id) == calendar.id))
    emit(house, session, "calendar.disconnected", {"calendar_id": calendar.id, "provider": calendar.provider})
    for pair in pairs.of_person(session, calendar.person_id):
        seat = Seat.MENTOR if pair.mentor_id == calendar.person_id else Seat.MENTEE
        note(house, session, pair.id, EntryType.CALENDAR_DISCONNECTED, calendar_id=calendar.id, seat=seat)


def _mail_owner(house: House, session: Session, calendar: Calendar) -> None:
    """One mail for an account, however many calendars lie behind it: the first that is found out brings it. Of a calendar
    that the owner's page cannot connect, other systems are told alone."""
    if calendar.provider not in house.sign_ins:
        return
    people.lock_time(session, [calendar.person_id])
    person = people.get_many(session, [calendar.person_id])[calendar.person_id]
    rows = calendars.of_people(session, [person.id])
    told = any(one.status == "disconnected" and same_account(one, calendar) for one in rows if one.id != calendar.id)
    if told or person.erased_at is not None:
        return
    link, _ = link_of(house, person)
    with speaking(person.language):
        text = disconnected(calendar.provider, calendar.settings.get("email") or calendar.name, person.name, link)
        mail = MailRow(
            id=f"disconnected.{calendar.id}.{house.now()}",
            person_id=person.id,
            subject=text.subject,
            text=plain(text),
            html=html(text),
            created_at=house.now(),
        )
    session.add(mail)
    session.flush()
    house.jobs.enqueue(session, "send_mail", mail.id, key=f"mail:{mail.id}")
