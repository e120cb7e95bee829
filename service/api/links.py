"""``/v1/people/{id}/links``: signed addresses of a person's own page."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates
from service.api.plumbing.ids import PersonId
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.schemas.people import LinkShown, NewLink
from service.app.house import House
from service.app.make_link import make_link, revoke_links
from service.app.once import remember
from service.domain.timespan import rfc3339
from service.store import people


def router(house: House) -> APIRouter:
    """Making and withdrawing links."""
    routes = APIRouter(tags=["people"], dependencies=[Depends(caller_of)])

    @routes.post("/v1/people/{person_id}/links", **creates(LinkShown, "Make a link to a person's own page"))
    def make(person_id: PersonId, once: Repeatable, given: NewLink | None = None) -> JSONResponse:
        """Whoever has the address can act for the person until it expires. A repetition gets a fresh address."""
        purpose = given.purpose if given else "home"

        def kept() -> None:
            with house.reading() as session:
                people.get(session, person_id)
            remember(house, once, person_id)

        done = carry_out(house, once, kept)
        url, expires_at = make_link(house, person_id, purpose=purpose)
        body = {"url": url, "purpose": purpose, "expires_at": rfc3339(expires_at)}
        return answer(body, 201, replayed=done.replayed)

    @routes.delete("/v1/people/{person_id}/links", status_code=204, summary="Withdraw all of a person's links")
    def withdraw(person_id: PersonId) -> Response:
        """Every address made so far leads nowhere from now on."""
        revoke_links(house, person_id)
        return nothing()

    return routes
