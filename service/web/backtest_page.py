"""``/programmes/{token}/backtest``: for a programme's coordinators, how the forecasts do on what is recorded, and what may be
said of them. It names no person and no pair."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from service.app.backtest import backtest_of_programme
from service.app.programme_link import open_programme_link
from service.domain.judging.diagram import as_svg
from service.web.frame import Frame


def backtest_page(frame: Frame) -> APIRouter:
    """One page, only to be read."""
    router, house = frame.router(), frame.house

    @router.api_route("/programmes/{token}/backtest", methods=["GET", "HEAD"])
    def shown(token: str) -> HTMLResponse:
        programme = open_programme_link(house, token, purpose="backtest")
        verdict = backtest_of_programme(house, programme.id)
        diagram = Markup(as_svg(verdict.reliability))  # noqa: S704  (numbers of ours alone)
        return frame.page("backtest.html", programme=programme, verdict=verdict, diagram=diagram)

    return router
