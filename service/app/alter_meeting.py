"""What people do to a booked meeting by page or API: move it, call it off. Whether it took place: ``report_outcome``."""

from __future__ import annotations

from sqlmodel import Session

from service.app.change_meeting import apply_change
from service.app.fresh_slots import check_free, with_fresh_slots
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.read_busy import known_of
from service.app.refresh import refresh
from service.domain.errors import BadInput, NotNow, Stale, TimeGone
from service.domain.ledger import Seat
from service.domain.meeting import Confidence, DetectedVia, Initiator, MeetingStatus
from service.domain.timespan import DAY, MINUTE, Span
from service.store import meetings, pairs, people
from service.store.tables import Meeting, Pair

FURTHEST = 366 * DAY
REASONS = ("illness", "work", "travel", "private", "holiday", "other")


def check_reason(code: str | None) -> None:
    """Raises ``BadInput`` for a word that is none of ``REASONS``."""
    if code is not None and code not in REASONS:
        raise BadInput.of("reason_code", f"must be one of {', '.join(REASONS)}, or left out")


def _locked(session: Session, meeting_id: str, if_version: int | None) -> tuple[Pair, Meeting]:
    pair = pairs.locked(session, meetings.get(session, meeting_id).pair_id)
    meeting = meetings.get(session, meeting_id)
    if if_version is not None and meeting.version != if_version:
        raise Stale("This meeting was changed in between; read again and send your change once more.")
    if meeting.status != MeetingStatus.BOOKED:
        raise NotNow(f"This meeting is {meeting.status}.", extra={"status": meeting.status})
    return pair, meeting


def move_meeting(
    house: House,
    meeting_id: str,
    *,
    start: int,
    by: Seat,
    reason_code: str | None = None,
    via: DetectedVia = DetectedVia.API,
    if_version: int | None = None,
    once: Once | None = None,
) -> str:
    """Moves it to any time at which both are free, also outside their windows: a person may choose.

    Raises ``TimeGone`` with fresh slots when either is not free then, ``BadInput`` for a time that has passed."""
    seen_before(house, once)
    check_reason(reason_code)
    now = house.now()
    if start <= now:
        raise BadInput.of("start", "must be in the future")
    if start > now + FURTHEST:
        raise BadInput.of("start", "may be a year ahead at most")
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        pair = pairs.get(session, meeting.pair_id)
        pair_id = pair.id
        minutes = (meeting.end - meeting.start) // MINUTE
    refresh(house, [pair.mentor_id, pair.mentee_id], older_than=2)
    try:
        with house.writing() as session:
            keep(session, once, meeting_id, now)
            pair, meeting = _locked(session, meeting_id, if_version)
            old = Span(meeting.start, meeting.end)
            new = old.moved_to(start)
            if new == old:
                return meeting_id
            seats = [pair.mentor_id, pair.mentee_id]
            people.lock_time(session, seats)
            known = known_of(house, session, seats, new.start, new.end, but=meeting.id, for_pair=pair_id)
            check_free(known, new, own=old)
            apply_change(
                house, session, pair, meeting, new,
                initiator=Initiator(by, Confidence.OBSERVED), via=via, reason_code=reason_code,
            )  # fmt: skip
    except TimeGone as trouble:
        raise with_fresh_slots(house, pair_id, trouble, duration_minutes=minutes) from None
    return meeting_id


def cancel_meeting(
    house: House,
    meeting_id: str,
    *,
    by: Seat,
    reason_code: str | None = None,
    via: DetectedVia = DetectedVia.API,
    if_version: int | None = None,
    once: Once | None = None,
) -> str:
    """Calls it off. No reason is asked."""
    seen_before(house, once)
    check_reason(reason_code)
    with house.writing() as session:
        keep(session, once, meeting_id, house.now())
        pair, meeting = _locked(session, meeting_id, if_version)
        if meeting.end <= house.now():
            raise NotNow("This meeting is over; say instead whether it took place.")
        apply_change(
            house, session, pair, meeting, None,
            initiator=Initiator(by, Confidence.OBSERVED), via=via, reason_code=reason_code,
        )  # fmt: skip
    return meeting_id
