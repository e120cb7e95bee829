"""``/v1/people``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import PersonId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing
from service.api.schemas.export import Export
from service.api.schemas.people import NewPerson, PersonChanges, PersonShown
from service.app import show
from service.app.export_person import export_person
from service.app.forget_person import forget_person
from service.app.house import House
from service.app.keep_person import change_person, create_person
from service.store import people


def router(house: House) -> APIRouter:
    """Adding, reading, changing, giving out and forgetting people."""
    routes = APIRouter(tags=["people"], dependencies=[Depends(caller_of)])

    def words(person_id: str) -> dict[str, Any]:
        with house.reading() as session:
            return show.person(house, people.get(session, person_id))

    @routes.post("/v1/people", **creates(PersonShown, "Add a person"))
    def add(given: NewPerson, once: Repeatable) -> JSONResponse:
        """Only name, address and zone are needed; every default is filled in and shown."""
        done = carry_out(house, once, lambda: create_person(house, given.facts(), once=once))
        location = f"/v1/people/{done.resource_id}"
        return answer(words(done.resource_id), 201, replayed=done.replayed, location=location)

    @routes.get("/v1/people", **tells(Listing[PersonShown], "List people"))
    def every(page: Annotated[PageAsked, Depends(page_of("per"))]) -> JSONResponse:
        """Everyone who was not forgotten, oldest first."""
        with house.reading() as session:
            rows, after = people.listing(session, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.person(house, row) for row in rows], after))

    @routes.get("/v1/people/{person_id}", **tells(PersonShown, "Read a person"))
    def read(person_id: PersonId) -> JSONResponse:
        """With every default filled in."""
        return answer(words(person_id))

    @routes.patch("/v1/people/{person_id}", **tells(PersonShown, "Change a person"))
    def change(person_id: PersonId, given: PersonChanges, if_version: IfVersion) -> JSONResponse:
        """`windows` replaces the windows it names, null switches one off; what is not named stays."""
        change_person(house, person_id, given.facts(), if_version=if_version)
        return answer(words(person_id))

    @routes.delete("/v1/people/{person_id}", status_code=204, summary="Forget a person")
    def forget(person_id: PersonId) -> Response:
        """Takes tokens, events, mails, name and address out at once. Pairs end in neutral words; the partner's ledger
        stays, and never held a name."""
        forget_person(house, person_id)
        return nothing()

    @routes.get(
        "/v1/people/{person_id}/export",
        **tells(Export, "Give out all that is held of a person"),
    )
    def export(person_id: PersonId) -> JSONResponse:
        """Needs `write`: mails hold addresses with which one can act for the person."""
        return answer(export_person(house, person_id))

    return routes
