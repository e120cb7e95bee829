"""``/v1/meetings``: what was booked, and what becomes of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import tells
from service.api.plumbing.ids import MeetingId, PairId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing
from service.api.schemas.meetings import Cancellation, MeetingShown, Move, Outcome, Worth
from service.app import show
from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.house import House
from service.app.report_outcome import mark_worth, report_outcome
from service.domain.ledger import Seat
from service.store import meetings, pairs

ONE = "/v1/meetings/{meeting_id}"


def meeting_words(house: House, meeting_id: str) -> dict[str, Any]:
    """One meeting in the words of the API."""
    with house.reading() as session:
        row = meetings.get(session, meeting_id)
        return show.meetings_words(session, [row], pairs.get(session, row.pair_id))[0]


def router(house: House) -> APIRouter:
    """Reading, moving, calling off, saying how it went."""
    routes = APIRouter(tags=["meetings"], dependencies=[Depends(caller_of)])

    @routes.get(ONE, **tells(MeetingShown, "Read a meeting"))
    def read(meeting_id: MeetingId) -> JSONResponse:
        """With its moves and what became of the invitations."""
        return answer(meeting_words(house, meeting_id))

    @routes.get("/v1/pairs/{pair_id}/meetings", **tells(Listing[MeetingShown], "List a pair's meetings"))
    def every(pair_id: PairId, page: Annotated[PageAsked, Depends(page_of("mtg"))]) -> JSONResponse:
        """In the order in which they were booked."""
        with house.reading() as session:
            pair = pairs.get(session, pair_id)
            rows, after = meetings.of_pair(session, pair_id, cursor=page.cursor, limit=page.limit)
            return answer(listing(show.meetings_words(session, rows, pair), after))

    @routes.post(ONE + "/move", **tells(MeetingShown, "Move a meeting", problems=(409,)))
    def move(meeting_id: MeetingId, given: Move, if_version: IfVersion, once: Repeatable) -> JSONResponse:
        """To any time at which both are free. If one is not: 409 `time-gone`, with fresh `slots` in it."""
        done = carry_out(
            house,
            once,
            lambda: move_meeting(
                house,
                meeting_id,
                start=given.start,
                by=Seat(given.by),
                reason_code=given.reason_code,
                if_version=if_version,
                once=once,
            ),
        )
        return answer(meeting_words(house, meeting_id), replayed=done.replayed)

    @routes.post(ONE + "/cancel", **tells(MeetingShown, "Call a meeting off", problems=(409,)))
    def cancel(meeting_id: MeetingId, given: Cancellation, if_version: IfVersion, once: Repeatable) -> JSONResponse:
        """Both are told; the calendar is cleared."""
        by, why = Seat(given.by), given.reason_code
        done = carry_out(
            house,
            once,
            lambda: cancel_meeting(house, meeting_id, by=by, reason_code=why, if_version=if_version, once=once),
        )
        return answer(meeting_words(house, meeting_id), replayed=done.replayed)

    @routes.post(ONE + "/outcome", **tells(MeetingShown, "Say whether a meeting took place", problems=(409,)))
    def outcome(meeting_id: MeetingId, given: Outcome, once: Repeatable) -> JSONResponse:
        """One yes makes it held; missed needs a no and no yes; silence makes it neither. Both words are kept. A seat may
        correct itself; the same word again changes nothing."""
        done = carry_out(
            house,
            once,
            lambda: report_outcome(
                house,
                meeting_id,
                by=Seat(given.by),
                happened=given.happened,
                worth=given.worth,
                next_step=given.next_step,
                once=once,
            ),
        )
        return answer(meeting_words(house, meeting_id), replayed=done.replayed)

    @routes.post(ONE + "/worth", **tells(MeetingShown, "Mark privately what a meeting was worth", problems=(409,)))
    def worth(meeting_id: MeetingId, given: Worth, once: Repeatable) -> JSONResponse:
        """From 1 to 5, for that seat's own eyes: it stands in no answer but the export of that person's data, in no ledger
        and no webhook. A later mark takes the place of an earlier one."""
        by, mark = Seat(given.by), given.worth
        done = carry_out(house, once, lambda: mark_worth(house, meeting_id, by=by, worth=mark, once=once))
        return answer(meeting_words(house, meeting_id), replayed=done.replayed)

    return routes
