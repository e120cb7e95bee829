"""Problems (RFC 9457): every failure as ``application/problem+json`` with a stable ``type``.

``type`` is ``urn:holdfast:problem:<code>``: the same in every installation, and not an address that could go away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException

from service.api.plumbing.field_paths import field_problems
from service.domain.errors import (
    BadInput,
    Conflict,
    Denied,
    HoldfastError,
    KeyReused,
    LinkExpired,
    NotFound,
    ProviderTrouble,
    Refused,
    Stale,
    Throttled,
    Unsupported,
)

log = structlog.get_logger(__name__)
# What the database's driver and the pool of connections say where no answer is to be had.
AWAY = (OperationalError, InterfaceError, NoConnectionFree)
MEDIA_TYPE = "application/problem+json"
URN = "urn:holdfast:problem:"

# The first that fits decides. Wrong credentials for a calendar are bad input of whoever sent them.
STATUS: tuple[tuple[type[HoldfastError], int], ...] = (
    (BadInput, 422),
    (NotFound, 404),
    (KeyReused, 422),
    (Conflict, 409),
    (Stale, 412),
    (LinkExpired, 410),
    (Throttled, 503),
    (Refused, 422),
    (Unsupported, 422),
    (ProviderTrouble, 502),
)
RESERVED = frozenset({"type", "title", "status", "detail", "instance"})
CODES = {401: "unauthenticated", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What the caller is told."""

    status: int
    code: str
    title: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """As an answer. A member of ``extra`` that RFC 9457 reserves is prefixed with ``current_``."""
        members = {f"current_{k}" if k in RESERVED else k: v for k, v in self.extra.items()}
        content = {
            "type": URN + self.code, "title": self.title, "status": self.status, "detail": self.detail, **members,
        }  # fmt: skip
        return JSONResponse(content, self.status, dict(self.headers), MEDIA_TYPE)


def unauthenticated(detail: str) -> Problem:
    """401."""
    challenge = {"WWW-Authenticate": 'Bearer realm="Holdfast"'}
    return Problem(401, "unauthenticated", "A key is needed", detail, headers=challenge)


def internal(request_id: str) -> Problem:
    """500: nothing of what happened inside, and the name under which the log holds it."""
    detail = "This is our fault. The log has the rest under this request_id."
    return Problem(500, "internal", "Something went wrong", detail, {"request_id": request_id})


def problem_of(trouble: HoldfastError) -> Problem:
    """An expected failure in the words of HTTP."""
    if isinstance(trouble, Denied):
        if not trouble.authenticated:
            return unauthenticated(trouble.detail)
        return Problem(403, trouble.code, trouble.title, trouble.detail, trouble.extra)
    status = next((status for kind, status in STATUS if isinstance(trouble, kind)), 500)
    extra, headers = dict(trouble.extra), {}
    if isinstance(trouble, BadInput):
        extra["errors"] = [{"field": f.field, "reason": f.reason} for f in trouble.fields]
    if isinstance(trouble, Throttled):
        headers["Retry-After"] = str(math.ceil(trouble.retry_after) if trouble.retry_after else 60)
    return Problem(status, trouble.code, trouble.title, trouble.detail, extra, headers)


async def _expected(_request: Request, trouble: Exception) -> JSONResponse:
    assert isinstance(trouble, HoldfastError)  # noqa: S101  (registered for this class alone)
    return problem_of(trouble).response()


async def _invalid(request: Request, trouble: Exception) -> JSONResponse:
    assert isinstance(trouble, RequestValidationError)  # noqa: S101
    fields = field_problems(trouble.errors(), trouble.body, request.headers.get("content-type", ""))
    detail = "; ".join(f"{f.field}: {f.reason}" for f in fields[:3])
    return problem_of(BadInput(detail, fields=fields)).response()


async def _framework(request: Request, trouble: Exception) -> JSONResponse:
    assert isinstance(trouble, HTTPException)  # noqa: S101
    if trouble.status_code == HTTPStatus.BAD_REQUEST:  # the framework's word for a body that it could not decode
        return problem_of(BadInput.of("body", "is not JSON in UTF-8")).response()
    phrase = HTTPStatus(trouble.status_code).phrase
    code, detail = CODES.get(trouble.status_code, phrase.lower().replace(" ", "-")), str(trouble.detail or phrase)
    headers = dict(trouble.headers or {})
    if trouble.status_code == HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address."
    if trouble.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request) or headers.get("Allow", "")
        detail = f"This address takes {headers['Allow']}."
    return Problem(trouble.status_code, code, phrase, detail, headers=headers).response()


def _allowed(request: Request) -> str:
    """Every method of the address: the framework names only those of the first route that it tried."""
    route = getattr(request.scope.get("route"), "path", "")
    return ", ".join(sorted(method.upper() for method in request.app.openapi()["paths"].get(route, {})))


def database_away(trouble: Exception) -> Problem:
    """503, and a line in the log."""
    log.error("database_away", exc_info=trouble)
    detail = "The database does not answer at the moment. Try again shortly."
    return Problem(503, "unavailable", "Not available at the moment", detail, headers={"Retry-After": "5"})


async def _database_away(_request: Request, trouble: Exception) -> JSONResponse:
    return database_away(trouble).response()


def install(app: FastAPI) -> None:
    """Makes the application answer every failure with a problem."""
    app.add_exception_handler(HoldfastError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    for away in AWAY:
        app.add_exception_handler(away, _database_away)
