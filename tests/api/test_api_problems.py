"""Every kind of failure is a problem, and none tells what is inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
import structlog
from api_hand import Api, fields, problem
from sqlalchemy.exc import OperationalError

from service.api.plumbing.field_paths import written
from service.api.plumbing.problems import STATUS, problem_of
from service.domain import errors
from service.domain.errors import BadInput, Denied, HoldfastError, LinkExpired, NotNow, ProviderTrouble, Stale

ALL = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, HoldfastError) and kind is not HoldfastError
]


@pytest.mark.parametrize("kind", ALL)
def test_every_expected_failure_has_a_status_and_a_stable_type(kind: type[HoldfastError]) -> None:
    found = problem_of(kind("A sentence."))
    assert 400 <= found.status < 600
    assert found.status != 500
    assert found.code == kind.code
    body = json.loads(bytes(found.response().body))
    assert body["type"] == f"urn:holdfast:problem:{kind.code}"
    assert body["detail"] == "A sentence."


def test_the_statuses() -> None:
    expected: list[tuple[HoldfastError, int]] = [
        (BadInput("x"), 422),
        (errors.NotFound("x"), 404),
        (errors.TimeGone("x"), 409),
        (NotNow("x"), 409),
        (errors.KeyReused("x"), 422),
        (Stale("x"), 412),
        (Denied("x"), 403),
        (Denied("x", authenticated=False), 401),
        (LinkExpired("x"), 410),
        (errors.Unreachable("x"), 502),
        (errors.Throttled("x"), 503),
        (errors.Refused("x"), 422),
        (ProviderTrouble("x"), 502),
    ]
    assert [(trouble, problem_of(trouble).status) for trouble, _ in expected] == expected


def test_a_subclass_never_stands_behind_its_base() -> None:
    for index, (kind, _) in enumerate(STATUS):
        assert not any(issubclass(kind, earlier) for earlier, _ in STATUS[:index])


def test_what_a_failure_brings_along_never_hides_what_the_rfc_says() -> None:
    body = json.loads(
        bytes(problem_of(NotNow("x", extra={"status": "cancelled", "type": "y", "slots": []})).response().body)
    )
    assert (body["status"], body["current_status"], body["current_type"], body["slots"]) == (409, "cancelled", "y", [])


def test_the_frameworks_own_failures(shared: Api) -> None:
    problem(shared.get("/nowhere"), 404, "not-found")
    answer = shared.call("PUT", "/v1/people", {})
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"{", "application/json", "is not JSON"),
        (b"", "application/json", "is needed"),
        (b"[]", "application/json", "should be a valid dictionary"),
        (b'{"name": "Ada"}', "text/plain", "Content-Type: application/json"),
        (b"name=Ada", "application/x-www-form-urlencoded", "Content-Type: application/json"),
        (b"\xff\xfed", "application/json", "is not JSON"),
        (b"[" * 200_000, "application/json", "is not JSON"),
        (b'{"name": NaN}', "application/json", "valid string"),
    ],
)
def test_a_body_that_is_none(shared: Api, content: bytes, kind: str, reason: str) -> None:
    answer = shared.client.post("/v1/people", content=content, headers={"Content-Type": kind})
    assert any(reason in found for found in fields(answer).values())


def test_half_a_character_is_refused(shared: Api) -> None:
    content = b'{"name": "\\ud800", "email": "a@b.example", "time_zone": "UTC"}'
    answer = shared.client.post("/v1/people", content=content, headers={"Content-Type": "application/json"})
    assert list(fields(answer)) == ["name"]


def test_the_unexpected_tells_nothing_but_its_name(api: Api) -> None:
    @api.app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    with structlog.testing.capture_logs() as logs:
        answer = api.get("/broken", X_Request_Id="trace-1")
    members = problem(answer, 500, "internal")
    assert "hunter2" not in answer.text
    assert members["request_id"] == answer.headers["X-Request-Id"] == "trace-1"
    assert [entry["event"] for entry in logs] == ["request_failed"]
    assert logs[0]["route"] == "/broken"


def test_a_database_that_is_away_is_said_so(api: Api) -> None:
    @api.app.get("/away")
    def away() -> None:
        raise OperationalError("SELECT secret", {}, Exception("connection refused"))

    with structlog.testing.capture_logs() as logs:
        answer = api.get("/away")
    problem(answer, 503, "unavailable")
    assert "SELECT" not in answer.text
    assert answer.headers["Retry-After"] == "5"
    assert [entry["event"] for entry in logs] == ["database_away"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (("windows", "lunch", "one", "start"), {"windows": {"lunch": {"start": 1}}}, "windows.lunch.start"),
        (("windows", "lunch", "many", 0, "end"), {"windows": {"lunch": [{}]}}, "windows.lunch[0].end"),
        (("caldav", "username"), {"provider": "caldav"}, "username"),
        (("types", 3), {"types": ["a", "b", "c", 1]}, "types[3]"),
        ((), {}, ""),
    ],
)
def test_field_paths_are_those_of_the_caller(path: Any, body: Any, expected: str) -> None:
    assert written(path, body) == expected
