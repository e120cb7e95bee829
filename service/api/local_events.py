"""``/v1/calendars/{id}/events``: for `local` calendars alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import CalendarId, EventId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing
from service.api.schemas.calendars import EventChanges, EventShown, NewEvent
from service.app import show
from service.app.house import House
from service.app.local_calendar import add_event, change_event, check_local, delete_event
from service.store import calendars, local_events

EVENTS = "/v1/calendars/{calendar_id}/events"


def router(house: House) -> APIRouter:
    """Adding, listing, changing and deleting events."""
    routes = APIRouter(tags=["local calendars"], dependencies=[Depends(caller_of)])

    def words(calendar_id: str, event_id: str) -> dict[str, Any]:
        with house.reading() as session:
            return show.local_event(local_events.get(session, calendar_id, event_id))

    @routes.post(EVENTS, **creates(EventShown, "Add an event"))
    def add(calendar_id: CalendarId, given: NewEvent, once: Repeatable) -> JSONResponse:
        """Times need an offset. With `transparent` it takes no time."""
        done = carry_out(house, once, lambda: add_event(house, calendar_id, given.facts(), once=once))
        return answer(words(calendar_id, done.resource_id), 201, replayed=done.replayed)

    @routes.get(EVENTS, **tells(Listing[EventShown], "List events"))
    def every(calendar_id: CalendarId, page: Annotated[PageAsked, Depends(page_of("evt"))]) -> JSONResponse:
        """In the order in which they were added; meetings of Holdfast's among them bear their `meeting_id`."""
        with house.reading() as session:
            check_local(calendars.get(session, calendar_id))
            rows, after = local_events.listing(session, calendar_id, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.local_event(row) for row in rows], after))

    @routes.patch(EVENTS + "/{event_id}", **tells(EventShown, "Change an event"))
    def change(calendar_id: CalendarId, event_id: EventId, given: EventChanges, if_version: IfVersion) -> JSONResponse:
        """A meeting's event that is given another time is a move, as in any other calendar."""
        change_event(house, calendar_id, event_id, given.facts(), if_version=if_version)
        return answer(words(calendar_id, event_id))

    @routes.delete(EVENTS + "/{event_id}", status_code=204, summary="Delete an event")
    def delete(calendar_id: CalendarId, event_id: EventId) -> Response:
        """A meeting's event that is deleted is a meeting called off."""
        delete_event(house, calendar_id, event_id)
        return nothing()

    return routes
