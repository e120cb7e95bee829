"""What goes past the framework's threads on PostgreSQL: slots and proposals wait for the database on the event loop, and hold
nobody up meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from api_hand import Api
from sqlalchemy import event
from sqlalchemy.util import greenlet_spawn

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


@asynccontextmanager
async def client_of(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=api.app)
    headers = {"Authorization": f"Bearer {api.made('/v1/keys', {'name': 'k', 'scope': 'write'})['key']}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test", headers=headers) as client:
        try:
            yield client
        finally:
            await greenlet_spawn(api.house.on_the_loop.engine.dispose)


def test_many_at_once_are_answered(api: Api) -> None:
    """More than there are connections; all get the same slots, and no pair more proposals than it has room for."""
    pairs = [api.pair() for _ in range(3)]

    async def ask() -> None:
        async with client_of(api) as client:
            looks = [client.get(f"/v1/pairs/{pair}/slots") for pair in pairs for _ in range(20)]
            asks = [client.post(f"/v1/pairs/{pair}/proposals", json={}) for pair in pairs for _ in range(MOST_OPEN + 2)]
            answers = await asyncio.gather(*looks, *asks)
        assert {answer.status_code for answer in answers[: len(looks)]} == {200}
        assert len({answer.content for answer in answers[: len(looks)]}) == 1
        made = [answer.status_code for answer in answers[len(looks) :]]
        assert (made.count(201), made.count(409)) == (3 * MOST_OPEN, 3 * 2)

    asyncio.run(ask())
    with api.house.reading() as session:
        assert [len(proposals.open_of(session, pair)) for pair in pairs] == [MOST_OPEN] * 3


def test_what_waits_for_a_lock_holds_nobody_up(api: Api) -> None:
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
