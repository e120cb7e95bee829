"""Storing an offer: its slots, whose turn it is to answer, until when, and that it was made. Inside the caller's transaction.

The time to answer passes on the responder's working days, and it never outlasts the last of the times offered.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any

from sqlmodel import Session

from service.app import show
from service.app.find_slots import Found, Situation, Slot
from service.app.house import House
from service.app.post.ask import ask, plan_for
from service.app.record import emit, note
from service.domain.ledger import EntryType, Seat
from service.domain.mail_rules import GATHER
from service.domain.proposal import EXPIRY_SECONDS, NUDGE_SECONDS, ProposalStatus, Purpose
from service.domain.timespan import HOUR, rfc3339
from service.domain.working_time import deadlines
from service.store import proposals
from service.store.situations import PairRow
from service.store.tables import Pair

SEEN = 3 * HOUR
# Which kind of ask (``post.kinds``) puts an offer before its responder.
ASKS = {
    Purpose.NEXT: "proposal",
    Purpose.PICK: "pick",
    Purpose.CARE: "care",
    Purpose.SHORT_CALL: "short_call",
}
# What leaves the pair without a meeting is brought to mind; what concerns one that stands is offered once.
NUDGED = (Purpose.NEXT, Purpose.PICK)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered to whom. ``by``: the seat that asked for it. ``at_hand``: the responder has it before their eyes
    just now. ``meeting_id`` and ``about_sequence``: the meeting it would
    move, as it stood; ``expires_at``: where that was said already."""

    proposal_id: str
    responder: Seat
    by: Seat | None = None
    at_hand: bool = False
    horizon_days: int = 28
    purpose: Purpose = Purpose.NEXT
    meeting_id: str | None = None
    about_sequence: int | None = None
    expires_at: int | None = None


def store_offer(
    house: House, session: Session, pair: Pair | PairRow, situation: Situation, found: Found, offer: Offer
) -> dict[str, Any]:
    """Writes the proposal with its slots, the ledger and the webhook event; the pair is locked. Returns it in the words of
    ``show.offer``."""
    now = house.now()
    party = situation.parties[0 if offer.responder is Seat.MENTOR else 1]
    person_id = pair.mentor_id if offer.responder is Seat.MENTOR else pair.mentee_id
    plan = plan_for(house, session, person_id, wait=SEEN if offer.at_hand else GATHER) if found.slots else None
    begins = now if offer.at_hand or plan is None else plan.reaches
    last = max((slot.start for slot in found.slots), default=None)
    usual, nudge_at = deadlines(party.timetable, party.busy, begins, (EXPIRY_SECONDS, NUDGE_SECONDS))
    expires_at = offer.expires_at or usual
    if last is not None:
        expires_at = max(min(expires_at, last), now + 1)
    proposal: dict[str, Any] = {
        "id": offer.proposal_id,
        "pair_id": pair.id,
        "status": ProposalStatus.OPEN.value,
        "purpose": offer.purpose.value,
        "meeting_id": offer.meeting_id,
        "about_sequence": offer.about_sequence,
        "responder": offer.responder.value,
        "complete": found.complete,
        "declined_because": asdict(found.declined_because) if found.declined_because else None,
        "duration_minutes": found.duration_minutes,
        "horizon_days": offer.horizon_days,
        "basis": found.basis,
        "model": house.model.version_id or house.terms.version,
        "created_at": now,
        "expires_at": expires_at,
        "nudge_at": nudge_at if found.slots and nudge_at < expires_at and offer.purpose in NUDGED else None,
    }
    slots = [_row(house, offer.proposal_id, rank, slot) for rank, slot in enumerate(found.slots)]
    proposals.add(session, proposal, slots)
    if plan is not None:
        ask(
            house, session, person_id, ASKS[offer.purpose],
            pair_id=pair.id, about=offer.proposal_id, useless_after=expires_at, plan=plan,
        )  # fmt: skip
    about = {"meeting_id": offer.meeting_id} if offer.meeting_id else {}
    note(
        house, session, pair.id, EntryType.PROPOSAL_CREATED,
        proposal_id=offer.proposal_id, responder=offer.responder.value, expires_at=expires_at, slots=len(found.slots),
        purpose=offer.purpose.value, **({"by": offer.by.value} if offer.by else {}), **about,
    )  # fmt: skip
    emit(
        house,
        session,
        "proposal.created",
        {
            "proposal_id": offer.proposal_id,
            "pair_id": pair.id,
            "purpose": offer.purpose.value,
            "responder": offer.responder.value,
            "expires_at": rfc3339(expires_at),
            "slots": len(found.slots),
            **about,
        },
    )
    return show.offer(SimpleNamespace(**proposal), [SimpleNamespace(**slot) for slot in slots], situation.zones)


def _row(house: House, proposal_id: str, rank: int, slot: Slot) -> dict[str, Any]:
    return {
        "id": house.new_id("slot"),
        "proposal_id": proposal_id,
        "rank": rank,
        "start": slot.start,
        "end": slot.end,
        "kind": slot.kind,
        "hold_probability": slot.hold_probability,
        "low": slot.low,
        "high": slot.high,
        "reasons": [{"code": r.code, "text": r.text, "effect": round(r.effect, 4)} for r in slot.reasons],
        "facts": {name: list(values) for name, values in slot.facts.items()},
        "among": [[one.start, one.kind, *(round(chance, 6) for chance in one[2:])] for one in slot.among],
    }
