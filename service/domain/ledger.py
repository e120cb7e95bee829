"""The ledger: what happened to a pair, in order, never changed. Everything else that is said about a pair is computed.

An entry's ``data`` holds ids, seats and epoch seconds only: no names, no addresses, no free text. It stays readable, and
harmless, when one of the two has asked to be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Seat(StrEnum):
    """The two seats of a pair; for coaching too."""

    MENTOR = "mentor"
    MENTEE = "mentee"

    @property
    def other(self) -> Seat:
        """The one across."""
        return Seat.MENTEE if self is Seat.MENTOR else Seat.MENTOR


class EntryType(StrEnum):
    """What can be written: a noun and what became of it."""

    PAIR_CREATED = "pair.created"  # {}
    PAIR_PAUSED = "pair.paused"  # {until: int | None}
    PAIR_RESUMED = "pair.resumed"  # {}
    PAIR_RESTARTED = "pair.restarted"  # {}: earlier moves stop counting
    PAIR_ENDED = "pair.ended"  # {}
    PAIR_SLOWED = "pair.slowed"  # {every, unit}: the new cadence
    REVIEW_OPENED = "review.opened"  # {review_id, because}
    REVIEW_AGREED = "review.agreed"  # {review_id, outcome}: what came of it, never who chose what
    DRIFT_OFFERED = "drift.offered"  # {drift_id}
    DRIFT_CLOSED = "drift.closed"  # {drift_id}: somebody acted; not who, nor what they chose
    # {proposal_id, responder, expires_at, slots: int, purpose, by: the seat that asked for it (absent: Holdfast or a program),
    #  meeting_id (where it is about moving one)}
    PROPOSAL_CREATED = "proposal.created"
    PROPOSAL_NUDGED = "proposal.nudged"  # {proposal_id, seat}
    PROPOSAL_ACCEPTED = "proposal.accepted"  # {proposal_id, slot_id, by (null: as both agreed before), meeting_id}
    PROPOSAL_DECLINED = "proposal.declined"  # {proposal_id, by}
    PROPOSAL_EXPIRED = "proposal.expired"  # {proposal_id}
    PROPOSAL_WITHDRAWN = "proposal.withdrawn"  # {proposal_id}
    MEETING_BOOKED = (
        "meeting.booked"  # {meeting_id, start, end, kind, hold_probability, zone, by (null: as agreed before)}
    )
    # {meeting_id, sequence, old: {start, end}, new: {start, end}, kind, initiator: {role, confidence}, detected_via,
    #  notice_minutes, late, reason_code}
    MEETING_MOVED = "meeting.moved"
    MEETING_MOVED_BACK = "meeting.moved_back"  # the same shape: the move before it was undone
    MEETING_CANCELLED = "meeting.cancelled"  # the same shape with new: None
    MEETING_HELD = "meeting.held"  # {meeting_id, by: [seats that said so]}
    MEETING_MISSED = "meeting.missed"  # {meeting_id, by: [...]}
    OUTCOME_REPORTED = "outcome.reported"  # {meeting_id, by, happened: bool}
    FALLBACK_HELD = "fallback.held"  # {meeting_id, start, end}: in place of the one before
    FALLBACK_RELEASED = "fallback.released"  # {meeting_id}
    INVITATION_SENT = "invitation.sent"  # {meeting_id, seat, sequence}
    INVITATION_ANSWERED = "invitation.answered"  # {meeting_id, seat, answer}
    CALENDAR_DISCONNECTED = "calendar.disconnected"  # {calendar_id, seat}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. ``at`` in epoch seconds; ``id`` sorts as time does."""

    id: str
    at: int
    type: EntryType
    data: Mapping[str, Any]
