"""Google's own description of the Calendar API, as google-api-python-client bundles it: what a request may hold, and which
scopes each method takes. Every request is checked against it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from tests.emulators.google.problems import Problem, invalid

PATH = "/calendar/v3/"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE)


@dataclass(frozen=True)
class Method:
    """One method: its id (``calendar.events.list``), path parameters and the description's own words."""

    id: str
    path: dict[str, str]
    spec: dict[str, Any]


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    place = files("googleapiclient.discovery_cache").joinpath("documents/calendar.v3.json")
    return json.loads(place.read_text(encoding="utf-8"))


@cache
def _routes() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    routes = []
    for resource in document()["resources"].values():
        for spec in resource["methods"].values():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", spec["path"])
            routes.append((spec["httpMethod"], re.compile(pattern), spec))
    # ``events/import`` before ``events/{eventId}``.
    return sorted(routes, key=lambda one: one[2]["path"].count("{"))


def find(verb: str, path: str) -> Method:
    """The method that a request line names. Raises ``Problem`` 404."""
    for method, pattern, spec in _routes():
        match = pattern.fullmatch(path.removeprefix(PATH))
        if method == verb and match:
            return Method(spec["id"], {k: unquote(v) for k, v in match.groupdict().items()}, spec)
    raise Problem(404, "notFound", f"no method for {verb} {path}")


def check_query(method: Method, query: dict[str, list[str]]) -> dict[str, Any]:
    """The query as values. Raises ``Problem`` 400 for an unknown parameter or a value that it does not take."""
    known = {**document()["parameters"], **method.spec.get("parameters", {})}
    out: dict[str, Any] = {}
    for name, values in query.items():
        spec = known.get(name)
        if spec is None or spec.get("location") == "path":
            raise invalid(f'Unknown name "{name}": Cannot bind query parameter.', name)
        if len(values) > 1 and not spec.get("repeated"):
            raise invalid(f"{name} is given more than once", name)
        read = [_parameter(name, spec, value) for value in values]
        out[name] = read if spec.get("repeated") else read[0]
    return out


def _parameter(name: str, spec: dict[str, Any], value: str) -> Any:
    if "enum" in spec and value not in spec["enum"]:
        raise invalid(f"Invalid string value: '{value}'. Allowed values: {spec['enum']}", name)
    if spec["type"] == "boolean":
        if value not in {"true", "false"}:
            raise invalid(f"Invalid boolean value: '{value}'.", name)
        return value == "true"
    if spec["type"] == "integer":
        if not value.lstrip("-").isdigit():
            raise invalid(f"Invalid integer value: '{value}'.", name)
        number = int(value)
        low, high = int(spec.get("minimum", number)), int(spec.get("maximum", number))
        if not low <= number <= high:
            raise invalid(f"Invalid value: '{value}'. Values must be within the range: [{low}, {high}]", name)
        return number
    if spec.get("format") == "date-time" and not (_MOMENT.fullmatch(value) and datetime.fromisoformat(value).tzinfo):
        raise Problem(400, "badRequest", "Bad Request", location=name)
    return value


def check_body(method: Method, body: bytes) -> dict[str, Any]:
    """The body as an object of the schema that the method takes. Raises ``Problem`` 400."""
    request = method.spec.get("request")
    if request is None:
        if body:
            raise invalid("this method takes no body")
        return {}
    try:
        content = json.loads(body)
    except ValueError:
        raise Problem(400, "parseError", "This API does not support parsing form-encoded input.") from None
    _check({"$ref": request["$ref"]}, content, "", patch=method.id.endswith(".patch"))
    for name, spec in document()["schemas"][request["$ref"]]["properties"].items():
        if method.id in spec.get("annotations", {}).get("required", []) and name not in content:
            raise Problem(400, "required", f"Missing {name}.")
    return content


def _check(spec: dict[str, Any], value: Any, at: str, *, patch: bool) -> None:
    if "$ref" in spec:
        spec = {"type": "object", **document()["schemas"][spec["$ref"]]}
    if value is None and patch:
        return
    kinds = {"string": str, "boolean": bool, "array": list, "object": dict, "integer": int}
    kind = kinds.get(spec["type"])
    if kind is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise invalid(f'Invalid value at "{at}" ({spec["type"]}), {value!r}')
    if spec["type"] == "object":
        properties, more = spec.get("properties", {}), spec.get("additionalProperties")
        for name, inner in value.items():
            if name not in properties and more is None:
                raise invalid(f'Invalid JSON payload received. Unknown name "{name}" at "{at}": Cannot find field.')
            _check(properties.get(name) or more, inner, f"{at}.{name}".lstrip("."), patch=patch)
    elif spec["type"] == "array":
        for position, inner in enumerate(value):
            _check(spec["items"], inner, f"{at}[{position}]", patch=patch)
    elif spec["type"] == "string":
        _check_format(spec.get("format"), value, at)


def _check_format(name: str | None, value: str, at: str) -> None:
    try:
        if name == "date":
            date.fromisoformat(value)
        elif name == "date-time":
            if not _MOMENT.fullmatch(value):
                raise ValueError(value)
            datetime.fromisoformat(value.upper())
        elif name in {"int64", "uint64"}:
            int(value)
    except ValueError:
        raise invalid(f'Invalid value at "{at}" ({name}), {value!r}') from None


def check_response_fields(method: Method, selection: dict[str, Any]) -> None:
    """A partial response may only ask for fields that there are."""
    response = method.spec.get("response")
    if response is not None:
        _check_selection(document()["schemas"][response["$ref"]], selection)


def _check_selection(schema: dict[str, Any], selection: dict[str, Any]) -> None:
    for name, inner in selection.items():
        spec = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if name == "*":
            continue
        if spec is None:
            raise Problem(400, "invalidParameter", f"Invalid field selection {name}", location="fields")
        spec = spec.get("items", spec)
        if "$ref" in spec:
            spec = document()["schemas"][spec["$ref"]]
        if inner:
            _check_selection(spec, inner)
