"""Did it happen? Each seat says it in one tap, may mark privately what it was worth, and may write down the next step.

A mark is for the eyes of the one who made it: it stands in no other answer of the API than the export of that person's own
data, in no ledger and no webhook.
"""

from __future__ import annotations

from sqlmodel import Session

from service.app.hold_review import met_again
from service.app.house import House
from service.app.next_step import step_taken, write_step
from service.app.once import Once, keep, seen_before
from service.app.record import emit, note
from service.domain.errors import BadInput, NotNow
from service.domain.ledger import EntryType, Seat
from service.domain.meeting import MeetingStatus
from service.domain.outcome import check_worth, settled
from service.store import marks, meetings, pairs
from service.store.tables import Meeting, Pair


def words_of(meeting: Meeting) -> dict[Seat, bool | None]:
    """What each seat said."""
    return {Seat.MENTOR: meeting.mentor_says, Seat.MENTEE: meeting.mentee_says}


def report_outcome(
    house: House,
    meeting_id: str,
    *,
    by: Seat,
    happened: bool,
    worth: int | None = None,
    next_step: str | None = None,
    once: Once | None = None,
) -> str:
    """One seat says whether it took place. One yes makes it held; missed needs a no and no yes. Both words are kept.

    The same said again changes nothing; a seat may correct itself. Raises ``NotNow`` before the start and for a meeting
    that was called off."""
    seen_before(house, once)
    check_worth(worth)
    if worth is not None and not happened:
        raise BadInput.of("worth", "belongs to a meeting that took place")
    with house.writing() as session:
        keep(session, once, meeting_id, house.now())
        pair, meeting = _over(house, session, meeting_id)
        if words_of(meeting)[by] is not happened:
            if by is Seat.MENTOR:
                meeting.mentor_says = happened
            else:
                meeting.mentee_says = happened
            note(
                house, session, pair.id, EntryType.OUTCOME_REPORTED,
                meeting_id=meeting_id, by=by.value, happened=happened,
            )  # fmt: skip
            _settle(house, session, pair, meeting)
        if not happened:
            marks.drop(session, meeting_id, _person(pair, by))
        elif worth is not None:
            marks.put(session, meeting_id, _person(pair, by), worth, house.now())
        if next_step is not None:
            write_step(house, pair, next_step)
            pair.version += 1
    return meeting_id


def mark_worth(house: House, meeting_id: str, *, by: Seat, worth: int, once: Once | None = None) -> str:
    """What it was worth to one of the two, 1 to 5; a later mark takes the place of an earlier one.

    Raises ``NotNow`` for a meeting that this seat does not remember as held."""
    seen_before(house, once)
    check_worth(worth)
    with house.writing() as session:
        keep(session, once, meeting_id, house.now())
        pair, meeting = _over(house, session, meeting_id)
        if meeting.status != MeetingStatus.HELD or words_of(meeting)[by] is False:
            raise NotNow("Say first that this meeting took place.")
        marks.put(session, meeting_id, _person(pair, by), worth, house.now())
    return meeting_id


def _person(pair: Pair, seat: Seat) -> str:
    return pair.mentor_id if seat is Seat.MENTOR else pair.mentee_id


def _over(house: House, session: Session, meeting_id: str) -> tuple[Pair, Meeting]:
    """The pair, locked, and the meeting, which has begun and was not called off."""
    pair = pairs.locked(session, meetings.get(session, meeting_id).pair_id)
    meeting = meetings.get(session, meeting_id)
    if meeting.status == MeetingStatus.CANCELLED:
        raise NotNow("This meeting was called off.", extra={"status": meeting.status})
    if meeting.start > house.now():
        raise NotNow("This meeting has not begun yet.")
    return pair, meeting


def _settle(house: House, session: Session, pair: Pair, meeting: Meeting) -> None:
    words = words_of(meeting)
    status = settled(words)
    if status is None or meeting.status == status:
        return
    meeting.status, meeting.version = status.value, meeting.version + 1
    if meeting.first_outcome not in ("moved", "cancelled"):
        meeting.first_outcome, meeting.first_outcome_at = status.value, house.now()
    held = status is MeetingStatus.HELD
    said = [seat.value for seat, word in words.items() if word is held]
    kind = EntryType.MEETING_HELD if held else EntryType.MEETING_MISSED
    note(house, session, pair.id, kind, meeting_id=meeting.id, by=said)
    emit(house, session, kind.value, {"meeting_id": meeting.id, "pair_id": pair.id, "sequence": meeting.sequence})
    if held:
        step_taken(pair, meeting)
        session.flush()
        met_again(house, session, pair)
