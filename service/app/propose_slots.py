"""Proposing: a few ranked slots, stored, with somebody whose turn it is to answer and an expiry."""

from __future__ import annotations

from dataclasses import asdict

from sqlmodel import Session

from service.app.find_slots import Found, find_slots, read_situation
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.post.ask import ask
from service.app.rank_slots import Exploration
from service.app.record import emit, note
from service.app.refresh import refresh
from service.domain.errors import NotNow
from service.domain.ledger import EntryType, Seat
from service.domain.mail_rules import GATHER
from service.domain.pair import PairStatus
from service.domain.proposal import EXPIRY_SECONDS, next_responder
from service.domain.timespan import HOUR, rfc3339
from service.store import pairs
from service.store.tables import Pair, Proposal, ProposalSlot

FRESH_SECONDS = 30
SEEN = 3 * HOUR


def check_active(pair: Pair) -> None:
    """Raises ``NotNow`` where the pair rests or has ended, unless both wish for a last meeting."""
    if pair.status == PairStatus.ENDED and pair.farewell != "wished":
        raise NotNow("This pair has ended; restart it to meet again.")
    if pair.status == PairStatus.PAUSED:
        raise NotNow("This pair rests; resume it to meet again.")


def propose_slots(
    house: House,
    pair_id: str,
    *,
    horizon_days: int = 28,
    limit: int = 5,
    duration_minutes: int | None = None,
    responder: Seat | None = None,
    at_hand: bool = False,
    once: Once | None = None,
) -> str:
    """Makes a proposal; returns its id. With nothing to offer it is made all the same and says why.

    ``at_hand``: the responder has it before their eyes just now, so the mail that asks them may wait a while."""
    seen_before(house, once)
    with house.reading() as session:
        pair = pairs.get(session, pair_id)
        check_active(pair)
    refresh(house, [pair.mentor_id, pair.mentee_id], older_than=FRESH_SECONDS)
    situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes)
    proposal_id = house.new_id("prop")
    found = find_slots(house, situation, limit=limit, exploration=Exploration(house.explore, proposal_id))
    now = house.now()
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        check_active(pair)
        keep(session, once, proposal_id, now)
        turn = responder or next_responder(pairs.ledger(session, pair_id))
        proposal = Proposal(
            id=proposal_id,
            pair_id=pair_id,
            responder=turn.value,
            complete=found.complete,
            declined_because=asdict(found.declined_because) if found.declined_because else None,
            duration_minutes=found.duration_minutes,
            horizon_days=horizon_days,
            basis=found.basis,
            model=house.model.version_id or house.terms.version,
            created_at=now,
            expires_at=now + EXPIRY_SECONDS,
        )
        session.add(proposal)
        session.flush()
        _store(house, session, proposal, found)
        if found.slots:
            ask(
                house, session, pair.mentor_id if turn is Seat.MENTOR else pair.mentee_id, "proposal",
                pair_id=pair_id, about=proposal_id, useless_after=proposal.expires_at,
                wait=SEEN if at_hand else GATHER,
            )  # fmt: skip
        note(
            house, session, pair_id, EntryType.PROPOSAL_CREATED,
            proposal_id=proposal_id, responder=turn.value, expires_at=proposal.expires_at, slots=len(found.slots),
        )  # fmt: skip
        emit(
            house,
            session,
            "proposal.created",
            {
                "proposal_id": proposal_id,
                "pair_id": pair_id,
                "responder": turn.value,
                "expires_at": rfc3339(proposal.expires_at),
                "slots": len(found.slots),
            },
        )
    return proposal_id


def _store(house: House, session: Session, proposal: Proposal, found: Found) -> None:
    session.add_all(
        ProposalSlot(
            id=house.new_id("slot"),
            proposal_id=proposal.id,
            rank=rank,
            start=slot.start,
            end=slot.end,
            kind=slot.kind,
            hold_probability=slot.hold_probability,
            low=slot.low,
            high=slot.high,
            reasons=[asdict(reason) for reason in slot.reasons],
            facts={name: list(values) for name, values in slot.facts.items()},
            among=[[one.start, one.kind, *(round(chance, 6) for chance in one[2:])] for one in slot.among],
        )
        for rank, slot in enumerate(found.slots)
    )
