"""The OpenAPI document: what FastAPI knows, completed with what holds for every call, so that no call can forget it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from service.api.plumbing.access import needed
from service.api.plumbing.problems import MEDIA_TYPE
from service.api.schemas.base import Given, Shown
from service.api.schemas.problem import ProblemShown

PROBLEMS = "x-problems"
IS_PAGE = "x-page"  # a page for people: its failures are pages too, and it says itself which
REF = "#/components/schemas/"
PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": f"{REF}Problem"}}}
ABOUT = """Meetings that hold: scheduling for two people who mean to keep meeting.

Times come out as RFC 3339 in UTC and go in with an offset. Ids sort by time. Failures are problems (RFC 9457) with a stable
`type`. Every POST takes `Idempotency-Key`; where two people may edit, changes take `If-Match`; lists have `cursor` and
`limit`. Every answer bears `X-Request-Id`."""
TEXT = {"schema": {"type": "string"}}


def tells(model: Any, summary: str, *, problems: Sequence[int] = (), status: int = 200) -> dict[str, Any]:
    """Arguments for a route that answers ``model``; ``problems``: statuses beyond what its parameters imply."""
    return {
        "response_model": model,
        "summary": summary,
        "status_code": status,
        "openapi_extra": {PROBLEMS: list(problems)},
    }


def creates(model: Any, summary: str, *, problems: Sequence[int] = ()) -> dict[str, Any]:
    """The same for a route that makes something (201)."""
    return tells(model, summary, problems=problems, status=201)


def install(app: FastAPI) -> None:
    """Replaces the application's document by the completed one."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def completed(app: FastAPI) -> dict[str, Any]:
    """The document."""
    made = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for left_over in ("HTTPValidationError", "ValidationError"):
        schemas.pop(left_over, None)
    schemas.update(_schema(ProblemShown, "Problem"))
    _restore_examples(schemas, Given)
    _restore_examples(schemas, Shown)
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _complete(path, method.upper(), operation, schemas)
    return made


def _restore_examples(schemas: dict[str, Any], base: type[BaseModel]) -> None:
    """FastAPI leaves nulls out of the document, also where an example means null."""
    for model in base.__subclasses__():
        extra = model.model_config.get("json_schema_extra")
        if isinstance(extra, dict) and "examples" in schemas.get(model.__name__, {}):
            schemas[model.__name__]["examples"] = extra["examples"]
        _restore_examples(schemas, model)


def _schema(model: type[BaseModel], name: str) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template=REF + "{model}")
    parts: dict[str, Any] = schema.pop("$defs", {})
    return {**parts, name: {**schema, "title": name}}


def _complete(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    given = {p["name"].lower() for p in operation.get("parameters", [])}
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    if operation.pop(IS_PAGE, False):
        return
    for status, answer in responses.items():
        if status.startswith("2"):
            answer["headers"] = _headers(status, answer, given, schemas)
    for failure in _failures(path, operation, given):
        description = HTTPStatus(failure).phrase
        responses.setdefault(str(failure), {"description": description, "content": PROBLEM})
    if "security" in operation:
        scope = needed(path, method)
        operation["security"] = [{name: [scope] for name in each} for each in operation["security"]]
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`.".strip()


def _failures(path: str, operation: dict[str, Any], given: set[str]) -> list[int]:
    found = {500, *operation.pop(PROBLEMS, ())}
    if "security" in operation:
        found |= {401, 403, 503}
    if "{" in path:
        found.add(404)
    if given - {"token", "if-none-match"} or "requestBody" in operation:
        found.add(422)
    if "requestBody" in operation:
        found.add(413)
    if "if-match" in given:
        found.add(412)
    return sorted(found)


def _headers(status: str, answer: dict[str, Any], given: set[str], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"X-Request-Id": {"description": "The request's name in the logs.", **TEXT}}
    named = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "").removeprefix(REF)
    if "version" in schemas.get(named, {}).get("properties", {}):
        found["ETag"] = {"description": "The version, for If-Match.", **TEXT}
    if "idempotency-key" in given:
        found["Idempotency-Replayed"] = {"description": "`true`: carried out earlier, answered again.", **TEXT}
    if status == "201":
        found["Location"] = {"description": "Where the new thing is read, if it can be.", **TEXT}
    return found
