"""Erasure: everything that is held of a person, taken out at once (``export_person`` gives it out; ``store.fates`` says what
becomes of every column).

The partner's ledger stays, and stays anonymous: it never held a name.
"""

from __future__ import annotations

from sqlmodel import col, delete

from service.app.connect_calendar import disconnect_calendar
from service.app.end_pair import end_for_good, end_pair
from service.app.house import House
from service.domain.ledger import Seat
from service.domain.pair import PairStatus
from service.store import (
    asks,
    calendars,
    churn,
    claims,
    farewells,
    local_events,
    mails,
    marks,
    meetings,
    pairs,
    people,
    reviews,
)
from service.store.engine import scrub
from service.store.tables import MailRow
from service.words import DEFAULT


def forget_person(house: House, person_id: str) -> None:
    """Ends the person's pairs in neutral words, then takes out tokens, events, mails, name and address.

    The name also stood in the partner's mails and event titles, and it stands in older versions of rows in the database's
    own log: it goes there too. What still has to be sent loses its words once it is sent (``send_mail``)."""
    with house.reading() as session:
        people.get(session, person_id)
        signed_in = [c.id for c in calendars.of_people(session, [person_id]) if c.provider in house.sign_ins]
        seats = pairs.of_person(session, person_id)
    for pair in seats:
        if pair.status != PairStatus.ENDED:
            end_pair(house, pair.id, by=Seat.MENTOR if pair.mentor_id == person_id else Seat.MENTEE)
        else:
            with house.writing() as session:
                end_for_good(house, session, pairs.locked(session, pair.id))
    for calendar_id in signed_in:
        disconnect_calendar(house, calendar_id)  # what the provider gave is given back
    with house.writing() as session:
        row = people.get(session, person_id)
        for calendar in calendars.of_people(session, [person_id]):
            meetings.forget_place(session, calendar.id)
            calendars.drop(session, calendar)
        session.exec(delete(MailRow).where(col(MailRow.person_id) == person_id))
        mails.neutralise(session, [pair.id for pair in seats])
        asks.forget(session, person_id, [pair.id for pair in seats])
        claims.let_go_of(session, [pair.id for pair in seats])
        marks.forget(session, person_id)
        reviews.forget(session, person_id)
        farewells.forget(session, person_id, [pair.id for pair in seats])
        pairs.neutralise(session, [pair.id for pair in seats])
        local_events.neutralise(session, [pair.id for pair in seats])
        churn.forget(session, person_id)
        row.name, row.email = "Someone", f"{row.id}@forgotten.invalid"
        row.working_hours, row.windows, row.holidays, row.language = [], {}, None, DEFAULT
        row.feed_hash = house.vault.fingerprint(house.new_id("gone"))
        row.feed_secret = b""
        row.link_generation += 1
        row.erased_at = house.now()
        row.version += 1
    scrub(house.engine)
