"""Sends one mail of the outbox; with no mail server it is kept and shown on a page."""

from __future__ import annotations

from typing import Any

from service.app.house import House
from service.app.make_link import link_of
from service.app.record import note
from service.domain.errors import BadInput, HoldfastError, Refused, Unsupported
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import Span
from service.ports.calendar import Attendee, EventDraft
from service.ports.mailer import Mail, Method
from service.store import mails, meetings, pairs, people
from service.store.engine import scrub
from service.store.tables import MailRow, Person

SETTINGS = "mail-settings"  # the page below a person's own where they say how often they may be asked


def send_mail(house: House, mail_id: str) -> None:
    """One try. Raises ``Unreachable`` when the mail server should be tried again later; already sent is a success."""
    with house.reading() as session:
        row = mails.get(session, mail_id)
        if row.status != "queued":
            return
        person = people.get_many(session, [row.person_id])[row.person_id]
    if person.erased_at is not None:
        mark_mail(house, mail_id, "failed", "the person asked to be forgotten")
        return
    try:
        sending = house.mailer.send(_mail(house, row, person))
    except (Refused, Unsupported, BadInput) as trouble:
        mark_mail(house, mail_id, "failed", trouble.detail)
        return
    mark_mail(house, mail_id, sending.value, None)


def mark_mail(house: House, mail_id: str, status: str, problem: str | None) -> None:
    """Writes down what became of it. A mail about somebody who was forgotten meanwhile keeps no words."""
    forgotten = False
    with house.writing() as session:
        row = mails.get(session, mail_id)
        if row.status != "queued":
            return
        row.status, row.problem = status, problem
        row.sent_at = house.now() if status in ("sent", "kept") else None
        meeting = meetings.get(session, row.meeting_id) if row.meeting_id is not None else None
        pair_id = meeting.pair_id if meeting is not None else row.pair_id
        if pair_id is None:
            return
        pair = pairs.get(session, pair_id)
        if meeting is not None and row.method and status in ("sent", "kept"):
            seat = Seat.MENTOR if pair.mentor_id == row.person_id else Seat.MENTEE
            note(
                house, session, pair.id, EntryType.INVITATION_SENT,
                meeting_id=meeting.id, seat=seat, sequence=row.sequence, method=row.method,
            )  # fmt: skip
        both = people.get_many(session, [pair.mentor_id, pair.mentee_id])
        if forgotten := any(person.erased_at is not None for person in both.values()):
            session.flush()
            mails.neutralise(session, [pair.id])
    if forgotten:
        scrub(house.engine)


def give_up_mail(house: House, mail_id: str, trouble: HoldfastError) -> None:
    """After the last try."""
    mark_mail(house, mail_id, "failed", trouble.detail)


def _mail(house: House, row: MailRow, person: Person) -> Mail:
    host = house.mail_from.rpartition("@")[2].rstrip(">") or "holdfast.invalid"
    return Mail(
        message_id=f"{row.id}@{host}",
        to=Attendee(person.name, person.email),
        subject=row.subject,
        text=row.text,
        html=row.html,
        invitation=_draft(row.draft) if row.draft else None,
        method=Method(row.method) if row.method else None,
        unsubscribe=f"{link_of(house, person)[0]}/{SETTINGS}" if row.asks else None,
    )


def _draft(raw: dict[str, Any]) -> EventDraft:
    return EventDraft(
        **{
            **raw,
            "span": Span(**raw["span"]),
            "organizer": Attendee(**raw["organizer"]),
            "attendees": tuple(Attendee(**item) for item in raw["attendees"]),
        }
    )
