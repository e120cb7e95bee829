"""What a person chooses on their own page about their calendars: which count, where new meetings are written, and which go;
and whether invitations bear a link to meet at."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from service.app.choose_calendar import choose_calendar
from service.app.connect_calendar import disconnect_calendar
from service.app.house import House
from service.app.keep_pair import change_pair
from service.app.make_link import open_link
from service.domain.errors import BadInput, Denied, HoldfastError, LinkExpired, NotFound
from service.store import calendars
from service.store.tables import Calendar, Person
from service.web.forms import PostedForm, once_of
from service.web.frame import Frame, status_of
from service.web.own_pages import own_pair, person_page

CHOICES = {
    "count": ({"counts": True}, "counted"),
    "leave-out": ({"counts": False}, "left_out"),
    "write-here": ({"primary": True}, "written_here"),
}


def own_calendars(frame: Frame) -> APIRouter:
    """``POST /me/{token}/calendars/{id}/{change}`` and ``POST /me/{token}/pairs/{id}/link``."""
    router, house = frame.router(), frame.house

    @router.post("/me/{token}/calendars/{calendar_id}/disconnect")
    def disconnect(token: str, calendar_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        once_of(house, posted, person.id)
        row = _calendar(house, calendar_id)
        if row is not None:
            _check_own(row, person)
            disconnect_calendar(house, calendar_id)
        return _to(token, "disconnected")  # also when the same button was pressed before

    @router.post("/me/{token}/calendars/{calendar_id}/{change}")
    def choose(token: str, calendar_id: str, change: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        once_of(house, posted, person.id)
        _check_own(_calendar(house, calendar_id), person)
        if change not in CHOICES:
            raise NotFound("This page is not here.")
        facts, said = CHOICES[change]
        try:
            choose_calendar(house, calendar_id, facts)
        except HoldfastError as trouble:
            if isinstance(trouble, Denied | LinkExpired):
                raise
            words = f"This calendar {trouble.fields[0].reason}." if isinstance(trouble, BadInput) else trouble.detail
            return person_page(frame, token, person, alert=words, status=status_of(trouble))
        return _to(token, said)

    @router.post("/me/{token}/pairs/{pair_id}/link")
    def link(token: str, pair_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        once_of(house, posted, person.id)
        pair = own_pair(house, person, pair_id)
        wanted = posted.text("wanted") == "yes"
        change_pair(house, pair.id, {"conference": wanted})
        said = "link" if wanted else "no_link"
        return RedirectResponse(f"/me/{token}/pairs/{pair.id}?said={said}", status_code=303)

    return router


def _calendar(house: House, calendar_id: str) -> Calendar | None:
    with house.reading() as session:
        try:
            return calendars.get(session, calendar_id)
        except NotFound:
            return None


def _check_own(row: Calendar | None, person: Person) -> None:
    """Raises ``Denied`` for a calendar of anybody else, existing or not."""
    if row is None or row.person_id != person.id:
        raise Denied("This is not one of your own calendars.")


def _to(token: str, said: str) -> Response:
    return RedirectResponse(f"/me/{token}?said={said}", status_code=303)
