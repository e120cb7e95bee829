"""Who may call what: keys, scopes, and that nothing under /v1 is open."""

from __future__ import annotations

import pytest
from api_hand import Api, fields, problem
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.api import people
from service.api.plumbing import problems

OPEN = {"/healthz", "/readyz", "/metrics", "/feeds/{token}.ics", "/hooks/google", "/hooks/microsoft"}
OPEN |= {"/hooks/google/{calendar_id}", "/hooks/microsoft/{calendar_id}"}
RANK = ("read", "write", "admin")


def _calls(api: Api) -> list[tuple[str, str, str]]:
    """Every call of the API with an address that names nothing, and the scope it is documented with."""
    found = []
    for path, methods in api.app.openapi()["paths"].items():
        for method, operation in methods.items():
            if path not in OPEN:
                (scope,) = operation["security"][0]["key"]
                found.append((method.upper(), path.replace("{", "").replace("}", ""), scope))
    return found


def test_every_call_is_closed_without_a_key(api: Api) -> None:
    calls = _calls(api)
    assert len(calls) > 40
    for method, path, _ in calls:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic Ym9vdHN0cmFwOg=="}):
            answer = api.anyone.request(method, path, headers=headers, content=b"{")
            problem(answer, 401, "unauthenticated")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_call_wants_the_scope_it_is_documented_with(api: Api) -> None:
    clients = {scope: api.with_key(scope) for scope in RANK}
    for method, path, needed in _calls(api):
        for scope, client in clients.items():
            answer = client.request(method, path)
            if RANK.index(scope) < RANK.index(needed):
                problem(answer, 403, "denied")
            else:
                assert answer.status_code not in (401, 403), (method, path, scope)


def test_keys_and_exports_need_more_than_their_method_says(api: Api) -> None:
    scopes = {(method, path): scope for method, path, scope in _calls(api)}
    assert {scope for (_, path), scope in scopes.items() if path.startswith("/v1/keys")} == {"admin"}
    assert scopes["GET", "/v1/people/person_id/export"] == "write"
    assert scopes["GET", "/v1/people/person_id"] == "read"
    assert scopes["POST", "/v1/webhook-endpoints"] == "write"


def test_an_address_that_is_not_there_asks_for_a_key_too(shared: Api) -> None:
    problem(shared.anyone.get("/v1/nothing"), 401, "unauthenticated")
    problem(shared.client.get("/v1/nothing"), 404, "not-found")
    problem(shared.anyone.get("/nothing"), 404, "not-found")


def test_two_keys_at_once_are_none(shared: Api) -> None:
    headers = [("Authorization", "Bearer wrong"), ("Authorization", "Bearer bootstrap")]
    problem(shared.anyone.get("/v1/people", headers=headers), 401, "unauthenticated")


def test_a_prefix_of_a_proxy_does_not_open_the_door(shared: Api) -> None:
    behind = TestClient(shared.app, root_path="/holdfast")
    problem(behind.get("/holdfast/v1/people"), 401, "unauthenticated")
    assert behind.get("/holdfast/v1/people", headers={"Authorization": "Bearer bootstrap"}).status_code == 200


def test_without_the_doorman_nobody_gets_in(shared: Api) -> None:
    bare = FastAPI()
    problems.install(bare)
    bare.include_router(people.router(shared.house))
    answer = TestClient(bare).get("/v1/people", headers={"Authorization": "Bearer bootstrap"})
    problem(answer, 401, "unauthenticated")


def test_a_key_is_made_used_listed_and_revoked(api: Api) -> None:
    answer = api.post("/v1/keys", {"name": "HR sync", "scope": "read"})
    assert answer.status_code == 201
    made = answer.json()
    client = TestClient(api.app, headers={"Authorization": f"Bearer {made['key']}"})
    assert client.get("/v1/people").status_code == 200
    problem(client.post("/v1/people", json={}), 403, "denied")
    listed = api.get("/v1/keys")
    assert [item["id"] for item in listed.json()["items"]] == [made["id"]]
    assert made["key"] not in listed.text
    assert api.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert api.delete(f"/v1/keys/{made['id']}").status_code == 204
    problem(client.get("/v1/people"), 401, "unauthenticated")
    assert api.get("/v1/keys").json()["items"][0]["revoked_at"] == api.in_hours(0)
    problem(api.delete("/v1/keys/key_01k0a7m9s8e4v2b6c3d5f7g9h1"), 404, "not-found")


@pytest.mark.parametrize("body", [{"name": "x", "scope": "god"}, {"name": "x", "scope": None}, {"name": "x"}])
def test_a_bad_scope(shared: Api, body: dict[str, object]) -> None:
    assert list(fields(shared.post("/v1/keys", body))) == ["scope"]


def test_the_key_is_looked_at_before_the_body_is_read(shared: Api) -> None:
    read = []

    def body():  # type: ignore[no-untyped-def]
        read.append(True)
        yield b"{}"

    problem(shared.anyone.post("/v1/people", content=body()), 401, "unauthenticated")
