"""Proposals: a few ranked slots, whose turn it is to answer, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from service.domain.ledger import Entry, EntryType, Seat
from service.domain.timespan import HOUR

EXPIRY_SECONDS = 48 * HOUR  # as they pass on working days (``working_time.deadline``)
NUDGE_SECONDS = 24 * HOUR
MOST_OPEN = 10  # proposals of one pair at a time


class ProposalStatus(StrEnum):
    """Where a proposal stands; only an open one can be answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Purpose(StrEnum):
    """What a proposal is for."""

    NEXT = "next"  # a next meeting
    PICK = "pick"  # whoever moved a meeting picks a time that suits both
    CARE = "care"  # a booked time has turned risky: a better one, or it stays
    SHORT_CALL = "short_call"  # a short call in place of a meeting


def next_responder(ledger: Sequence[Entry]) -> Seat:
    """Whose turn it is: turns alternate, and the mentor, whom the other would otherwise have to chase, goes first. What was
    offered to whoever moved a meeting, or about one that stands, was no turn."""
    for entry in reversed(ledger):
        if entry.type is EntryType.PROPOSAL_CREATED and entry.data.get("purpose", Purpose.NEXT) == Purpose.NEXT:
            return Seat(entry.data["responder"]).other
    return Seat.MENTOR
