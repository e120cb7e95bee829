"""Slots and proposals."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from service.api.meetings import meeting_words
from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import PairId, ProposalId
from service.api.plumbing.looking import looked
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.schemas.meetings import (
    Acceptance,
    MeetingShown,
    NewProposal,
    ProposalShown,
    Refusal,
    SlotsShown,
)
from service.api.schemas.pairs import Minutes
from service.app import show
from service.app.answer_proposal import accept_slot, decline_proposal
from service.app.find_slots import LONGEST_HORIZON, MOST_SLOTS, find_slots, read_situation
from service.app.house import House
from service.app.propose_slots import make_proposal
from service.app.show_slots import found_words
from service.domain.ledger import Seat
from service.store import pairs, proposals

NOTHING_ASKED = NewProposal.model_validate({})


def router(house: House) -> APIRouter:
    """Looking for slots, proposing, answering."""
    routes = APIRouter(tags=["proposals"], dependencies=[Depends(caller_of)])

    def words(proposal_id: str) -> dict[str, Any]:
        with house.reading() as session:
            row = proposals.get(session, proposal_id)
            return show.proposal(session, row, pairs.get(session, row.pair_id))

    @routes.get("/v1/pairs/{pair_id}/slots", **tells(SlotsShown, "Find slots that hold"))
    async def slots(
        pair_id: PairId,
        horizon_days: Annotated[int, Query(ge=1, le=LONGEST_HORIZON)] = 28,
        limit: Annotated[int, Query(ge=1, le=MOST_SLOTS)] = 5,
        duration_minutes: Annotated[Minutes | None, Query(description="Left out: the pair's own.")] = None,
    ) -> JSONResponse:
        """Best first. Nothing is stored and no calendar is asked: this rests on the latest reading."""
        return answer(await looked(house, _found, pair_id, horizon_days, limit, duration_minutes))

    @routes.post("/v1/pairs/{pair_id}/proposals", **creates(ProposalShown, "Propose slots to a pair", problems=(409,)))
    def propose(pair_id: PairId, once: Repeatable, given: NewProposal | None = None) -> JSONResponse:
        """The calendars are read afresh first. With nothing to offer, `declined_because` says why."""
        asked = given or NOTHING_ASKED
        made: dict[str, Any] = {}

        def work() -> str:
            made.update(
                make_proposal(
                    house,
                    pair_id,
                    horizon_days=asked.horizon_days,
                    limit=asked.limit,
                    duration_minutes=asked.duration_minutes,
                    responder=Seat(asked.responder) if asked.responder else None,
                    by=Seat(asked.by) if asked.by else None,
                    once=once,
                )
            )
            return str(made["id"])

        done = carry_out(house, once, work)
        location = f"/v1/proposals/{done.resource_id}"
        return answer(made or words(done.resource_id), 201, replayed=done.replayed, location=location)

    @routes.get("/v1/proposals/{proposal_id}", **tells(ProposalShown, "Read a proposal"))
    def read(proposal_id: ProposalId) -> JSONResponse:
        """With its slots, best first."""
        return answer(words(proposal_id))

    @routes.post("/v1/proposals/{proposal_id}/accept", **tells(MeetingShown, "Accept a slot: book it", problems=(409,)))
    def accept(proposal_id: ProposalId, given: Acceptance, once: Repeatable) -> JSONResponse:
        """Booked, and both are invited. If the time has gone by now: 409 `time-gone`, with fresh `slots` in it."""
        by = Seat(given.by)
        done = carry_out(house, once, lambda: accept_slot(house, proposal_id, slot_id=given.slot_id, by=by, once=once))
        return answer(meeting_words(house, done.resource_id), replayed=done.replayed)

    @routes.post("/v1/proposals/{proposal_id}/decline", **tells(ProposalShown, "Decline all slots", problems=(409,)))
    def decline(proposal_id: ProposalId, given: Refusal, once: Repeatable) -> JSONResponse:
        """No reason is asked."""
        done = carry_out(house, once, lambda: decline_proposal(house, proposal_id, by=Seat(given.by), once=once))
        return answer(words(done.resource_id), replayed=done.replayed)

    return routes


def _found(house: House, pair_id: str, horizon_days: int, limit: int, duration_minutes: int | None) -> dict[str, Any]:
    situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes)
    return found_words(find_slots(house, situation, limit=limit), situation)
