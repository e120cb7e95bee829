"""The other suggested another time with their answer to the invitation: does it suit?"""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.app.make_link import link_of
from service.app.note_answers import answer_of, read_proposed
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.store import meetings, pairs
from service.store.tables import AskRow, Person
from service.words import _, times
from service.words.letter import Action, Section

LINKS_LIVE_ON = 14 * DAY


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """The meeting stands as it did, and the suggestion too."""
    meeting = meetings.get(session, ask.facts["meeting_id"])
    span = read_proposed(answer_of(meeting, Seat(ask.facts["seat"]))[1])
    stands = meeting.status == "booked" and meeting.sequence == ask.facts["sequence"]
    return stands and meeting.start > house.now() and span is not None and span.start == ask.facts["start"]


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """Take it, keep it, or look for yet another."""
    meeting = meetings.get(session, ask.facts["meeting_id"])
    _pair, mentor, mentee = pairs.with_people(session, meeting.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    start, sequence = ask.facts["start"], ask.facts["sequence"]
    end = start + meeting.end - meeting.start
    until = max(start, meeting.start) + LINKS_LIVE_ON
    home, _until = link_of(house, reader)
    elsewhere = times.there(start, end, other.time_zone, reader.time_zone)
    take = action_link(house, reader, "take_proposed", meeting.id, start, sequence, expires_at=until)
    stay = action_link(house, reader, "keep_time", meeting.id, sequence, ask.about, expires_at=until)
    return Section(
        title=_("{name} suggests another time").format(name=other.name),
        date=tuple(line for line in (times.when(start, end, reader.time_zone), elsewhere) if line),
        lines=(
            _("At present it stands at {when}.").format(when=times.when(meeting.start, meeting.end, reader.time_zone)),
        ),
        actions=(
            Action(_("Meet at that time"), take),
            Action(_("Keep it as it is"), stay, quiet=True),
            Action(_("Find yet another time"), f"{home}/meetings/{meeting.id}", quiet=True),
        ),
    )
