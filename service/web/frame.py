"""What every page shares: the templates, the headers, and how trouble looks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from service.app.house import House
from service.domain.errors import (
    BadInput,
    Conflict,
    Denied,
    HoldfastError,
    LinkExpired,
    NotFound,
    ProviderTrouble,
    Stale,
)
from service.web import clocks, kinds, words
from service.words import DEFAULT, ngettext, speaking, spoken
from service.words import _ as say

log = structlog.get_logger(__name__)
HERE = Path(__file__).parent
STATIC = HERE / "static"

# No script at all, nothing from elsewhere, nothing inline, and nobody may put a page into a frame.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
}

STATUS: tuple[tuple[type[HoldfastError], int], ...] = (
    (Denied, 403),
    (LinkExpired, 410),
    (NotFound, 404),
    (Conflict, 409),
    (Stale, 409),
    (BadInput, 422),
    (ProviderTrouble, 502),
)


def status_of(trouble: HoldfastError) -> int:
    """The HTTP status of a page that shows this trouble."""
    return next((status for kind, status in STATUS if isinstance(trouble, kind)), 500)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(say, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(words.FILTERS)
    made.globals["words"] = words
    made.globals["clocks"] = clocks
    made.globals["kinds"] = kinds
    made.globals["assets"] = _fingerprint()
    return made


@dataclass(frozen=True)
class Frame:
    """The house as its pages see it. ``demo``: whether the sample people may be seen without a link."""

    house: House
    demo: bool = False
    environment: Environment = field(default_factory=_environment)

    def page(self, template: str, *, status: int = 200, language: str = DEFAULT, **shown: Any) -> HTMLResponse:
        """Renders a template. ``now`` and ``demo`` are always there. ``language`` for a page that is translated whole."""
        given = {"now": self.house.now(), "demo": self.demo, "seen_as": None, "notice": None, "alert": None, **shown}
        with speaking(language):
            given["language"] = spoken()
            return HTMLResponse(self.environment.get_template(template).render(given), status)

    def trouble(self, status: int, detail: str, *, back: str | None = None) -> HTMLResponse:
        """A page that says kindly what is the matter."""
        title, help_ = words.TROUBLE.get(status, words.TROUBLE[500])
        return self.page("trouble.html", status=status, title=title, detail=detail, help=help_, back=back)

    def router(self, *, described: bool = False) -> APIRouter:
        """A router whose failures are pages and whose answers carry the headers. ``described``: its addresses stand in the
        OpenAPI document, for what other programs send people to."""
        return APIRouter(
            route_class=_route_class(self), include_in_schema=described, default_response_class=HTMLResponse
        )


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _route_class(frame: Frame) -> type[APIRoute]:
    class PageRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    response = await handle(request)
                except HoldfastError as trouble:
                    response = frame.trouble(status_of(trouble), trouble.detail)
                except HTTPException as error:
                    response = frame.trouble(error.status_code, str(error.detail))
                except Exception:  # a fault of ours: the person sees a page all the same
                    log.exception("page_failed", route=self.path)
                    response = frame.trouble(500, "This is our fault, not yours.")
                for name, value in HEADERS.items():
                    response.headers.setdefault(name, value)
                return response

            return guarded

    return PageRoute
