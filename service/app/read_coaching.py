"""What two people agreed on and what they have given: objectives, sessions, minutes per seat, the open review."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from service.app import show
from service.app.house import House
from service.app.report_outcome import words_of
from service.domain.ledger import Seat
from service.domain.meeting import MeetingStatus
from service.domain.outcome import Sitting, minutes_given
from service.domain.timespan import rfc3339
from service.store import meetings, pairs, reviews
from service.store.tables import Pair


def given_by(session: Session, pair: Pair) -> dict[Seat, int]:
    """The minutes each seat has given in this pair so far."""
    return minutes_given(
        Sitting(row.end - row.start, MeetingStatus(row.status), words_of(row))
        for row in meetings.history(session, [pair.id])
    )


def read_coaching(house: House, pair_id: str) -> dict[str, Any]:
    """The answer of ``GET /v1/pairs/{id}/coaching``."""
    with house.reading() as session:
        pair = pairs.get(session, pair_id)
        review = reviews.open_of(session, [pair_id]).get(pair_id)
        minutes = given_by(session, pair)
        return {
            "objectives": pair.objectives,
            "sessions": {
                "agreed": pair.sessions_agreed,
                "held": reviews.sessions_held(session, pair_id, pair.sessions_since),
            },
            "minutes": {seat.value: minutes[seat] for seat in Seat},
            "next_review_on": None if pair.review_due_at is None else rfc3339(pair.review_due_at),
            "review": None if review is None else show.review(review),
        }
