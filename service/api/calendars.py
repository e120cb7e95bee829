"""``/v1/people/{id}/calendars`` and ``/v1/calendars``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import Caller, Calling, caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import CalendarId, PersonId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing
from service.api.schemas.calendars import CalendarChanges, CalendarShown, NewCalendar
from service.app import show
from service.app.choose_calendar import choose_calendar
from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.house import House
from service.app.sign_in import authorization_url
from service.store import calendars, people
from service.store.tables import Calendar


def router(house: House) -> APIRouter:
    """Connecting, listing, choosing and disconnecting."""
    routes = APIRouter(tags=["calendars"], dependencies=[Depends(caller_of)])

    def words(calendar_id: str, caller: Caller) -> dict[str, Any]:
        with house.reading() as session:
            return _words(house, calendars.get(session, calendar_id), caller)

    @routes.post(
        "/v1/people/{person_id}/calendars", **creates(CalendarShown, "Connect a calendar", problems=(502, 503))
    )
    def connect(person_id: PersonId, given: NewCalendar, once: Repeatable, caller: Calling) -> JSONResponse:
        """It is read once before it is kept. Wrong credentials are refused (422, `refused`); a server that does not answer
        is 502."""
        done = carry_out(house, once, lambda: connect_calendar(house, person_id, given.facts(), once=once))
        location = f"/v1/calendars/{done.resource_id}"
        return answer(words(done.resource_id, caller), 201, replayed=done.replayed, location=location)

    @routes.get("/v1/people/{person_id}/calendars", **tells(Listing[CalendarShown], "List a person's calendars"))
    def every(
        person_id: PersonId, page: Annotated[PageAsked, Depends(page_of("cal"))], caller: Calling
    ) -> JSONResponse:
        """Oldest first; disconnected ones too."""
        with house.reading() as session:
            people.get(session, person_id)
            rows, after = page.of(calendars.of_people(session, [person_id]))
            return answer(listing([_words(house, row, caller) for row in rows], after))

    @routes.get("/v1/calendars/{calendar_id}", **tells(CalendarShown, "Read a calendar"))
    def read(calendar_id: CalendarId, caller: Calling) -> JSONResponse:
        """Its state, never its credentials. `authorization_url` is shown to keys that may write: with it, one connects."""
        return answer(words(calendar_id, caller))

    @routes.patch("/v1/calendars/{calendar_id}", **tells(CalendarShown, "Choose what a calendar is for"))
    def choose(calendar_id: CalendarId, given: CalendarChanges, if_version: IfVersion, caller: Calling) -> JSONResponse:
        """Whether it counts as taken time, and whether new bookings are written there. Meetings that stand in a calendar stay
        there and are looked after there. One that begins to count is read at once, and is unknown until then."""
        choose_calendar(house, calendar_id, given.facts(), if_version=if_version)
        return answer(words(calendar_id, caller))

    @routes.delete("/v1/calendars/{calendar_id}", status_code=204, summary="Disconnect a calendar")
    def disconnect(calendar_id: CalendarId) -> Response:
        """Takes out its credentials and all that is held of it. Meetings written there stay where they are."""
        disconnect_calendar(house, calendar_id)
        return nothing()

    return routes


def _words(house: House, row: Calendar, caller: Caller) -> dict[str, Any]:
    url = authorization_url(house, row) if caller.reaches("write") else None
    return {**show.calendar(row), "authorization_url": url}
