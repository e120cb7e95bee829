"""What goes past the framework's threads on PostgreSQL: slots and proposals wait for the database on the event loop, and hold
nobody up meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_hand import Api
from sqlalchemy import QueuePool, event
from sqlalchemy.util import greenlet_spawn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import proposals as route
from service.api.plumbing import proposals_at_once
from service.api.plumbing.proposals_at_once import MOST_WRITING
from service.domain.proposal import MOST_OPEN
from service.store import proposals
from service.store.engine import make_engine
from service.store.migrate import migrate
from tests.databases import postgres
from tests.house import make_house

pytestmark = pytest.mark.slow


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        yield Api(make_house(tmp_path, engine=engine))
        engine.dispose()


def _whole(app: ASGIApp) -> ASGIApp:
    """The same, with bodies that come in one piece, as they do from a server; the transport gives two."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def whole() -> Message:
            return pieces.pop() if pieces else await receive()

        await app(scope, whole, send)

    return called


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who made proposals: ``loop`` or ``route``."""
    ways: list[str] = []

    def seen(way: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def around(*given: Any, **facts: Any) -> Any:
            found = work(*given, **facts)
            ways.append(way)
            return found

        return around

    monkeypatch.setattr(
        proposals_at_once, "make_from_what_is_read", seen("loop", proposals_at_once.make_from_what_is_read)
    )
    monkeypatch.setattr(route, "make_proposal", seen("route", route.make_proposal))
    return ways


def _out(api: Api) -> int:
    """How many connections of the loop's are in use."""
    pool = api.house.on_the_loop.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


@asynccontextmanager
async def client_of(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=_whole(api.app))
    headers = {"Authorization": f"Bearer {api.made('/v1/keys', {'name': 'k', 'scope': 'write'})['key']}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test", headers=headers) as client:
        try:
            yield client
        finally:
            await greenlet_spawn(api.house.on_the_loop.engine.dispose)


def test_many_at_once_are_answered(api: Api, made: list[str]) -> None:
    """More than there are connections; all get the same slots, and no pair more proposals than it has room for."""
    pairs = [api.pair() for _ in range(3)]

    async def ask() -> None:
        async with client_of(api) as client:
            looks = [client.get(f"/v1/pairs/{pair}/slots") for pair in pairs for _ in range(20)]
            asks = [client.post(f"/v1/pairs/{pair}/proposals", json={}) for pair in pairs for _ in range(MOST_OPEN + 2)]
            answers = await asyncio.gather(*looks, *asks)
        assert {answer.status_code for answer in answers[: len(looks)]} == {200}
        assert len({answer.content for answer in answers[: len(looks)]}) == 1
        codes = [answer.status_code for answer in answers[len(looks) :]]
        assert (codes.count(201), codes.count(409)) == (3 * MOST_OPEN, 3 * 2)

    asyncio.run(ask())
    with api.house.reading() as session:
        assert [len(proposals.open_of(session, pair)) for pair in pairs] == [MOST_OPEN] * 3
    assert "loop" in made


def test_what_waits_for_a_lock_holds_nobody_up(api: Api, made: list[str]) -> None:
    pair, other = api.pair(), api.pair()

    async def ask() -> None:
        async with client_of(api) as client:
            with api.house.writing() as session:
                session.connection().exec_driver_sql(f"SELECT 1 FROM pair WHERE id = '{pair}' FOR UPDATE")
                waits = asyncio.create_task(client.post(f"/v1/pairs/{pair}/proposals", json={}))
                for _ in range(3):
                    assert (await client.get(f"/v1/pairs/{other}/slots")).status_code == 200
                    assert (await client.post(f"/v1/pairs/{other}/proposals", json={})).status_code == 201
                assert not waits.done()
            assert (await waits).status_code == 201

    asyncio.run(ask())
    assert made == ["loop"] * 4


def test_who_waits_for_a_lock_leaves_connections_to_others(
    api: Api, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are: keys are looked at, slots found, and proposals of other pairs made."""
    monkeypatch.setattr(proposals_at_once, "PATIENCE_SECONDS", 0.1)
    pair, other = api.pair(), api.pair()

    async def ask() -> None:
        async with client_of(api) as client:
            with api.house.writing() as session:
                session.connection().exec_driver_sql(f"SELECT 1 FROM pair WHERE id = '{pair}' FOR UPDATE")
                asked = [client.post(f"/v1/pairs/{pair}/proposals", json={}) for _ in range(MOST_WRITING + 14)]
                waits = [asyncio.create_task(each) for each in asked]
                async with asyncio.timeout(20):
                    while _out(api) < MOST_WRITING:
                        await asyncio.sleep(0)
                assert (await client.get(f"/v1/pairs/{other}/slots")).status_code == 200
                assert (await client.get("/v1/people")).status_code == 200
                assert (await client.post(f"/v1/pairs/{other}/proposals", json={})).status_code == 201
                assert made == ["route"]
                assert not any(each.done() for each in waits)
            codes = [(await each).status_code for each in waits]
            assert codes.count(201) == MOST_OPEN

    asyncio.run(ask())


def test_who_is_cut_off_while_waiting_leaves_nothing_behind(api: Api) -> None:
    pair = api.pair()

    async def ask() -> None:
        async with client_of(api) as client:
            with api.house.writing() as session:
                session.connection().exec_driver_sql(f"SELECT 1 FROM pair WHERE id = '{pair}' FOR UPDATE")
                asked = [client.post(f"/v1/pairs/{pair}/proposals", json={}) for _ in range(MOST_WRITING + 3)]
                waits = [asyncio.create_task(each) for each in asked]
                async with asyncio.timeout(20):
                    while _out(api) < MOST_WRITING:
                        await asyncio.sleep(0)
                for each in waits:
                    each.cancel()
                assert all(
                    isinstance(each, asyncio.CancelledError)
                    for each in await asyncio.gather(*waits, return_exceptions=True)
                )
                assert _out(api) == 0
            assert (await client.post(f"/v1/pairs/{pair}/proposals", json={})).status_code == 201

    asyncio.run(ask())
    with api.house.reading() as session:
        assert len(proposals.open_of(session, pair)) == 1


def test_a_revoked_key_and_a_pair_that_is_not_there(api: Api) -> None:
    pair = api.pair()

    async def ask() -> None:
        async with client_of(api) as client:
            missing = pair[:-4] + "0000"
            assert (await client.get(f"/v1/pairs/{missing}/slots")).status_code == 404
            assert (await client.post(f"/v1/pairs/{missing}/proposals", json={})).status_code == 404
            assert (await client.get(f"/v1/pairs/{pair}/slots")).status_code == 200
            with api.house.writing() as session:
                session.connection().exec_driver_sql("UPDATE api_key SET revoked_at = 1")
            assert (await client.get(f"/v1/pairs/{pair}/slots")).status_code == 401
            assert (await client.post(f"/v1/pairs/{pair}/proposals", json={})).status_code == 401

    asyncio.run(ask())


def test_connections_that_the_server_closed_are_made_anew(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = api.pair()

    async def ask() -> None:
        async with client_of(api) as client:
            assert (await client.get(f"/v1/pairs/{pair}/slots")).status_code == 200
            monkeypatch.setattr("service.store.engine.RESTED_SECONDS", -1.0)
            made: list[object] = []
            event.listen(api.house.on_the_loop.engine, "connect", lambda *_: made.append(1))
            with api.house.engine.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            assert (await client.get(f"/v1/pairs/{pair}/slots")).status_code == 200
            assert made

    asyncio.run(ask())
