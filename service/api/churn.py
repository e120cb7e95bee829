"""``/v1/people/{id}/churn``: which hours of a person's week fill up, for that person."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import tells
from service.api.plumbing.ids import PersonId
from service.api.schemas.churn import ChurnShown
from service.app.house import House
from service.app.show_churn import churn_words, own_churn
from service.store import people


def router(house: House) -> APIRouter:
    """Reading it."""
    routes = APIRouter(tags=["people"], dependencies=[Depends(caller_of)])

    @routes.get("/v1/people/{person_id}/churn", **tells(ChurnShown, "Read which hours of a person's week fill up"))
    def read(person_id: PersonId) -> JSONResponse:
        """Needs `write`: it is for the person, and shown on their own page. Empty until there are weeks enough."""
        with house.reading() as session:
            return answer(churn_words(own_churn(session, people.get(session, person_id))))

    return routes
