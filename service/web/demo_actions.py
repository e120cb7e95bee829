"""The demo's forms: playing a calendar program, and sending a webhook once more."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from service.app.local_calendar import change_event, delete_event
from service.app.manage_endpoints import replay
from service.app.once import CarriedOut
from service.domain.errors import NotNow
from service.store import calendars, local_events, people
from service.store.tables import Person
from service.web import clocks
from service.web.forms import DEMO, PostedForm, once_of
from service.web.frame import Frame


def demo_actions(frame: Frame) -> APIRouter:
    """The POST side of ``/demo``."""
    router, house = frame.router(), frame.house

    def owner_of(calendar_id: str, event_id: str) -> tuple[Person, int]:
        """Whose calendar it is, and when the event stands there now."""
        with house.reading() as session:
            person = people.get(session, calendars.get(session, calendar_id).person_id)
            return person, local_events.get(session, calendar_id, event_id).start

    @router.post("/demo/calendars/{calendar_id}/events/{event_id}/move")
    def move(calendar_id: str, event_id: str, posted: PostedForm) -> Response:
        once_of(house, posted, DEMO)
        person, _ = owner_of(calendar_id, event_id)
        start = clocks.read_field_time(posted.fields.get("start", ""), person.time_zone)
        if start is None:
            return _back(frame, person, house.now(), "unmoved")
        # Setting a time is the same when it is sent twice: no key is needed.
        change_event(house, calendar_id, event_id, {"start": start})
        return _back(frame, person, start, "moved")

    @router.post("/demo/calendars/{calendar_id}/events/{event_id}/delete")
    def delete(calendar_id: str, event_id: str, posted: PostedForm) -> Response:
        once_of(house, posted, DEMO)
        person, stood = owner_of(calendar_id, event_id)
        delete_event(house, calendar_id, event_id)
        return _back(frame, person, stood, "deleted")

    @router.post("/demo/webhooks/{delivery_id}/replay")
    def again(delivery_id: str, posted: PostedForm) -> Response:
        said = "replayed"
        try:
            replay(house, delivery_id, once=once_of(house, posted, DEMO))
        except CarriedOut:
            said = "replayed"
        except NotNow:
            said = "underway"
        return RedirectResponse(f"/demo/webhooks?said={said}", status_code=303)

    return router


def _back(frame: Frame, person: Person, at: int, said: str) -> Response:
    """To the week in which it stands now."""
    here = clocks.week_start(frame.house.now(), person.time_zone)
    week = round((clocks.week_start(at, person.time_zone) - here) / (7 * 86_400))
    return RedirectResponse(f"/demo/calendars/{person.id}?week={week}&said={said}", status_code=303)
