"""Reviews, what was agreed on and given, and hand-over notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import tells
from service.api.plumbing.ids import PairId, ReviewId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.schemas.base import Listing
from service.api.schemas.reviews import CoachingShown, HandoverShown, ReviewAnswer, ReviewShown
from service.app import show
from service.app.hold_review import answer_review
from service.app.house import House
from service.app.read_coaching import read_coaching
from service.domain.ledger import Seat
from service.domain.review import Choice
from service.domain.timespan import rfc3339
from service.store import farewells, pairs, reviews

OF_PAIR = "/v1/pairs/{pair_id}"


def router(house: House) -> APIRouter:
    """Reading and answering reviews; what the two agreed on and gave; what they left to whoever coordinates."""
    routes = APIRouter(tags=["reviews"], dependencies=[Depends(caller_of)])

    @routes.get(OF_PAIR + "/coaching", **tells(CoachingShown, "Read objectives, sessions and hours given"))
    def coaching(pair_id: PairId) -> JSONResponse:
        """Minutes count for a seat where the meeting was held and that seat did not say otherwise."""
        return answer(read_coaching(house, pair_id))

    @routes.get(OF_PAIR + "/reviews", **tells(Listing[ReviewShown], "List a pair's reviews"))
    def every(pair_id: PairId, page: Annotated[PageAsked, Depends(page_of("rev"))]) -> JSONResponse:
        """Oldest first. A review shows what came of it, and nothing of what was chosen."""
        with house.reading() as session:
            pairs.get(session, pair_id)
            rows, after = reviews.of_pair(session, pair_id, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.review(row) for row in rows], after))

    @routes.get("/v1/reviews/{review_id}", **tells(ReviewShown, "Read a review"))
    def read(review_id: ReviewId) -> JSONResponse:
        """It looks the same whoever has chosen already."""
        with house.reading() as session:
            return answer(show.review(reviews.get(session, review_id)))

    @routes.post("/v1/reviews/{review_id}/answer", **tells(ReviewShown, "Choose at a review", problems=(409,)))
    def choose(review_id: ReviewId, given: ReviewAnswer, once: Repeatable) -> JSONResponse:
        """When both have chosen it is settled and carried out: the same choice is the outcome, any two that differ make
        `change`. Until then a seat may choose anew. What was chosen is then taken out."""
        by, choice = Seat(given.by), Choice(given.choice)
        done = carry_out(house, once, lambda: answer_review(house, review_id, by=by, choice=choice, once=once))
        with house.reading() as session:
            return answer(show.review(reviews.get(session, review_id)), replayed=done.replayed)

    @routes.get(OF_PAIR + "/handover", **tells(Listing[HandoverShown], "Read the notes to whoever coordinates"))
    def handover(pair_id: PairId) -> JSONResponse:
        """Needs `write`: they are free text. Who wrote one is not kept."""
        with house.reading() as session:
            pairs.get(session, pair_id)
            notes = [{"text": n.text, "written_at": rfc3339(n.created_at)} for n in farewells.notes(session, pair_id)]
            return answer(listing(notes, None))

    return routes
