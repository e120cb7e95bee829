"""Proposals and their slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from service.domain.errors import NotFound
from service.store.plain import Plain, PlainInsert, look_in
from service.store.tables import Meeting, Proposal, ProposalSlot

_PROPOSAL, _SLOT = PlainInsert(Proposal), PlainInsert(ProposalSlot)


def add(session: Session, proposal: dict[str, Any], slots: list[dict[str, Any]]) -> None:
    """Writes a proposal and its slots."""
    _PROPOSAL.into(session, proposal)
    _SLOT.into(session, *slots)


def get(session: Session, proposal_id: str) -> Proposal:
    """One proposal. Raises ``NotFound``."""
    row = session.get(Proposal, proposal_id)
    if row is None:
        raise NotFound(f"There is no proposal {proposal_id}.")
    return row


def slots(session: Session, proposal_id: str) -> list[ProposalSlot]:
    """Its slots, best first."""
    query = select(ProposalSlot).where(ProposalSlot.proposal_id == proposal_id).order_by(col(ProposalSlot.rank))
    return list(session.exec(query).all())


def of_pairs(session: Session, pair_ids: Sequence[str]) -> list[tuple[Proposal, list[ProposalSlot]]]:
    """All that was ever offered to some pairs, oldest first, with its slots, in two queries."""
    mine = select(Proposal).where(col(Proposal.pair_id).in_(list(pair_ids))).order_by(col(Proposal.id))
    of_mine = (
        select(ProposalSlot)
        .join(Proposal, col(Proposal.id) == col(ProposalSlot.proposal_id))
        .where(col(Proposal.pair_id).in_(list(pair_ids)))
        .order_by(col(ProposalSlot.rank))
    )
    found: dict[str, list[ProposalSlot]] = {}
    for slot in session.exec(of_mine).all():
        found.setdefault(slot.proposal_id, []).append(slot)
    return [(row, found.get(row.id, [])) for row in session.exec(mine).all()]


def open_of(session: Session, pair_id: str) -> list[Proposal]:
    """The open ones of a pair, oldest first."""
    query = select(Proposal).where(Proposal.pair_id == pair_id, Proposal.status == "open")
    return list(session.exec(query.order_by(col(Proposal.id))).all())


_STANDING = Plain(
    select(Proposal.id)
    .where(
        Proposal.pair_id == bindparam("pair_id"),
        Proposal.status == bindparam("status"),
        Proposal.expires_at > bindparam("now"),
    )
    .order_by(col(Proposal.id))
)


def standing(session: Session, pair_id: str, now: int) -> list[str]:
    """The ids of the pair's open ones that have not run out, oldest first."""
    return [id_ for (id_,) in look_in(session).rows(_STANDING, pair_id=pair_id, status="open", now=now)]


def any_answerable(session: Session, pair_id: str, now: int) -> bool:
    """Whether something is open to be answered: an offer with times in it, not yet run out."""
    query = (
        select(Proposal.id)
        .join(ProposalSlot, col(ProposalSlot.proposal_id) == col(Proposal.id))
        .where(Proposal.pair_id == pair_id, Proposal.status == "open", Proposal.expires_at > now)
    )
    return session.exec(query.limit(1)).first() is not None


def to_nudge(session: Session, now: int) -> list[tuple[str, str]]:
    """Ids (and pairs) of open proposals that are to be brought to mind."""
    query = select(Proposal.id, Proposal.pair_id).where(Proposal.status == "open", col(Proposal.nudge_at) <= now)
    return sorted((a, b) for a, b in session.exec(query).all())


def about(session: Session, meeting_ids: list[str], purpose: str) -> dict[str, Proposal]:
    """The open proposals of a purpose that are about some meetings, by meeting, in one query."""
    query = select(Proposal).where(
        col(Proposal.meeting_id).in_(meeting_ids), Proposal.purpose == purpose, Proposal.status == "open"
    )
    return {row.meeting_id or "": row for row in session.exec(query).all()}


def made_about(session: Session, meeting_id: str, purpose: str, sequence: int) -> bool:
    """Whether there ever was a proposal of this purpose about this version of a meeting."""
    query = select(Proposal.id).where(
        Proposal.meeting_id == meeting_id, Proposal.purpose == purpose, Proposal.about_sequence == sequence
    )
    return session.exec(query).first() is not None


def overdue(session: Session, now: int) -> list[tuple[str, str]]:
    """Ids (and pairs) of open proposals whose time to answer is over."""
    query = select(Proposal.id, Proposal.pair_id).where(Proposal.status == "open", Proposal.expires_at <= now)
    return sorted((a, b) for a, b in session.exec(query).all())


def booked_from(session: Session, slot_id: str) -> Meeting | None:
    """The meeting that was booked from a slot."""
    return session.exec(select(Meeting).where(Meeting.slot_id == slot_id)).first()
