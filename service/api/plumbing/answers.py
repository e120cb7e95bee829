"""Answers: plain dicts, sent as they are."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse, Response

REPLAYED = "Idempotency-Replayed"


def answer(
    body: dict[str, Any], status: int = 200, *, replayed: bool = False, location: str | None = None
) -> JSONResponse:
    """A thing or a list. What has a ``version`` gets it as its ETag."""
    headers: dict[str, str] = {}
    if "version" in body:
        headers["ETag"] = f'"{body["version"]}"'
    if replayed:
        headers[REPLAYED] = "true"
    if location is not None:
        headers["Location"] = location
    return JSONResponse(body, status, headers)


def nothing() -> Response:
    """204."""
    return Response(status_code=204)
