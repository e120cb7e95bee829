"""Export and erasure: everything that is held of a person, given out or taken out at once.

The partner's ledger stays, and stays anonymous: it never held a name.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import col, delete, select

from service.app import show
from service.app.connect_calendar import disconnect_calendar
from service.app.end_pair import end_pair
from service.app.house import House
from service.app.show_churn import held_words
from service.domain.ledger import Seat
from service.domain.pair import PairStatus
from service.domain.timespan import rfc3339
from service.store import (
    asks,
    calendars,
    churn,
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
from service.store.tables import LocalEvent, MailRow


def export_person(house: House, person_id: str) -> dict[str, Any]:
    """All that is held of a person, in the words of the API; credentials are not data about a person and stay sealed."""
    with house.reading() as session:
        row = people.get(session, person_id)
        owned = calendars.of_people(session, [person_id])
        own_ids = [calendar.id for calendar in owned]
        local = session.exec(
            select(LocalEvent).where(col(LocalEvent.calendar_id).in_(own_ids), col(LocalEvent.deleted).is_(False))
        ).all()
        mails = session.exec(select(MailRow).where(MailRow.person_id == person_id).order_by(col(MailRow.id))).all()
        seats = pairs.of_person(session, person_id)
        return {
            "person": show.person(house, row),
            "calendars": [show.calendar(calendar) for calendar in owned],
            "events": [show.local_event(event) for event in local],
            "pairs": [
                {
                    **show.pair(pair),
                    "meetings": show.meetings_words(session, meetings.history(session, [pair.id]), pair),
                    "ledger": [
                        show.ledger_entry(entry)
                        for entry in pairs.ledger_page(session, pair.id, cursor=None, limit=100_000)[0]
                    ],
                }
                for pair in seats
            ],
            "churn": held_words(session, row),
            "worth": [
                {"meeting_id": meeting_id, "worth": worth}
                for meeting_id, worth in marks.of_person(session, person_id, [pair.id for pair in seats]).items()
            ],
            "review_choices": [
                {"review_id": review_id, "choice": choice}
                for review_id, choice in reviews.choices_of(session, person_id).items()
            ],
            "last_meeting_wishes": [
                {"pair_id": pair_id, "wish": wish} for pair_id, wish in farewells.wishes_of(session, person_id).items()
            ],
            "mails": [
                {"subject": m.subject, "text": m.text, "status": m.status, "created_at": rfc3339(m.created_at)}
                for m in mails
            ],
        }


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
        marks.forget(session, person_id)
        reviews.forget(session, person_id)
        farewells.forget(session, person_id, [pair.id for pair in seats])
        pairs.neutralise(session, [pair.id for pair in seats])
        local_events.neutralise(session, [pair.id for pair in seats])
        churn.forget(session, person_id)
        row.name, row.email = "Someone", f"{row.id}@forgotten.invalid"
        row.working_hours, row.windows, row.holidays = [], {}, None
        row.feed_hash = house.vault.fingerprint(house.new_id("gone"))
        row.feed_secret = b""
        row.link_generation += 1
        row.erased_at = house.now()
        row.version += 1
    scrub(house.engine)
