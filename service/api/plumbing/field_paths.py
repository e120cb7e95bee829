"""Where in a request something is wrong, as the caller wrote it: ``windows.lunch.start``, ``working_hours[0].end``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.domain.errors import FieldProblem


def field_problems(errors: Sequence[Mapping[str, Any]], body: object, content_type: str) -> list[FieldProblem]:
    """Pydantic's errors in the words of a problem's ``errors``."""
    return [_problem(error, body, content_type) for error in errors]


def _problem(error: Mapping[str, Any], body: object, content_type: str) -> FieldProblem:
    place, *path = error["loc"]
    if error["type"] == "json_invalid":
        return FieldProblem("body", f"is not JSON: {error['ctx']['error']} at character {path[0]}")
    if place == "body" and not path:
        if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
            return FieldProblem(error["ctx"]["discriminator"].strip("'"), _reason(error))
        if isinstance(body, bytes) or (body is not None and "json" not in content_type.lower()):
            return FieldProblem("body", "must be JSON, sent with Content-Type: application/json")
    name = written(path, body if place == "body" else None) if place == "body" else ".".join(map(str, path))
    return FieldProblem(name or "body", _reason(error))


def written(path: Sequence[str | int], body: object) -> str:
    """The path without the steps that exist only in the model (which of several shapes was tried)."""
    name, here = "", body
    for index, step in enumerate(path):
        last = index == len(path) - 1
        if isinstance(step, int):
            name += f"[{step}]"
            here = here[step] if isinstance(here, list) and step < len(here) else None
        elif isinstance(here, dict) and (step in here or last):
            name += f".{step}" if name else step
            here = here.get(step)
    return name


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "extra_forbidden":
        return "is not a known field"
    if error["type"] == "missing":
        return "is needed"
    text = str(error["msg"])
    return text[:1].lower() + text[1:]
