"""Times for a meeting that moves: whoever moved it picks one, a booked time has turned risky, or a short call will do."""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.app.post.kinds import proposal
from service.domain.meeting import MeetingStatus
from service.store import claims, meetings, pairs, proposals
from service.store.tables import AskRow, Meeting, Person
from service.words import _, times
from service.words.letter import Action, Section


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """As for any offer of times, while the meeting has not begun."""
    row = proposals.get(session, ask.about)
    meeting = meetings.get(session, row.meeting_id or "")
    standing = meeting.status == MeetingStatus.CANCELLED or meeting.start > house.now()
    return standing and proposal.still_wanted(house, session, ask)


def pick(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """The reader moved a meeting or called it off: three times that suit both, and nobody has to write to anybody."""
    name, meeting = _about(session, ask, reader)
    when = times.when(meeting.start, meeting.end, reader.time_zone)
    if meeting.status == MeetingStatus.CANCELLED:
        line = _("The meeting with {name} on {when} is called off. These times suit you both; one tap books one.")
    else:
        line = _("On {when} {name} has something else. These times suit you both; one tap moves the meeting there.")
    return Section(
        title=_("Another time with {name}").format(name=name),
        subject=_("Which time suits you with {name}?").format(name=name),
        lines=(line.format(name=name, when=when), _("{name} need not do anything.").format(name=name)),
        actions=proposal.actions(house, session, ask, reader),
    )


def care(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """A booked time may not hold: better ones, or it stays as it is."""
    name, meeting = _about(session, ask, reader)
    row = proposals.get(session, ask.about)
    until = row.expires_at + proposal.LINKS_LIVE_ON
    actions = list(proposal.actions(house, session, ask, reader, none=_("Leave it as it is")))
    held = claims.held(session, [meeting.id]).get(meeting.id)
    if held is not None:
        url = action_link(house, reader, "fallback", meeting.id, held.start, expires_at=until)
        when = times.when(held.start, held.end, reader.time_zone)
        held_for_both = Action(heading=when, label=_("Choose this time"), url=url, details=(_("held for you both"),))
        actions.insert(-1, held_for_both)
    return Section(
        title=_("Your meeting with {name}: a steadier time?").format(name=name),
        lines=(
            _("{when} has become a time at which meetings often move. These look steadier for you both.").format(
                when=times.when(meeting.start, meeting.end, reader.time_zone)
            ),
            _("It is offered this once. If nothing is chosen, everything stays as it is."),
        ),
        actions=tuple(actions),
    )


def short_call(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """A short call in place of the meeting."""
    name, _meeting = _about(session, ask, reader)
    return Section(
        title=_("A short call with {name}").format(name=name),
        lines=(_("Twenty minutes are easier to find. These times suit you both."),),
        actions=proposal.actions(house, session, ask, reader, none=_("Leave it as it is")),
    )


def _about(session: Session, ask: AskRow, reader: Person) -> tuple[str, Meeting]:
    """The other's name, and the meeting."""
    row = proposals.get(session, ask.about)
    _pair, mentor, mentee = pairs.with_people(session, row.pair_id)
    return (mentee if reader.id == mentor.id else mentor).name, meetings.get(session, row.meeting_id or "")
