"""Invitations: exactly one to each person who needs one, for every version of the meeting.

The person whose calendar carries the event has it there. The other is invited by that calendar's server where it does so,
else by our mail (iMIP). Where no calendar could be written, Holdfast is the organiser and mails both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from sqlmodel import Session

from service.app.house import House
from service.app.make_link import LIFETIME, link_of
from service.domain.ledger import Seat
from service.domain.pair import PairStatus
from service.domain.timespan import WEEK, Span
from service.ports.calendar import Attendee, EventDraft
from service.ports.mailer import Method
from service.store import mails, people
from service.store.tables import MailRow, Meeting, Pair, Person
from service.words import DEFAULT, invitation, speaking
from service.words.invitation import About, Meant
from service.words.letter import html, plain


def seats(session: Session, pair: Pair) -> dict[Seat, Person]:
    """Who sits where."""
    rows = people.get_many(session, [pair.mentor_id, pair.mentee_id])
    return {Seat.MENTOR: rows[pair.mentor_id], Seat.MENTEE: rows[pair.mentee_id]}


def draft(
    house: House, session: Session, pair: Pair, meeting: Meeting, *, who: Mapping[Seat, Person] | None = None
) -> EventDraft:
    """The meeting's newest version as an event. ``who`` sits where, if the caller has read it already."""
    who = who or seats(session, pair)
    mentor, mentee = (Attendee(who[seat].name, who[seat].email) for seat in (Seat.MENTOR, Seat.MENTEE))
    ours = Attendee("Holdfast", house.mail_from)
    organizer = {"mentor": mentor, "mentee": mentee}.get(meeting.organizer, ours)
    owner = who[Seat.MENTEE] if meeting.organizer == "mentee" else who[Seat.MENTOR]
    about = about_of(pair, who)
    with speaking(common_language(who)):
        summary, description = invitation.summary(about), invitation.description(about)
    return EventDraft(
        uid=meeting.ics_uid,
        meeting_id=meeting.id,
        sequence=meeting.sequence,
        span=Span(meeting.start, meeting.end),
        stamp=house.now(),
        summary=summary,
        description=description,
        organizer=organizer,
        attendees=(mentor, mentee),
        zone=owner.time_zone,
        url=house.public_url,
        conference=pair.conference,
    )


def about_of(pair: Pair, who: Mapping[Seat, Person]) -> About:
    """What is said of the pair's meetings."""
    return About(
        mentor=who[Seat.MENTOR].name,
        mentee=who[Seat.MENTEE].name,
        focus=pair.focus,
        next_step=pair.next_step,
        changing=pair.changing,
        last=pair.farewell == "kept",
    )


def common_language(who: Mapping[Seat, Person]) -> str:
    """What both speak: an event has one text."""
    spoken = {person.language for person in who.values()}
    return spoken.pop() if len(spoken) == 1 else DEFAULT


def invited_seats(meeting: Meeting) -> list[Seat]:
    """Who is invited: all but the one whose calendar carries the event."""
    return [seat for seat in Seat if seat.value != meeting.organizer]


def plan_invitations(house: House, session: Session, pair: Pair, meeting: Meeting) -> None:
    """Writes the mails for the meeting's newest version and the jobs that send them, inside the caller's transaction.

    Nothing is written where the calendar's server invites. A meeting that was never announced is not called off."""
    if meeting.server_invites:
        return
    who = seats(session, pair)
    method = Method.CANCEL if meeting.status == "cancelled" else Method.REQUEST
    made = _answered_to_us(house, session, meeting, draft(house, session, pair, meeting))
    for seat in invited_seats(meeting):
        person = who[seat]
        if person.erased_at is not None:
            continue
        mail_id = f"{meeting.id}.{meeting.sequence}.{seat.value}"
        if session.get(MailRow, mail_id) is not None:
            continue  # this version was announced to them already
        with speaking(person.language):
            text = invitation.letter(about_of(pair, who), _meant(house, pair, meeting, person, who[seat.other]))
            shown = plain(text), html(text)
        mail = MailRow(
            id=mail_id,
            person_id=person.id,
            meeting_id=meeting.id,
            sequence=meeting.sequence,
            method=method.value,
            subject=text.subject,
            text=shown[0],
            html=shown[1],
            draft=asdict(made),
            created_at=house.now(),
        )
        session.add(mail)
        session.flush()
        house.jobs.enqueue(session, "send_mail", mail.id, key=f"mail:{mail.id}")


def _answered_to_us(house: House, session: Session, meeting: Meeting, made: EventDraft) -> EventDraft:
    """Where a mailbox of ours is read, answers go there: the organiser that a mail names is who its answers are mailed to.
    It never changes between the versions of a meeting, or programs would show two."""
    if house.mailbox is None:
        return made
    earlier = next((mail.draft for mail in mails.of_meetings(session, [meeting.id]) if mail.draft), None)
    ours = Attendee("Holdfast", house.mail_from)
    return replace(made, organizer=Attendee(**earlier["organizer"]) if earlier else ours)


def _meant(house: House, pair: Pair, meeting: Meeting, reader: Person, other: Person) -> Meant:
    link, _ = link_of(house, reader, lifetime=max(LIFETIME, meeting.end + WEEK - house.now()))
    changed = "cancelled" if meeting.status == "cancelled" else "moved" if meeting.sequence else "booked"
    return Meant(
        changed=changed,
        start=meeting.start,
        end=meeting.end,
        reader=reader.name,
        zone=reader.time_zone,
        other=other.name,
        there=other.time_zone,
        link=link,
        onward=pair.status == PairStatus.ACTIVE,
    )
