"""Connecting a calendar account: what is read and what never is, in three lines, before the provider's own page; and the
way back from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from service.app.connect_calendar import connect_calendar
from service.app.house import House
from service.app.make_link import make_link, open_link
from service.app.once import CarriedOut
from service.app.sign_in import OWN_PAGE, authorization_url, finish_sign_in
from service.domain.errors import HoldfastError, NotFound, Refused
from service.store import calendars, people
from service.web.forms import PostedForm, once_of, page_token
from service.web.frame import Frame, status_of

NAMES = {"google": "Google", "microsoft": "Microsoft"}
PAGE: dict[str, Any] = {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}
WHY = {
    400: "Access was not given.",
    403: "The state is none of ours, or was used.",
    404: "This kind of calendar cannot be connected here.",
    410: "It took too long.",
    500: "Our fault.",
    502: "The provider did not answer as it should.",
}


def described(name: str) -> dict[str, Any]:
    """What the OpenAPI document says of a callback: the provider's parameters, and that pages come back."""

    def parameter(word: str, description: str, example: str) -> dict[str, Any]:
        schema = {"type": "string"}
        return {"name": word, "in": "query", "description": description, "schema": schema, "example": example}

    return {
        "tags": ["providers"],
        "summary": f"A person comes back from {name}",
        "responses": {
            200: {"description": "Connected.", "content": PAGE},
            **{status: {"description": why, "content": PAGE} for status, why in WHY.items()},
        },
        "openapi_extra": {
            "x-page": True,
            "parameters": [
                parameter("state", "The state that went along with the person.", "fQd3…"),
                parameter("code", "What access is got for, where it was given.", "4/0AX4XfWh…"),
                parameter("error", "Why it was not given.", "access_denied"),
            ],
        },
    }


def offers(house: House) -> dict[str, str]:
    """What can be connected here from a person's own page: provider → its name."""
    return {provider: name for provider, name in NAMES.items() if provider in house.sign_ins}


def sign_in_pages(frame: Frame) -> APIRouter:
    """``/me/{token}/connect/{provider}`` and the callbacks."""
    router, house = frame.router(), frame.house

    @router.get("/me/{token}/connect/{provider}")
    def explain(token: str, provider: str) -> HTMLResponse:
        person = open_link(house, token)
        _known(provider)
        form = page_token(house, person.id)
        return frame.page(
            "connect.html",
            me=person,
            base=f"/me/{token}",
            provider=provider,
            name=NAMES[provider],
            form=form,
            onward=None,
        )

    @router.post("/me/{token}/connect/{provider}")
    def begin(token: str, provider: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        _known(provider)
        once = once_of(house, posted, person.id)
        try:
            given = {"provider": provider, "choose": posted.optional("choose") == "yes", "on_own_page": True}
            calendar_id = connect_calendar(house, person.id, given, once=once)
        except CarriedOut as done:
            calendar_id = done.resource_id or ""
        with house.reading() as session:
            onward = authorization_url(house, calendars.get(session, calendar_id))
        return frame.page(
            "connect.html",
            me=person,
            base=f"/me/{token}",
            provider=provider,
            name=NAMES[provider],
            form="",
            onward=onward,
        )

    def back(provider: str, query: Mapping[str, str]) -> HTMLResponse:
        _known(provider)
        try:
            calendar_id = finish_sign_in(house, provider, query)
        except HoldfastError as trouble:
            status = 400 if isinstance(trouble, Refused) else status_of(trouble)  # the person's own word is no failure
            return frame.page(
                "connected.html", status=status, name=NAMES[provider], trouble=trouble.detail, link=None, calendar=None,
                person=None,
            )  # fmt: skip
        with house.reading() as session:
            calendar = calendars.get(session, calendar_id)
            person = people.get(session, calendar.person_id)
        # Whoever comes back may have been sent by somebody else: only a way that began on the person's page leads there.
        link = make_link(house, person.id)[0] if query.get("state", "").startswith(OWN_PAGE) else None
        return frame.page(
            "connected.html", name=NAMES[provider], trouble=None, link=link, calendar=calendar, person=person
        )

    @router.get("/oauth/{provider}/callback")
    def nobody(provider: str) -> HTMLResponse:
        raise NotFound("This kind of calendar cannot be connected here.")

    def _known(provider: str) -> None:
        if provider not in house.sign_ins:
            raise NotFound("This kind of calendar cannot be connected here.")

    callbacks = frame.router(described=True)

    @callbacks.get("/oauth/google/callback", **described("Google"))
    def google(request: Request) -> HTMLResponse:
        """Where Google sends a person back to. The state is good once, for a quarter of an hour, and for the calendar that
        it was made for; what was granted is read, and the calendar connected, before this answers."""
        return back("google", dict(request.query_params))

    @callbacks.get("/oauth/microsoft/callback", **described("Microsoft"))
    def microsoft(request: Request) -> HTMLResponse:
        """Where Microsoft sends a person back to. The same as for Google."""
        return back("microsoft", dict(request.query_params))

    callbacks.include_router(router)
    return callbacks
