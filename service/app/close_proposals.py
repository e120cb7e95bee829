"""Offers end: nudged once about half way, closed when the time to answer is over, and then whatever the pair's own rule says.

What comes next after an offer that ran out is decided by ``look_after``; here the steadiest time is booked where both agreed
to that beforehand.
"""

from __future__ import annotations

from sqlmodel import Session

from service.app.answer_proposal import accept_slot
from service.app.house import House
from service.app.pair_rules import Unanswered, rules_of
from service.app.post.ask import ask, drop_asks
from service.app.record import emit, note
from service.app.store_offer import ASKS
from service.domain.errors import CalendarUnknown, NotNow, TimeGone, Unreachable
from service.domain.ledger import EntryType, Seat
from service.domain.pair import PairStatus
from service.domain.proposal import Purpose
from service.domain.timespan import HOUR
from service.store import asks, loops, pairs, proposals
from service.store.tables import Pair, Proposal


def nudge_proposals(house: House) -> int:
    """A round: each open offer whose time is about half over is brought to mind, once; returns how many."""
    with house.reading() as session:
        due = proposals.to_nudge(session, house.now())
    for proposal_id, pair_id in due:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            proposal = proposals.get(session, proposal_id)
            if proposal.nudge_at is None or proposal.status != "open":
                continue
            proposal.nudge_at = None
            _nudge(house, session, pair, proposal)
    return len(due)


def _nudge(house: House, session: Session, pair: Pair, proposal: Proposal) -> None:
    """Asks again, in other words, what was mailed and not answered; what was not mailed yet is not asked twice at once."""
    person_id = pair.mentor_id if proposal.responder == Seat.MENTOR else pair.mentee_id
    asked = asks.find(session, person_id, ASKS[Purpose(proposal.purpose)], proposal.id)
    if proposal.expires_at <= house.now() or asked is None or asked.mailed_at is None:
        return
    drop_asks(house, session, about=proposal.id)
    ask(
        house, session, person_id, "nudge",
        pair_id=pair.id, about=proposal.id, useless_after=proposal.expires_at,
    )  # fmt: skip
    note(house, session, pair.id, EntryType.PROPOSAL_NUDGED, proposal_id=proposal.id, seat=proposal.responder)


def expire_proposals(house: House) -> int:
    """A round: closes what nobody answered in time, or has it booked where both agreed to that; returns how many."""
    with house.reading() as session:
        overdue = proposals.overdue(session, house.now())
    for proposal_id, pair_id in overdue:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            proposal = proposals.get(session, proposal_id)
            if proposal.status != "open" or proposal.expires_at > house.now():
                continue
            if _agreed(house, session, pair, proposal):
                key = f"{proposal_id}:{house.now() // HOUR}"
                house.jobs.enqueue(session, "confirm_steadiest", proposal_id, key=key)
            else:
                _expire(house, session, proposal)
    return len(overdue)


def confirm_steadiest(house: House, proposal_id: str) -> None:
    """A job: books the steadiest of the times that is still free, as both agreed; where none is, the offer has run out.

    Raises ``Unreachable`` while a calendar is unknown: then nobody can say that a time is free."""
    with house.reading() as session:
        proposal = proposals.get(session, proposal_id)
        slots = proposals.slots(session, proposal_id)
    if proposal.status != "open" or proposal.expires_at > house.now():
        return
    for slot in sorted(slots, key=lambda slot: (-slot.hold_probability, slot.start)):
        try:
            accept_slot(house, proposal_id, slot_id=slot.id, by=None)
        except CalendarUnknown:
            raise Unreachable("A calendar cannot be read at the moment, so nothing is booked.") from None
        except (TimeGone, NotNow):
            continue
        return
    let_expire(house, proposal_id)


def let_expire(house: House, proposal_id: str, _trouble: Exception | None = None) -> None:
    """Closes one that is still open after its time."""
    with house.writing() as session:
        pairs.locked(session, proposals.get(session, proposal_id).pair_id)
        proposal = proposals.get(session, proposal_id)
        if proposal.status == "open" and proposal.expires_at <= house.now():
            _expire(house, session, proposal)


def _agreed(house: House, session: Session, pair: Pair, proposal: Proposal) -> bool:
    """Whether the steadiest time is to be booked: for a next meeting, by the pair's rule, with both seats' own consent, while
    one of the times is still to come."""
    return (
        proposal.purpose == Purpose.NEXT
        and pair.status == PairStatus.ACTIVE
        and rules_of(pair).when_unanswered is Unanswered.AUTO_CONFIRM
        and loops.both_consent(session, pair)
        and any(slot.start > house.now() for slot in proposals.slots(session, proposal.id))
    )


def _expire(house: House, session: Session, proposal: Proposal) -> None:
    proposal.status, proposal.nudge_at = "expired", None
    note(house, session, proposal.pair_id, EntryType.PROPOSAL_EXPIRED, proposal_id=proposal.id)
    emit(house, session, "proposal.expired", {"proposal_id": proposal.id, "pair_id": proposal.pair_id})
