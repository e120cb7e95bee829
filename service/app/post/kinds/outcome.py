"""A meeting is over: did it take place?"""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.domain.timespan import DAY
from service.store import meetings, pairs
from service.store.tables import AskRow, Meeting, Person
from service.words import _, times
from service.words.letter import Action, Section

LINKS_LIVE = 60 * DAY


def _meeting(session: Session, ask: AskRow) -> tuple[Meeting, int]:
    """The meeting, and the change of it after whose end was asked."""
    meeting_id, _colon, sequence = ask.about.partition(":")
    return meetings.get(session, meeting_id), int(sequence)


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """It stands where it stood, is over, and this person has not said yet."""
    meeting, sequence = _meeting(session, ask)
    if meeting.status == "cancelled" or meeting.sequence != sequence or meeting.end > house.now():
        return False
    mentor = pairs.get(session, meeting.pair_id).mentor_id == ask.person_id
    return (meeting.mentor_says if mentor else meeting.mentee_says) is None


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """Two taps to choose from."""
    meeting, _sequence = _meeting(session, ask)
    _pair, mentor, mentee = pairs.with_people(session, meeting.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = meeting.end + LINKS_LIVE
    return Section(
        title=_("Did you and {name} meet?").format(name=other.name),
        date=(times.when(meeting.start, meeting.end, reader.time_zone),),
        actions=(
            Action(_("Yes, we met"), action_link(house, reader, "outcome", meeting.id, 1, expires_at=until)),
            Action(
                _("No, not this time"),
                action_link(house, reader, "outcome", meeting.id, 0, expires_at=until),
                quiet=True,
            ),
        ),
    )
