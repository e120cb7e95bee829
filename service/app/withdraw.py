"""Taking offers back that nobody needs any more, inside the caller's transaction, the pair locked."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.record import note
from service.domain.ledger import EntryType
from service.domain.proposal import Purpose
from service.store import proposals
from service.store.tables import Proposal

OF_A_NEW_MEETING = (Purpose.NEXT, Purpose.PICK)


def withdraw_open(house: House, session: Session, pair_id: str, *, but: str | None = None) -> None:
    """Withdraws the pair's open proposals, all but one."""
    for proposal in proposals.open_of(session, pair_id):
        if proposal.id != but:
            withdraw(house, session, proposal)


def withdraw_others(house: House, session: Session, pair_id: str, *, but: str) -> None:
    """A meeting was booked: withdraws what else was offered for one. Offers about meetings that stand stay."""
    for proposal in proposals.open_of(session, pair_id):
        if proposal.id != but and proposal.purpose in OF_A_NEW_MEETING:
            withdraw(house, session, proposal)


def withdraw_about(house: House, session: Session, pair_id: str, meeting_id: str, *, but: str | None = None) -> None:
    """A meeting was changed: withdraws what was offered about it as it stood."""
    for proposal in proposals.open_of(session, pair_id):
        if proposal.id != but and proposal.meeting_id == meeting_id:
            withdraw(house, session, proposal)


def withdraw(house: House, session: Session, proposal: Proposal) -> None:
    """Withdraws one."""
    proposal.status, proposal.nudge_at = "withdrawn", None
    note(house, session, proposal.pair_id, EntryType.PROPOSAL_WITHDRAWN, proposal_id=proposal.id)
