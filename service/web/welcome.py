"""The front page of a real installation: where to go, and nobody's name."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.web.frame import Frame


def welcome(frame: Frame) -> APIRouter:
    """``/``."""
    router = frame.router()

    @router.api_route("/", methods=["GET", "HEAD"])
    def front() -> HTMLResponse:
        return frame.page("welcome.html")

    return router
