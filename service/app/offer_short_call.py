"""A short call in place of a meeting: a few times of twenty minutes, for whoever asks. Nothing changes before one is chosen."""

from __future__ import annotations

from sqlmodel import Session

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.propose_slots import check_active, check_room
from service.app.refresh import refresh
from service.app.store_offer import Offer, store_offer
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.domain.move_budget import SHORT_CALL_MINUTES
from service.domain.proposal import Purpose
from service.store import meetings, pairs, proposals
from service.store.tables import Meeting, Pair

HORIZON_DAYS = 10
OFFERED = 3
FRESH_SECONDS = 30


def offer_short_call(house: House, meeting_id: str, *, by: Seat, once: Once | None = None) -> str:
    """Makes the proposal, or gives the one that is open already; returns its id.

    Raises ``NotNow`` for a meeting that is not booked or has begun, ``TooMany`` as ``propose_slots`` does."""
    seen_before(house, once)
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        pair = pairs.get(session, meeting.pair_id)
        _check(house, pair, meeting)
    refresh(house, [pair.mentor_id, pair.mentee_id], older_than=FRESH_SECONDS)
    situation = read_situation(house, pair.id, horizon_days=HORIZON_DAYS, duration_minutes=SHORT_CALL_MINUTES)
    found = find_slots(house, situation, limit=OFFERED)
    proposal_id = house.new_id("prop")
    with house.writing() as session:
        pair = pairs.locked(session, pair.id)
        _check(house, pair, meetings.get(session, meeting_id))
        standing = _open(house, session, meeting_id)
        keep(session, once, standing or proposal_id, house.now())
        if standing is not None:
            return standing
        check_room(house, session, pair.id)
        offer = Offer(
            proposal_id, by, by=by, at_hand=True, horizon_days=HORIZON_DAYS,
            purpose=Purpose.SHORT_CALL, meeting_id=meeting_id,
        )  # fmt: skip
        store_offer(house, session, pair, situation, found, offer)
    return proposal_id


def _check(house: House, pair: Pair, meeting: Meeting) -> None:
    check_active(pair)
    if meeting.status != "booked":
        raise NotNow(f"This meeting is {meeting.status}.", extra={"status": meeting.status})
    if meeting.start <= house.now():
        raise NotNow("This meeting has begun.")


def _open(house: House, session: Session, meeting_id: str) -> str | None:
    row = proposals.about(session, [meeting_id], Purpose.SHORT_CALL).get(meeting_id)
    return row.id if row is not None and row.expires_at > house.now() else None
