"""Whether a person's free hours are looked at: their own choice, on their own page."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from service.app.keep_person import change_person
from service.app.make_link import open_link
from service.web.forms import PostedForm, once_of
from service.web.frame import Frame


def own_churn_choice(frame: Frame) -> APIRouter:
    """``POST /me/{token}/churn``."""
    router, house = frame.router(), frame.house

    @router.post("/me/{token}/churn")
    def choose(token: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        once_of(house, posted, person.id)
        wanted = posted.text("wanted") == "yes"
        if wanted != person.churn:
            change_person(house, person.id, {"preferences": {"churn": wanted}})
        said = "learning" if wanted else "forgotten"
        return RedirectResponse(f"/me/{token}?said={said}#fills", status_code=303)

    return router
