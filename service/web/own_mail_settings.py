"""How Holdfast writes to a person: how often it may ask, when not, and in which language. Every mail that asks leads here."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.app.keep_person import change_person
from service.app.make_link import open_link
from service.app.once import CarriedOut, seen_before
from service.app.send_mail import SETTINGS
from service.domain.errors import BadInput
from service.domain.mail_rules import FEWEST, MOST
from service.store.tables import Person
from service.web.forms import PostedForm, once_of, page_token
from service.web.frame import Frame
from service.words import _, languages, speaking

NAMES = {"en": "English", "de": "Deutsch"}


def own_mail_settings(frame: Frame) -> APIRouter:
    """``/me/{token}/mail-settings``."""
    router, house = frame.router(), frame.house

    @router.api_route(f"/me/{{token}}/{SETTINGS}", methods=["GET", "HEAD"])
    def shown(token: str, said: str = "") -> HTMLResponse:
        person = open_link(house, token)
        with speaking(person.language):
            notice = _("Thank you. From now on it is so.") if said else None
        return _page(frame, token, person, notice=notice)

    @router.post(f"/me/{{token}}/{SETTINGS}")
    def changed(token: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        try:
            seen_before(house, once_of(house, posted, person.id))
            quiet = {"start": posted.text("quiet_from"), "end": posted.text("quiet_until")}
            facts = {
                "mails_per_week": posted.number("mails_per_week"),
                "quiet_hours": None if posted.optional("any_hour") else quiet,
                "language": posted.optional("language") or person.language,
            }
            change_person(house, person.id, {"preferences": facts})
        except CarriedOut:
            pass
        except BadInput:
            with speaking(person.language):
                alert = _("That cannot be kept as it is: please choose a number from the list and two different times.")
            return _page(frame, token, person, alert=alert, status=422)
        return RedirectResponse(f"/me/{token}/{SETTINGS}?said=kept", status_code=303)

    return router


def _page(
    frame: Frame, token: str, person: Person, *, notice: str | None = None, alert: str | None = None, status: int = 200
) -> HTMLResponse:
    at_any_hour = person.quiet_from == person.quiet_until
    start, end = (20 * 60, 8 * 60) if at_any_hour else (person.quiet_from, person.quiet_until)
    return frame.page(
        "mail_settings.html",
        status=status,
        language=person.language,
        seen_as=person,
        me=person,
        base=f"/me/{token}",
        here=f"/me/{token}/{SETTINGS}",
        form=page_token(frame.house, person.id),
        choices=range(FEWEST, MOST + 1),
        quiet=[f"{at // 60:02d}:{at % 60:02d}" for at in (start, end)],
        any_hour=at_any_hour,
        languages={code: NAMES.get(code, code) for code in languages()},
        notice=notice,
        alert=alert,
    )
