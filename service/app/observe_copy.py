"""A copy of one of our meetings in another calendar: the invited person's, where an invitation put it.

Copies lag behind, so a time that the meeting ever had says nothing. A time it never had is a move by the calendar's owner:
it becomes the meeting's time when the other is free then. When the other is not, the meeting stays where it is, and the
owner is asked to pick a time that suits both.

A copy follows the organiser's event, and may be read before it. So whoever reads a copy at a new time has the organiser's
calendar read first (``carriers_behind``): what the organiser did is theirs, and only what is left is the copy's owner's.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlmodel import Session

from service.app.change_meeting import apply_change
from service.app.house import House
from service.app.onus import ask_to_pick
from service.app.read_busy import known_of
from service.domain.errors import TimeGone
from service.domain.ledger import Seat
from service.domain.meeting import Change, Confidence, DetectedVia, Initiator
from service.domain.pair import PairStatus
from service.domain.timespan import Span
from service.ports.calendar import RemoteEvent
from service.store import meetings, pairs
from service.store.tables import Calendar, Meeting, Pair

log = structlog.get_logger(__name__)

# A local calendar is changed through our own events calls.
VIA = {
    "google": DetectedVia.GOOGLE,
    "microsoft": DetectedVia.MICROSOFT,
    "caldav": DetectedVia.CALDAV,
    "local": DetectedVia.API,
}


def owner_of(calendar: Calendar, pair: Pair) -> Initiator:
    """The calendar's owner, as far as the calendar shows it: inferred. Never a guess beyond that."""
    seat = Seat.MENTOR if calendar.person_id == pair.mentor_id else Seat.MENTEE
    return Initiator(seat, Confidence.INFERRED)


def carriers_behind(session: Session, calendar: Calendar, events: Sequence[RemoteEvent]) -> list[str]:
    """The calendars that carry the meetings of which ``events`` hold a copy at a time that the meeting never had."""
    if calendar.provider not in VIA:
        return []
    copies = {event.uid: event.master for event in events if event.uid and event.master and not event.recurring}
    found = [m for m in meetings.by_uids(session, list(copies)) if m.calendar_id not in (None, calendar.id)]
    changes = meetings.changes(session, [meeting.id for meeting in found])
    moved = {m.calendar_id for m in found if m.calendar_id and copies[m.ics_uid] not in _ever(m, changes[m.id])}
    return sorted(moved)


def _ever(meeting: Meeting, changes: Sequence[Change]) -> set[Span]:
    """Every time that the meeting has or had."""
    return {Span(meeting.start, meeting.end), *(c.old for c in changes), *(c.new for c in changes if c.new)}


def look_at_copies(house: House, session: Session, calendar: Calendar, events: Sequence[RemoteEvent]) -> None:
    """Looks through events of a calendar that carries none of them as organiser."""
    if calendar.provider not in VIA or not events:
        return
    copies = {event.uid: event for event in events if event.uid and event.master is not None and not event.recurring}
    for found in meetings.by_uids(session, list(copies)):
        pair = pairs.locked(session, found.pair_id)
        meeting = meetings.get(session, found.id)
        seen = copies[meeting.ics_uid].master
        if calendar.person_id in (pair.mentor_id, pair.mentee_id) and seen is not None:
            _judge(house, session, calendar, pair, meeting, seen)


def _judge(house: House, session: Session, calendar: Calendar, pair: Pair, meeting: Meeting, seen: Span) -> None:
    changes = meetings.changes(session, [meeting.id])[meeting.id]
    if (
        meeting.status != "booked"
        or seen in _ever(meeting, changes)
        or seen.start <= house.now()
        or meeting.end <= house.now()
    ):
        return
    other = pair.mentee_id if calendar.person_id == pair.mentor_id else pair.mentor_id
    known = known_of(house, session, [other], seen.start, seen.end, but=meeting.id, for_pair=pair.id)[other]
    old = Span(meeting.start, meeting.end)
    own_copy = (max(old.start, seen.start), min(old.end, seen.end))
    if not known.complete or known.busy.without(*own_copy).overlaps(seen.start, seen.end):
        _stays(house, session, calendar, pair, meeting, known=known.complete)
        return
    try:
        apply_change(
            house, session, pair, meeting, seen, initiator=owner_of(calendar, pair), via=VIA[calendar.provider]
        )
    except TimeGone:
        _stays(house, session, calendar, pair, meeting, known=True)


def _stays(house: House, session: Session, calendar: Calendar, pair: Pair, meeting: Meeting, *, known: bool) -> None:
    """The other is taken then: the meeting stays where it is, and whoever would like another time is asked to pick one."""
    log.info("copy_moved_onto_taken_time", meeting_id=meeting.id, calendar_id=calendar.id)
    mover = owner_of(calendar, pair).role
    if known and mover is not None and pair.status == PairStatus.ACTIVE:
        ask_to_pick(house, session, pair, meeting, mover)
