"""Calling meetings off in nobody's name, because the pair rests or ends."""

from __future__ import annotations

from sqlmodel import Session

from service.app.change_meeting import apply_change
from service.app.house import House
from service.domain.meeting import NOBODY_KNOWN, DetectedVia
from service.store.tables import Meeting, Pair


def call_off(house: House, session: Session, pair: Pair, meeting: Meeting, because: str) -> None:
    """Inside the caller's transaction, the pair locked.

    The time itself did nothing wrong, so it teaches the hold model neither way: what became of the time first booked stays
    as unknown, or known, as it was."""
    known = meeting.first_outcome, meeting.first_outcome_at
    apply_change(house, session, pair, meeting, None, initiator=NOBODY_KNOWN, via=DetectedVia.APP, reason_code=because)
    meeting.first_outcome, meeting.first_outcome_at = known
