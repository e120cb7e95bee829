"""Noticing: a calendar was read, and one of our meetings does not stand there as we left it.

Decides from times alone (``domain.meeting.sighting``): an edited title is nothing, our own write coming back is nothing,
a changed time is a move and a missing event a cancellation by the calendar's owner.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from service.app.change_meeting import apply_change
from service.app.dragged import NOWHERE, Elsewhere, Place, moved_over
from service.app.house import House
from service.app.note_answers import note_answers
from service.app.observe_copy import VIA, look_at_copies, owner_of
from service.domain.meeting import Sighting, sighting
from service.domain.timespan import Span
from service.ports.calendar import RemoteEvent
from service.store import meetings, pairs
from service.store.tables import Calendar, Meeting


def observe(
    house: House,
    session: Session,
    calendar: Calendar,
    seen: Mapping[str, RemoteEvent | None],
    gone_uids: Mapping[str, str | None],
    elsewhere: Elsewhere = NOWHERE,
) -> None:
    """Looks through what a reading brought (``None`` = the event is gone) for events that carry a meeting of ours."""
    if not seen:
        return
    by_remote: dict[str, Meeting] = {}
    by_uid: dict[str, Meeting] = {}
    for meeting in meetings.in_calendar(session, calendar.id):
        by_uid[meeting.ics_uid] = meeting
        if meeting.remote_id:
            by_remote[meeting.remote_id] = meeting
    reappeared = {event.uid for event in seen.values() if event is not None and not event.cancelled}
    copies = []
    for remote_id, event in seen.items():
        uid = event.uid if event else gone_uids.get(remote_id)
        ours = by_remote.get(remote_id) or by_uid.get(uid or "")
        if ours is None:
            copies += [event] if event is not None and not event.cancelled and event.uid else []
        elif event is not None or ours.ics_uid not in reappeared:
            gone = event is None or event.cancelled
            if gone and ours.ics_uid in elsewhere and _dragged(house, session, calendar, ours, elsewhere[ours.ics_uid]):
                continue
            _look(house, session, calendar, ours, remote_id, event)
    look_at_copies(house, session, calendar, copies)


def _dragged(house: House, session: Session, calendar: Calendar, found: Meeting, place: Place) -> bool:
    """Whether the event stands in another calendar of the account by now, and the meeting went along."""
    pairs.locked(session, found.pair_id)
    meeting = meetings.get(session, found.id)
    if meeting.status != "booked" or place.calendar_id == calendar.id:
        return False
    return meeting.calendar_id != calendar.id or moved_over(house, session, meeting, place)


def _look(
    house: House, session: Session, calendar: Calendar, found: Meeting, remote_id: str, event: RemoteEvent | None
) -> None:
    pair = pairs.locked(session, found.pair_id)
    meeting = meetings.get(session, found.id)
    there = event.master if event is not None and not event.cancelled else None
    if event is not None and not event.cancelled and event.master is None:
        return  # a shape we cannot judge is not a move
    known = _span(meeting.known_start, meeting.known_end)
    current = Span(meeting.start, meeting.end) if meeting.status == "booked" else None
    verdict = sighting(there, last_known=known, current=current, ours_in_flight=_in_flight(session, meeting))
    if there is not None:
        meeting.remote_id = remote_id  # a calendar program may give the same event another name
    if event is not None and verdict in (Sighting.OUR_WRITE, Sighting.NOTHING):
        meeting.etag = event.etag
    if event is not None:
        note_answers(house, session, pair, meeting, event)
    if verdict is Sighting.OUR_WRITE and there is not None:
        meeting.known_start, meeting.known_end = there.start, there.end
        if there == current:
            meeting.written_sequence, meeting.booking_status = meeting.sequence, "written"
    if verdict is Sighting.MOVED and there is not None:
        meeting.etag = event.etag if event else None
    if verdict is Sighting.DELETED and meeting.end <= house.now():
        meeting.booking_status = "removed"  # tidying up after it took place is no cancellation
        return
    if verdict in (Sighting.MOVED, Sighting.DELETED):
        apply_change(
            house,
            session,
            pair,
            meeting,
            there,
            initiator=owner_of(calendar, pair),
            via=VIA[calendar.provider],
            seen_in_calendar=True,
            seen_sequence=event.sequence if event else 0,
        )


def _in_flight(session: Session, meeting: Meeting) -> list[Span]:
    """Times we decided on since the last version that is known to stand in the calendar."""
    if meeting.booking_status not in ("pending", "written"):
        return []
    changes = meetings.changes(session, [meeting.id])[meeting.id]
    times = [c.new for c in changes if c.new and c.sequence > meeting.written_sequence]
    if meeting.written_sequence < 0:
        times += [c.old for c in changes[:1]]
    return times


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else Span(start, end)
