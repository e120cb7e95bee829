"""``/do/{token}``: the page behind a button of a mail. Opening it shows what the button does and changes nothing, whoever
opens it (mail scanners do); sending the form does it, once, however often it is sent."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.app.act.links import Act, open_action
from service.app.act.verbs import do, look
from service.app.make_link import link_of
from service.domain.errors import Denied, HoldfastError, LinkExpired
from service.web.forms import PostedForm
from service.web.frame import Frame, status_of
from service.words import _, speaking


def do_pages(frame: Frame) -> APIRouter:
    """What can be done with one tap."""
    router, house = frame.router(), frame.house

    @router.api_route("/do/{token}", methods=["GET", "HEAD"])
    def asked(token: str) -> HTMLResponse:
        act = open_action(house, token)
        try:
            found = look(house, act)
        except HoldfastError as trouble:
            return _no_longer(frame, act, trouble)
        if isinstance(found, str):
            return _page(frame, act, sentence=found)
        return _page(frame, act, sentence=found.sentence, lines=found.lines, button=found.button, here=f"/do/{token}")

    @router.post("/do/{token}")
    def pressed(token: str, _posted: PostedForm) -> HTMLResponse:
        act = open_action(house, token)
        try:
            return _page(frame, act, sentence=do(house, act))
        except HoldfastError as trouble:
            return _no_longer(frame, act, trouble)

    return router


def _no_longer(frame: Frame, act: Act, trouble: HoldfastError) -> HTMLResponse:
    if isinstance(trouble, Denied | LinkExpired):
        raise trouble
    with speaking(act.person.language):
        sentence = _(trouble.detail)
    return _page(frame, act, sentence=sentence, status=status_of(trouble))


def _page(
    frame: Frame,
    act: Act,
    *,
    sentence: str,
    lines: tuple[str, ...] = (),
    button: str | None = None,
    here: str = "",
    status: int = 200,
) -> HTMLResponse:
    home, _ = link_of(frame.house, act.person)
    return frame.page(
        "do.html",
        status=status,
        language=act.person.language,
        seen_as=act.person,
        sentence=sentence,
        lines=lines,
        button=button,
        here=here,
        home=home.removeprefix(frame.house.public_url.rstrip("/")),
    )
