"""What the hold model remembers of a pair: the outcomes of both people's earlier meetings, each as it was first booked."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.domain.stability import MeetingRow, Outcome, PairMemory, memory_from
from service.domain.timespan import DAY, MINUTE
from service.domain.windows import WindowKind
from service.store import meetings
from service.store.tables import Pair

# Beyond four half-lives a meeting weighs under a sixteenth.
REMEMBERED = 720 * DAY


def pair_memory(house: House, session: Session, pair: Pair, now: int, *, zone: str) -> PairMemory:
    """The memory of one pair at ``now``, in one query. ``zone`` is the clock that tells a meeting's weekday."""
    rows = [
        MeetingRow(
            booked_at=booked_at,
            first_start=first_start,
            minutes=(end - start) // MINUTE,
            kind=WindowKind(kind),
            outcome=Outcome(outcome),
            outcome_at=outcome_at,
            zone=zone,
            pair_id=pair_id,
            mentor_id=mentor_id,
            mentee_id=mentee_id,
        )
        for booked_at, first_start, start, end, kind, outcome, outcome_at, pair_id, mentor_id, mentee_id in (
            meetings.outcomes(session, [pair.mentor_id, pair.mentee_id], now - REMEMBERED)
        )
    ]
    return memory_from(
        rows, now, pair_id=pair.id, mentor_id=pair.mentor_id, mentee_id=pair.mentee_id, terms=house.terms
    )
