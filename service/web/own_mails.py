"""A person's mails where no mail server is set up: they are kept, and read here behind the person's own link."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.app.make_link import open_link
from service.store import mails
from service.store.tables import MailRow
from service.web.frame import Frame

SHOWN_MAILS = 100
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def own_mails(frame: Frame) -> APIRouter:
    """``/me/{token}/mails``: what was kept for this person, the newest first, and each as a mail program shows it. Nobody
    else's mail is ever on it."""
    router = frame.router()

    @router.api_route("/me/{token}/mails", methods=["GET", "HEAD"])
    def kept(token: str) -> HTMLResponse:
        person = open_link(frame.house, token)
        with frame.house.reading() as session:
            rows = mails.kept_for(session, person.id, SHOWN_MAILS)
        return frame.page("mails.html", seen_as=person, me=person, base=f"/me/{token}", mails=rows)

    @router.api_route("/me/{token}/mails/{mail_id}", methods=["GET", "HEAD"])
    def shown(token: str, mail_id: str) -> HTMLResponse:
        person = open_link(frame.house, token)
        with frame.house.reading() as session:
            row = mails.kept(session, person.id, mail_id)
        return letter_page(row)

    return router


def letter_page(row: MailRow) -> HTMLResponse:
    """A mail as a mail program shows it: its own styles, and nothing else, may act there."""
    return HTMLResponse(row.html, headers={"Content-Security-Policy": LETTER_POLICY})
