"""A person's mails where no mail server is set up: they are kept, and read here behind the person's own link."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.app.make_link import open_link
from service.store import mails
from service.web.frame import Frame

SHOWN_MAILS = 100


def own_mails(frame: Frame) -> APIRouter:
    """``/me/{token}/mails``: what was kept for this person, the newest first. Nobody else's mail is ever on it."""
    router = frame.router()

    @router.api_route("/me/{token}/mails", methods=["GET", "HEAD"])
    def kept(token: str) -> HTMLResponse:
        person = open_link(frame.house, token)
        with frame.house.reading() as session:
            rows = mails.kept_for(session, person.id, SHOWN_MAILS)
        return frame.page("mails.html", seen_as=person, me=person, base=f"/me/{token}", mails=rows)

    return router
