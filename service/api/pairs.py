"""``/v1/pairs``: the two, what they decide, and what it adds up to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import PairId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing, Text
from service.api.schemas.pairs import (
    Asked,
    End,
    LedgerItem,
    NewPair,
    PairChanges,
    PairShown,
    PatternsShown,
    Pause,
    Wish,
)
from service.app import show
from service.app.end_pair import end_pair
from service.app.house import House
from service.app.keep_pair import change_pair, create_pair
from service.app.last_meeting import wish_last_meeting
from service.app.once import Once
from service.app.read_patterns import read_patterns
from service.app.rest_pair import pause_pair, restart_pair, resume_pair
from service.domain.errors import BadInput
from service.domain.ledger import Seat
from service.store import pairs

ONE = "/v1/pairs/{pair_id}"


def router(house: House) -> APIRouter:
    """Making, reading, changing and resting pairs; patterns and ledger."""
    routes = APIRouter(tags=["pairs"], dependencies=[Depends(caller_of)])

    def words(pair_id: str) -> dict[str, Any]:
        with house.reading() as session:
            return show.pair(pairs.get(session, pair_id))

    def decided(pair_id: str, once: Once | None, work: Callable[[], None]) -> JSONResponse:
        done = carry_out(house, once, work, about=pair_id)
        return answer(words(pair_id), replayed=done.replayed)

    @routes.post("/v1/pairs", **creates(PairShown, "Make a pair"))
    def make(given: NewPair, once: Repeatable) -> JSONResponse:
        """Left out: mentoring, once a month, for an hour."""
        done = carry_out(house, once, lambda: create_pair(house, given.facts(), once=once))
        location = f"/v1/pairs/{done.resource_id}"
        return answer(words(done.resource_id), 201, replayed=done.replayed, location=location)

    @routes.get("/v1/pairs", **tells(Listing[PairShown], "List pairs"))
    def every(
        page: Annotated[PageAsked, Depends(page_of("pair"))],
        person_id: Annotated[Text | None, Query(max_length=64, description="Only those with this person.")] = None,
    ) -> JSONResponse:
        """Oldest first."""
        with house.reading() as session:
            rows, after = pairs.listing(session, person_id=person_id, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.pair(row) for row in rows], after))

    @routes.get(ONE, **tells(PairShown, "Read a pair"))
    def read(pair_id: PairId) -> JSONResponse:
        """What the two agreed on."""
        return answer(words(pair_id))

    @routes.patch(ONE, **tells(PairShown, "Change a pair"))
    def change(pair_id: PairId, given: PairChanges, if_version: IfVersion) -> JSONResponse:
        """What is not named stays."""
        change_pair(house, pair_id, given.facts(), if_version=if_version)
        return answer(words(pair_id))

    @routes.get(ONE + "/patterns", **tells(PatternsShown, "Read what a pair's history adds up to"))
    def patterns(pair_id: PairId) -> JSONResponse:
        """Computed from the ledger each time; figures, no verdict."""
        return answer(read_patterns(house, pair_id))

    @routes.get(ONE + "/ledger", **tells(Listing[LedgerItem], "Read a pair's history"))
    def ledger(pair_id: PairId, page: Annotated[PageAsked, Depends(page_of("led"))]) -> JSONResponse:
        """Newest last; nothing in it is ever changed."""
        with house.reading() as session:
            pairs.get(session, pair_id)
            if page.cursor is not None and not pairs.in_ledger(session, pair_id, page.cursor):
                raise BadInput.of("cursor", "is not one that this list gave out")
            rows, after = pairs.ledger_page(session, pair_id, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.ledger_entry(row) for row in rows], after))

    @routes.post(ONE + "/pause", **tells(PairShown, "Let a pair rest", problems=(409,)))
    def pause(pair_id: PairId, given: Pause, once: Repeatable) -> JSONResponse:
        """Open proposals are withdrawn, and both get the same words. Nobody is asked why, and who asked is not written
        down."""
        by, until, off = Seat(given.by), given.until, given.call_off
        return decided(pair_id, once, lambda: pause_pair(house, pair_id, by=by, until=until, call_off=off, once=once))

    @routes.post(ONE + "/resume", **tells(PairShown, "Go on where a pair stopped", problems=(409,)))
    def resume(pair_id: PairId, given: Asked, once: Repeatable) -> JSONResponse:
        """A pair that does not rest stays as it is."""
        return decided(pair_id, once, lambda: resume_pair(house, pair_id, by=Seat(given.by), once=once))

    @routes.post(ONE + "/end", **tells(PairShown, "End a pair"))
    def end(pair_id: PairId, given: End, once: Repeatable) -> JSONResponse:
        """Upcoming meetings are called off; both get the same neutral words, and nobody learns who asked. If it is wished,
        there is a last meeting, and a note to whoever coordinates."""
        by, last, note = Seat(given.by), given.last_meeting, given.handover
        return decided(
            pair_id, once, lambda: end_pair(house, pair_id, by=by, last_meeting=last, handover=note, once=once)
        )

    @routes.post(ONE + "/last-meeting", **tells(PairShown, "Wish for a last meeting, or rather not", problems=(409,)))
    def last_meeting(pair_id: PairId, given: Wish, once: Repeatable) -> JSONResponse:
        """When both have said yes, times are offered. A no is told to nobody, and neither wish is shown."""
        by, wish = Seat(given.by), given.wish
        done = carry_out(house, once, lambda: wish_last_meeting(house, pair_id, by=by, wish=wish, once=once))
        return answer(words(pair_id), replayed=done.replayed)

    @routes.post(ONE + "/restart", **tells(PairShown, "Start afresh"))
    def restart(pair_id: PairId, given: Asked, once: Repeatable) -> JSONResponse:
        """Also after an end: earlier moves and sessions stop counting and stay on record."""
        return decided(pair_id, once, lambda: restart_pair(house, pair_id, by=Seat(given.by), once=once))

    return routes
