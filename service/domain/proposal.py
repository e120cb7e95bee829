"""Proposals: a few ranked slots, whose turn it is to answer, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from service.domain.ledger import Entry, EntryType, Seat
from service.domain.timespan import HOUR

EXPIRY_SECONDS = 48 * HOUR


class ProposalStatus(StrEnum):
    """Where a proposal stands; only an open one can be answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def next_responder(ledger: Sequence[Entry]) -> Seat:
    """Whose turn it is: turns alternate, and the mentor, whom the other would otherwise have to chase, goes first."""
    for entry in reversed(ledger):
        if entry.type is EntryType.PROPOSAL_CREATED:
            return Seat(entry.data["responder"]).other
    return Seat.MENTOR
