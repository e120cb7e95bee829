"""docs/api.md: its examples name calls that exist and send bodies that are taken; its problems are all of them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from api_hand import api_on

from service.api.plumbing.problems import CODES
from service.app.alter_meeting import REASONS
from service.domain import errors
from service.domain.errors import HoldfastError

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
CURLS = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.startswith("curl ")]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(api_on(tmp_path_factory.mktemp("docs")).app.openapi())


def _read(line: str) -> tuple[str, str, Any, dict[str, str]]:
    words = shlex.split(line)[1:]
    method, body, address, headers = "GET", None, "", {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "--json":
            method, body = method if method == "PATCH" else "POST", json.loads(words.pop(0))
        elif word == "--data-binary":
            method, _ = "POST", words.pop(0)
        else:
            address = word
    return method, address.removeprefix("$HOLDFAST"), body, headers


@pytest.mark.parametrize("line", CURLS)
def test_every_example_is_a_call_that_is_taken(line: str, document: dict[str, Any]) -> None:
    method, address, body, headers = _read(line)
    path, _, query = address.partition("?")
    pattern = re.sub(r"\$[A-Z_]+", "{}", path)
    (template,) = [p for p in document["paths"] if re.sub(r"\{\w+\}", "{}", p) == pattern]
    operation = document["paths"][template][method.lower()]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert set(headers) - {"Authorization", "Content-Type"} <= names
    if "Content-Type" in headers:
        assert headers["Content-Type"] in operation["requestBody"]["content"]
    assert {pair.partition("=")[0] for pair in query.split("&") if pair} <= names
    if body is not None:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(body)


def test_there_are_examples() -> None:
    assert len(CURLS) > 12


def test_every_problem_is_listed() -> None:
    codes = {k.code for k in vars(errors).values() if isinstance(k, type) and issubclass(k, HoldfastError)}
    codes = codes - {"error"} | set(CODES.values()) | {"internal", "unavailable"}
    table = TEXT.partition("## Problems")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)} == codes


def test_the_reasons_are_those_of_the_house() -> None:
    (line,) = [line for line in TEXT.splitlines() if line.startswith("- `reason_code`")]
    assert set(re.findall(r"`(\w+)`", line)) - {"reason_code"} == set(REASONS)
