"""Proposals past the framework's routing are what the documented route makes, byte for byte but for ids; failures too."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_hand import Api, problem
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from service.api.plumbing import proposals_at_once
from service.app import propose_slots
from service.domain.proposal import MOST_OPEN
from service.store import keys, proposals

BODIES: list[Any] = [
    None,
    {},
    {"horizon_days": 7, "limit": 20},
    {"limit": 1, "duration_minutes": 30, "responder": "mentor", "by": "mentee"},
    {"limit": 0},
    {"limit": "3"},
    {"limit": True},
    {"horizon_days": 181},
    {"duration_minutes": 17},
    {"responder": "both"},
    {"unknown": 1},
    [],
    "words",
]


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who made proposals: ``at once``, ``in a thread``, ``by the route``."""
    taken: list[str] = []

    def seen(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def around(*given: Any, **facts: Any) -> Any:
            way = {True: "at once", False: "in a thread", None: "by the route"}[facts.get("at_once")]
            made = work(*given, **facts)
            taken.append(way)
            return made

        return around

    from service.api import proposals as route

    monkeypatch.setattr(proposals_at_once, "make_from_what_is_read", seen("", proposals_at_once.make_from_what_is_read))
    monkeypatch.setattr(route, "make_proposal", seen("", route.make_proposal))
    return taken


def _bare(text: str) -> str:
    return re.sub(r"(prop|slot|pair|msg)_[0-9a-z]{26}", r"\1", text)


def _masked(answer: Any) -> tuple[int, str, dict[str, str]]:
    headers = {name: _bare(value) for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, _bare(answer.text), headers


def test_the_same_answer_on_both_ways(api: Api, by_route: TestClient, ways: list[str]) -> None:
    """Each on a pair of its own, so that turns are alike."""
    one, other = (f"/v1/pairs/{api.pair()}/proposals" for _ in range(2))
    found = []
    for body in BODIES:
        fast, slow = api.client.post(one, json=body), by_route.post(other, json=body)
        assert _masked(fast) == _masked(slow), body
        found.append(fast.status_code)
    assert found == [201, 201, 201, 201, 422, 422, 422, 422, 422, 422, 422, 422, 422]
    assert ways == ["at once", "by the route"] * 4


def test_both_ways_write_the_same(api: Api, by_route: TestClient) -> None:
    """Each on a pair of its own: ledger, webhook event, ask and jobs are alike."""
    pairs = [api.pair(), api.pair()]
    for pair, client in zip(pairs, (api.client, by_route), strict=True):
        assert client.post(f"/v1/pairs/{pair}/proposals", json={"by": "mentee"}).status_code == 201
    with api.house.reading() as session:
        connection = session.connection()
        for query in (
            "SELECT type, data FROM ledger_entry WHERE type LIKE 'proposal%' ORDER BY seq",
            "SELECT type, body FROM webhook_event ORDER BY id",
            "SELECT kind, facts, due_at, useless_after FROM ask ORDER BY id",
            "SELECT look_at, turn FROM pair_loop ORDER BY pair_id",
        ):
            fast, slow = connection.exec_driver_sql(query).all()
            assert _bare(str(tuple(fast))) == _bare(str(tuple(slow))), query


def test_failures_have_the_route_s_words(api: Api, by_route: TestClient) -> None:
    pair = api.pair()
    path = f"/v1/pairs/{pair}/proposals"
    for odd in ("pair_00000000000000000000000000", "pair_x"):
        one, other = api.post(f"/v1/pairs/{odd}/proposals"), by_route.post(f"/v1/pairs/{odd}/proposals")
        assert _masked(one) == _masked(other)
        problem(one, 404, "not-found")
    for _ in range(MOST_OPEN):
        assert api.post(path).status_code == 201
    assert _masked(api.post(path)) == _masked(by_route.post(path))
    assert api.post(path).status_code == 409
    api.post(f"/v1/pairs/{pair}/pause", {"by": "mentor"})
    problem(api.post(path), 409, "not-now")
    odd_ones = (b"{", "application/json"), (b"{}", "text/plain"), (b"\xff", "application/json")
    for content, kind in (*odd_ones, (b"[" * 4000, "application/json")):
        sent = [client.post(path, content=content, headers={"Content-Type": kind}) for client in (api.client, by_route)]
        assert _masked(sent[0]) == _masked(sent[1]), (content, kind)


def test_of_two_kinds_of_body_the_route_says_which_counts(api: Api, by_route: TestClient) -> None:
    path = f"/v1/pairs/{api.pair()}/proposals"
    headers = [("Content-Type", "text/plain"), ("Content-Type", "application/json")]
    sent = [client.post(path, content=b"{}", headers=headers) for client in (api.client, by_route)]
    assert _masked(sent[0]) == _masked(sent[1])
    problem(sent[0], 422, "bad-input")


def test_nobody_proposes_without_a_key_that_may_write(api: Api) -> None:
    path = f"/v1/pairs/{api.pair()}/proposals"
    assert api.anyone.post(path).status_code == 401
    assert api.with_key("read").post(path).status_code == 403
    assert api.with_key("write").post(path).status_code == 201


def test_what_may_be_a_repetition_is_the_route_s(api: Api, ways: list[str]) -> None:
    path = f"/v1/pairs/{api.pair()}/proposals"
    made = [api.post(path, {}, Idempotency_Key="once") for _ in range(2)]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert ways == ["by the route"]


def test_a_body_in_pieces_is_the_route_s(api: Api, ways: list[str]) -> None:
    path = f"/v1/pairs/{api.pair()}/proposals"
    answer = api.client.post(path, content=iter([b'{"lim', b'it": 1}']), headers={"Content-Type": "application/json"})
    assert (answer.status_code, len(answer.json()["slots"])) == (201, 1)
    assert ways == ["by the route"]


def test_calendars_that_are_read_first_are_the_route_s(
    api: Api, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/pairs/{api.pair()}/proposals"
    looked: list[object] = []
    monkeypatch.setattr(propose_slots, "due_of", lambda *_, **__: ["cal_1"])
    monkeypatch.setattr(propose_slots, "look_at", lambda _house, due: looked.append(due))
    assert api.post(path).status_code == 201
    assert looked == [["cal_1"]]
    assert ways == ["by the route"]


def test_who_writes_just_now_is_waited_for_in_a_thread(api: Api, ways: list[str]) -> None:
    """A thread of ours, then another process: the loop is not held up, and the proposal is made once they are done."""
    path = f"/v1/pairs/{api.pair()}/proposals"
    begun, end = threading.Event(), threading.Event()

    def write() -> None:
        with api.house.writing() as session:
            session.connection()
            begun.set()
            end.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(20)
    threading.Timer(0.05, end.set).start()
    assert api.post(path).status_code == 201
    writer.join()
    file = Path(str(api.house.engine.url.database))
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.05, lambda: other.execute("ROLLBACK")).start()
    assert api.post(path).status_code == 201
    assert ways == ["in a thread", "in a thread"]
    other.close()
    assert api.post(path).status_code == 201
    assert ways[2:] == ["at once"]


def test_a_fault_leaves_nothing_behind(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = api.pair()

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as broke:
        broke.setattr(proposals, "add", broken)
        problem(api.post(f"/v1/pairs/{pair}/proposals"), 500, "internal")
    with api.house.reading() as session:
        assert proposals.open_of(session, pair) == []
    assert api.post(f"/v1/pairs/{pair}/proposals").status_code == 201


def test_it_is_counted_under_its_route(api: Api, ways: list[str]) -> None:
    assert api.post(f"/v1/pairs/{api.pair()}/proposals").status_code == 201
    assert ways == ["at once"]
    told = api.anyone.get("/metrics").text
    assert 'holdfast_http_requests_total{method="POST",route="/v1/pairs/{pair_id}/proposals",status="201"} 1.0' in told


def test_whoever_goes_away_before_the_body_came_has_asked_for_nothing(api: Api) -> None:
    pair = api.pair()
    headers = [
        (b"authorization", b"Bearer bootstrap"),
        (b"content-type", b"application/json"),
        (b"content-length", b"9"),
    ]
    scope = {
        "type": "http", "method": "POST", "path": f"/v1/pairs/{pair}/proposals", "query_string": b"", "headers": headers,
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(api.app(scope, receive, send))
    with api.house.reading() as session:
        assert proposals.open_of(session, pair) == []
    assert not any(message.get("status") == 201 for message in sent)


def test_a_database_that_is_away_is_said_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """By all who stand before the routes: whoever proposes at once, looks for slots, or looks at the key."""
    path = f"/v1/pairs/{api.pair()}"

    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("connection refused"))

    with monkeypatch.context() as broken:
        broken.setattr(proposals_at_once, "make_from_what_is_read", away)
        answers = [api.post(f"{path}/proposals")]
    monkeypatch.setattr(keys, "live", away)
    client = api.with_key("write")
    answers += [client.post(f"{path}/proposals"), client.get(f"{path}/slots"), client.get("/v1/people")]
    for answer in answers:
        problem(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert "SELECT" not in answer.text
