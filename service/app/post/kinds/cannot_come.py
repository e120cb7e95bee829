"""Somebody's calendar said no to an invitation: they are offered other times, so that the other need not ask."""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.app.make_link import link_of
from service.app.note_answers import answer_of
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.store import meetings, pairs
from service.store.tables import AskRow, Person
from service.words import _, times
from service.words.letter import Action, Section

LINKS_LIVE_ON = 14 * DAY


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """The meeting stands as it did, and so does the answer."""
    meeting = meetings.get(session, ask.facts["meeting_id"])
    stands = meeting.status == "booked" and meeting.sequence == ask.facts["sequence"]
    return stands and meeting.start > house.now() and answer_of(meeting, Seat(ask.facts["seat"]))[0] == "declined"


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """Another time, or none."""
    meeting = meetings.get(session, ask.facts["meeting_id"])
    _pair, mentor, mentee = pairs.with_people(session, meeting.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = meeting.start + LINKS_LIVE_ON
    home, _until = link_of(house, reader)
    sequence = ask.facts["sequence"]
    stay = action_link(house, reader, "keep_time", meeting.id, sequence, ask.about, expires_at=until)
    off = action_link(house, reader, "call_off", meeting.id, sequence, expires_at=until)
    return Section(
        title=_("You cannot come? Another time is quickly found"),
        date=(times.when(meeting.start, meeting.end, reader.time_zone),),
        lines=(
            _("Your answer to the invitation was no, and that is fine. {name} need not do anything.").format(
                name=other.name
            ),
        ),
        actions=(
            Action(_("Find another time"), f"{home}/meetings/{meeting.id}"),
            Action(_("Call it off"), off, quiet=True),
            Action(_("I can come after all"), stay, quiet=True),
        ),
    )
