"""Microsoft's own description of Graph, where ``HOLDFAST_TEST_DATA`` says where it lies: what is sent is held to it."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path

import jsonschema_rs

DATA = os.environ.get("HOLDFAST_TEST_DATA", "")
FILE = Path(DATA) / "graph-calendar-openapi.json" if DATA else None
PRESENT = FILE is not None and FILE.is_file()


@cache
def description() -> dict:
    assert FILE is not None
    return json.loads(FILE.read_text(encoding="utf-8"))


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for template in description()["paths"]:
        pattern = re.sub(r"\\\{[^}]+\\\}", r"[^/]+", re.escape(template))
        found.append((re.compile(pattern), template))
    # A path without a variable part is meant before one with.
    return sorted(found, key=lambda it: it[1].count("{"))


def validator(schema: dict) -> jsonschema_rs.Validator:
    """For one schema of the description."""
    return jsonschema_rs.Draft202012Validator({**schema, "components": description()["components"]})


@cache
def _body_validator(template: str, method: str) -> jsonschema_rs.Validator | None:
    operation = description()["paths"][template][method]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = dict(content["schema"])
    if schema.get("$ref", "").endswith("microsoft.graph.event"):
        # An open type, but nobody means to send a property that Microsoft does not know.
        schema = {**description()["components"]["schemas"]["microsoft.graph.event"], "additionalProperties": False}
    elif "properties" in schema:  # an action's parameters: PascalCase there, either in the service
        schema["properties"] = {_small(name): it for name, it in schema["properties"].items()}
        schema["additionalProperties"] = False
    return validator(schema)


def complaint(method: str, path: str, query: dict[str, str], body: object) -> str | None:
    """What is wrong with a request, or ``None``. ``path`` is percent-encoded, without ``/v1.0``."""
    template = next((template for pattern, template in _paths() if pattern.fullmatch(path)), None)
    if template is None:
        return f"Resource not found for the segment '{path}'."
    operation = description()["paths"][template].get(method.lower())
    if operation is None:
        return f"The method {method} is not allowed for {template}."
    known = {it["name"]: it for it in operation.get("parameters", []) if it.get("in") == "query"}
    for name, value in query.items():
        if name.startswith("$") and name.lower() in {"$skiptoken", "$deltatoken"}:
            continue  # in links that the service itself made
        if name not in known:
            return f"The query parameter '{name}' is not supported."
        kind = known[name]["schema"].get("type")
        if kind == "integer" and not value.isdigit():
            return f"Invalid value '{value}' for {name} query option found."
        if kind == "boolean" and value not in {"true", "false"}:
            return f"Invalid value '{value}' for {name} query option found."
    token = {"$deltatoken", "$skiptoken"} & {name.lower() for name in query}
    for name, it in known.items():
        if it.get("required") and name not in query and not token:
            return f"This request requires a time window specified by the query string parameter {name}."
    check = _body_validator(template, method.lower())
    if body is None:
        return "Empty Payload. JSON content expected." if check is not None else None
    if check is None:
        return "This request takes no body."
    action = template.endswith(("/getSchedule", "/cancel", "/accept", "/decline", "/tentativelyAccept"))
    given = {_small(name): it for name, it in body.items()} if action and isinstance(body, dict) else body
    problem = next(iter(check.iter_errors(given)), None)
    return None if problem is None else f"{problem.message} at {'/'.join(map(str, problem.instance_path)) or '/'}"


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
