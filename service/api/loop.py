"""What keeps a pair meeting: each seat's consents, the second time that is held, a short call instead."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from service.api.meetings import meeting_words
from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import MeetingId, PairId
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.meetings import MeetingShown, ProposalShown
from service.api.schemas.rules import Consent, ConsentsShown, FallbackUse, ShortCall
from service.app import show
from service.app.alter_meeting import check_reason
from service.app.house import House
from service.app.offer_short_call import offer_short_call
from service.app.pair_rules import consent
from service.app.use_fallback import use_fallback
from service.domain.ledger import Seat
from service.store import loops, pairs, proposals

CONSENTS = "/v1/pairs/{pair_id}/consents"


def router(house: House) -> APIRouter:
    """Consents, fallbacks and short calls."""
    routes = APIRouter(dependencies=[Depends(caller_of)])

    def consents(pair_id: str) -> dict[str, Any]:
        with house.reading() as session:
            pairs.get(session, pair_id)
            row = loops.get(session, pair_id)
            return {
                "mentor": {"auto_confirm": row.mentor_auto_confirm},
                "mentee": {"auto_confirm": row.mentee_auto_confirm},
            }

    @routes.get(CONSENTS, tags=["pairs"], **tells(ConsentsShown, "Read what each seat consents to"))
    def read(pair_id: PairId) -> JSONResponse:
        """Nothing is taken for granted: without a word it is no."""
        return answer(consents(pair_id))

    @routes.post(CONSENTS, tags=["pairs"], **tells(ConsentsShown, "Consent to something, or take it back"))
    def say(pair_id: PairId, given: Consent, once: Repeatable) -> JSONResponse:
        """Each seat speaks for itself. With the rule `auto_confirm` and both consents the steadiest time is booked when an
        offer runs out unanswered."""
        by, word = Seat(given.by), given.auto_confirm
        done = carry_out(
            house, once, lambda: consent(house, pair_id, by=by, auto_confirm=word, once=once), about=pair_id
        )
        return answer(consents(pair_id), replayed=done.replayed)

    @routes.post(
        "/v1/meetings/{meeting_id}/fallback",
        tags=["meetings"],
        **tells(MeetingShown, "Move a meeting to its fallback", problems=(409,)),
    )
    def fallback(meeting_id: MeetingId, given: FallbackUse, if_version: IfVersion, once: Repeatable) -> JSONResponse:
        """The same as a move to `fallback.start`. Where the meeting stands there already, nothing happens."""
        check_reason(given.reason_code)
        done = carry_out(
            house,
            once,
            lambda: use_fallback(
                house,
                meeting_id,
                by=Seat(given.by),
                start=given.start,
                reason_code=given.reason_code,
                if_version=if_version,
                once=once,
            ),
        )
        return answer(meeting_words(house, meeting_id), replayed=done.replayed)

    @routes.post(
        "/v1/meetings/{meeting_id}/short-call",
        tags=["meetings"],
        **creates(ProposalShown, "Offer a 20-minute call in place of a meeting", problems=(409,)),
    )
    def short_call(meeting_id: MeetingId, given: ShortCall, once: Repeatable) -> JSONResponse:
        """Times of twenty minutes, for whoever asks; accepting one moves the meeting there. Asked again while they are open,
        the same come back."""
        by = Seat(given.by)
        done = carry_out(house, once, lambda: offer_short_call(house, meeting_id, by=by, once=once))
        with house.reading() as session:
            row = proposals.get(session, done.resource_id)
            words = show.proposal(session, row, pairs.get(session, row.pair_id))
        return answer(words, 201, replayed=done.replayed, location=f"/v1/proposals/{row.id}")

    return routes
