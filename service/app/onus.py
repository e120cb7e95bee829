"""The onus of a move lies with whoever moved: they are asked to pick among times that suit both, and the other never chases.

That is wanted where a meeting was called off, or moved in a calendar to a time at which the other is taken. What was moved to
a time that suits both needs nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog
from sqlmodel import Session

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.post.ask import plan_for
from service.app.read_busy import known_of
from service.app.store_offer import Offer, store_offer
from service.app.timetables import timetable
from service.domain.errors import Unreachable
from service.domain.ledger import Seat
from service.domain.meeting import Change, ChangeKind
from service.domain.pair import PairStatus
from service.domain.proposal import EXPIRY_SECONDS, MOST_OPEN, Purpose
from service.domain.timespan import DAY, MINUTE, Span, rfc3339
from service.domain.working_time import LOOK_AHEAD, deadline
from service.store import calendars, meetings, pairs, people, proposals
from service.store.tables import Meeting, Pair

log = structlog.get_logger(__name__)

OFFERED = 3
LEFT_OUT = 5  # so many more are looked at, as some may be times that it was moved away from
HORIZON_DAYS = 28


def who_picks(house: House, session: Session, pair: Pair, meeting: Meeting, made: Change) -> Seat | None:
    """Who has to find another time after a change; ``None`` where nobody has to, or nobody can be named."""
    mover = made.initiator.role
    if mover is None or pair.status != PairStatus.ACTIVE or made.old.end <= house.now():
        return None
    if made.kind is ChangeKind.CANCELLED:
        return mover
    if made.kind is not ChangeKind.MOVED or made.new is None:
        return None
    other = pair.mentee_id if mover is Seat.MENTOR else pair.mentor_id
    known = known_of(house, session, [other], made.new.start, made.new.end, but=meeting.id, for_pair=pair.id)[other]
    # Their own copy of the meeting is not in its way, wherever it stands by now. What was read is cut to the new time.
    busy = known.busy.without(max(made.old.start, made.new.start), min(made.old.end, made.new.end))
    for copy in calendars.copies(session, other, meeting.ics_uid):
        busy = busy.without(max(copy.start, made.new.start), min(copy.end, made.new.end))
    return mover if busy.overlaps(made.new.start, made.new.end) else None


def ask_to_pick(house: House, session: Session, pair: Pair, meeting: Meeting, mover: Seat) -> dict[str, Any]:
    """Has the mover asked to pick a time, and says so as ``next_action``; inside the caller's transaction."""
    person_id = pair.mentor_id if mover is Seat.MENTOR else pair.mentee_id
    person = people.get_many(session, [person_id])[person_id]
    now = house.now()
    busy = known_of(house, session, [person_id], now - DAY, now + LOOK_AHEAD)[person_id].busy
    due = deadline(timetable(person), busy, plan_for(house, session, person_id).reaches, EXPIRY_SECONDS)
    key = f"pick:{meeting.id}:{meeting.sequence}"
    house.jobs.enqueue(session, "offer_times", meeting.id, meeting.sequence, mover.value, due, key=key)
    return {"owner": mover.value, "due": rfc3339(due)}


def offer_times(house: House, meeting_id: str, sequence: int, seat: str, due: int) -> None:
    """A job: offers the mover three times that suit both, once for each version of the meeting, while it stands so.

    Raises ``Unreachable`` while a calendar is unknown."""
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        pair = pairs.get(session, meeting.pair_id)
        away = [change.old for change in meetings.changes(session, [meeting_id])[meeting_id]]
        if not _wanted(house, session, pair, meeting, sequence, due):
            return
    minutes = (meeting.end - meeting.start) // MINUTE
    situation = read_situation(house, pair.id, horizon_days=HORIZON_DAYS, duration_minutes=minutes)
    found = find_slots(house, situation, limit=OFFERED + LEFT_OUT)
    if not found.complete:
        raise Unreachable("A calendar cannot be read at the moment, so no times can be offered.")
    # The time it was moved away from is free again, and not what is looked for.
    others = [slot for slot in found.slots if not any(left.overlaps(Span(slot.start, slot.end)) for left in away)]
    found = replace(found, slots=tuple(others[:OFFERED]))
    if not found.slots:
        log.info("nothing_to_pick", meeting_id=meeting_id)
        return
    with house.writing() as session:
        pair = pairs.locked(session, pair.id)
        meeting = meetings.get(session, meeting_id)
        if _wanted(house, session, pair, meeting, sequence, due):
            offer = Offer(
                house.new_id("prop"),
                Seat(seat),
                horizon_days=HORIZON_DAYS,
                purpose=Purpose.PICK,
                meeting_id=meeting_id,
                about_sequence=sequence,
                expires_at=due,
            )
            store_offer(house, session, pair, situation, found, offer)


def _wanted(house: House, session: Session, pair: Pair, meeting: Meeting, sequence: int, due: int) -> bool:
    return (
        pair.status == PairStatus.ACTIVE
        and meeting.status in ("booked", "cancelled")
        and meeting.sequence == sequence
        and due > house.now()
        and not proposals.made_about(session, meeting.id, Purpose.PICK, sequence)
        and len(proposals.open_of(session, pair.id)) < MOST_OPEN
        and not (meeting.status == "cancelled" and meetings.upcoming(session, pair.id, house.now()))
    )
