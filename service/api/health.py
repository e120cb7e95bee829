"""``/healthz``, ``/readyz``, ``/metrics``: for those who run it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ConfigDict

from service.api.metrics import Metrics
from service.api.plumbing.describe import tells
from service.api.schemas.base import Shown

EXPOSITION = 'holdfast_provider_calls_total{operation="read",outcome="ok",provider="google"} 42.0\n'
log = structlog.get_logger(__name__)


class Health(Shown):
    """The process answers."""

    status: Literal["ok"]

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})


class Readiness(Shown):
    """Whether requests may be sent here, and what that rests on."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, bool]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "ready", "checks": {"database": True, "worker": True, "keys": True}},
                {"status": "not_ready", "checks": {"database": True, "worker": False, "keys": True}},
            ]
        }
    )


def router(ready: Callable[[], dict[str, bool]], metrics: Metrics) -> APIRouter:
    """Liveness, readiness, metrics: none needs a key, none tells of anybody."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/healthz", **tells(Health, "Is the process alive?"))
    async def alive() -> JSONResponse:
        """It answers, so it is."""
        return JSONResponse({"status": "ok"})

    @routes.get(
        "/readyz",
        responses={503: {"model": Readiness, "description": "Not ready; `checks` says what is missing."}},
        **tells(Readiness, "May requests be sent here?"),
    )
    def readiness() -> JSONResponse:
        """200 once the database is migrated and answers, the worker runs and the keys open what they sealed."""
        try:
            checks = dict(ready())
        except Exception:
            log.exception("readiness_unknown")
            checks = {"checks": False}
        well = all(checks.values())
        return JSONResponse({"status": "ready" if well else "not_ready", "checks": checks}, 200 if well else 503)

    @routes.get(
        "/metrics",
        summary="Prometheus metrics",
        response_class=Response,
        responses={
            200: {
                "content": {"text/plain": {"schema": {"type": "string"}, "example": EXPOSITION}},
                "description": "Exposition format",
            }
        },
    )
    def exposition() -> Response:
        """Counts and durations; no label names a person."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
