"""``/v1/model-versions``: the fits of the hold model, what each was trained on, and which is in use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import tells
from service.api.plumbing.ids import VersionId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.schemas.base import Listing
from service.api.schemas.programmes import ModelInUse, VersionShown
from service.app import show_learning as show
from service.app.house import House
from service.app.refit import use_version
from service.store import model_versions

ALL = "/v1/model-versions"


def router(house: House) -> APIRouter:
    """Listing, reading, and going back to an earlier one."""
    routes = APIRouter(tags=["model"], dependencies=[Depends(caller_of)])

    def in_use() -> dict[str, Any]:
        return {"version_id": house.model.version_id, "trained_on": house.terms.trained_on}

    @routes.get(ALL, **tells(Listing[VersionShown], "List the versions of the hold model"))
    def every(page: Annotated[PageAsked, Depends(page_of("mdl"))]) -> JSONResponse:
        """Oldest first. Each night's fit is one, whether it came into use or not; none where nothing new was known."""
        with house.reading() as session:
            rows, after = model_versions.listing(session, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.version(row) for row in rows], after))

    @routes.get(ALL + "/{version_id}", **tells(VersionShown, "Read a version of the hold model"))
    def read(version_id: VersionId) -> JSONResponse:
        """Its terms, what it was trained on, and how it did."""
        with house.reading() as session:
            return answer(show.version(model_versions.get(session, version_id)))

    # Before the next one, which would take the word for an id.
    @routes.post(ALL + "/prior/activate", **tells(ModelInUse, "Score with the prior again"))
    def use_prior(once: Repeatable) -> JSONResponse:
        """What is assumed of everybody, as before any fit. The next night's fit is measured against it."""
        done = carry_out(house, once, lambda: use_version(house, None, once=once), about="prior")
        return answer(in_use(), replayed=done.replayed)

    @routes.post(ALL + "/{version_id}/activate", **tells(ModelInUse, "Use a version", problems=(409,)))
    def use(version_id: VersionId, once: Repeatable) -> JSONResponse:
        """To go back to an earlier one, say. The next night's fit is measured against it, and takes its place only if it
        does no worse."""
        done = carry_out(house, once, lambda: use_version(house, version_id, once=once), about=version_id)
        return answer(in_use(), replayed=done.replayed)

    return routes
