"""``/v1/programmes``: many pairs under one coordinator, their history, and how the forecasts do on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import ImportId, ProgrammeId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing
from service.api.schemas.programmes import (
    BacktestShown,
    ImportShown,
    NewProgramme,
    ProgrammeChanges,
    ProgrammeLink,
    ProgrammeLinkShown,
    ProgrammeShown,
)
from service.app import show_learning as show
from service.app.backtest import backtest_of_programme
from service.app.house import House
from service.app.import_history import import_history
from service.app.keep_programme import change_programme, create_programme
from service.app.once import remember
from service.app.programme_link import make_programme_link, revoke_programme_links
from service.domain.errors import BadInput
from service.domain.timespan import rfc3339
from service.store import past_meetings, programmes

ALL = "/v1/programmes"
ONE = ALL + "/{programme_id}"
CSV_EXAMPLE = (
    "pair_id,mentor_id,mentee_id,booked_at,first_start,minutes,time_zone,outcome,outcome_at\n"
    "p1,ada@example.org,bob@example.org,2026-03-02T09:00:00Z,2026-03-09T08:00:00+01:00,60,Europe/Berlin,held,\n"
)
CSV_BODY = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}, "example": CSV_EXAMPLE}}}


async def _csv(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise BadInput.of("Content-Type", "must be text/csv")
    return await request.body()


def router(house: House) -> APIRouter:
    """Making, reading and changing programmes; history in; the back-test."""
    routes = APIRouter(tags=["programmes"], dependencies=[Depends(caller_of)])

    def words(programme_id: str) -> dict[str, Any]:
        with house.reading() as session:
            return show.programme(programmes.get(session, programme_id))

    def imported(import_id: str) -> dict[str, Any]:
        with house.reading() as session:
            return show.history_import(past_meetings.get_import(session, import_id))

    @routes.post(ALL, **creates(ProgrammeShown, "Make a programme"))
    def make(given: NewProgramme, once: Repeatable) -> JSONResponse:
        """Only the name is needed; every default is filled in and shown."""
        done = carry_out(house, once, lambda: create_programme(house, given.facts(), once=once))
        location = f"{ALL}/{done.resource_id}"
        return answer(words(done.resource_id), 201, replayed=done.replayed, location=location)

    @routes.get(ALL, **tells(Listing[ProgrammeShown], "List programmes"))
    def every(page: Annotated[PageAsked, Depends(page_of("prog"))]) -> JSONResponse:
        """Oldest first."""
        with house.reading() as session:
            rows, after = programmes.listing(session, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.programme(row) for row in rows], after))

    @routes.get(ONE, **tells(ProgrammeShown, "Read a programme"))
    def read(programme_id: ProgrammeId) -> JSONResponse:
        """What holds for all its pairs."""
        return answer(words(programme_id))

    @routes.patch(ONE, **tells(ProgrammeShown, "Change a programme"))
    def change(programme_id: ProgrammeId, given: ProgrammeChanges, if_version: IfVersion) -> JSONResponse:
        """What is not named stays."""
        change_programme(house, programme_id, given.facts(), if_version=if_version)
        return answer(words(programme_id))

    history = creates(ImportShown, "Bring a programme's history")
    history["openapi_extra"]["requestBody"] = CSV_BODY

    @routes.post(ONE + "/history", **history)
    def bring(programme_id: ProgrammeId, content: Annotated[bytes, Depends(_csv)], once: Repeatable) -> JSONResponse:
        """The history file, as `text/csv`: all of it or nothing. Bad rows are named by number (data rows count from 1) and
        reason in `errors`. The same file, or a longer one, may be sent again: known meetings are replaced. The hold model
        is fitted again soon after."""
        done = carry_out(house, once, lambda: import_history(house, programme_id, content, once=once))
        location = f"{ALL}/{programme_id}/history/{done.resource_id}"
        return answer(imported(done.resource_id), 201, replayed=done.replayed, location=location)

    @routes.get(ONE + "/history/{import_id}", **tells(ImportShown, "Read what an import brought"))
    def read_import(programme_id: ProgrammeId, import_id: ImportId) -> JSONResponse:
        """In figures; the file itself is not kept."""
        words(programme_id)
        return answer(imported(import_id))

    @routes.get(ONE + "/backtest", **tells(BacktestShown, "See how the forecasts do"))
    def backtest(programme_id: ProgrammeId) -> JSONResponse:
        """On the programme's history and its pairs' meetings, rolling forward in time, against the base rate and the lead
        alone; `claims` says in plain words what that shows. Takes seconds for tens of thousands of meetings."""
        return answer(backtest_of_programme(house, programme_id).document())

    @routes.post(ONE + "/links", **creates(ProgrammeLinkShown, "Make a link to a coordinators' page"))
    def link(programme_id: ProgrammeId, once: Repeatable, given: ProgrammeLink | None = None) -> JSONResponse:
        """Whoever has the address can read the page until it expires. A repetition gets a fresh address."""
        words(programme_id)
        done = carry_out(house, once, lambda: remember(house, once, programme_id))
        url, expires_at = make_programme_link(house, programme_id, purpose=given.purpose if given else "backtest")
        body = {"url": url, "purpose": "backtest", "expires_at": rfc3339(expires_at)}
        return answer(body, 201, replayed=done.replayed)

    @routes.delete(ONE + "/links", status_code=204, summary="Withdraw all links to a programme's pages")
    def withdraw(programme_id: ProgrammeId) -> Response:
        """Every address made so far leads nowhere from now on."""
        revoke_programme_links(house, programme_id)
        return nothing()

    return routes
