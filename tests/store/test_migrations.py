"""Migrations: up and down on both databases, the same tables as the code describes, several processes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.store import migrate as migrations
from service.store.engine import make_engine
from service.store.every_table import every_table
from service.store.migrate import is_current, migrate
from tests.databases import postgres, sqlite
from tests.house import make_house


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as address:
        yield address


def test_the_migrations_make_what_the_tables_say(url: str) -> None:
    engine = make_engine(url)
    assert not is_current(engine)
    migrate(engine)
    migrate(engine)
    assert is_current(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), every_table())
    assert differences == []
    engine.dispose()


def test_they_can_be_taken_back(url: str) -> None:
    engine = make_engine(url)
    migrate(engine)
    config = migrations._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    migrate(engine)
    assert is_current(engine)
    engine.dispose()


def test_several_processes_may_start_at_once(url: str) -> None:
    troubles: list[BaseException] = []
    gate = threading.Barrier(4)

    def start() -> None:
        engine = make_engine(url)
        gate.wait()
        try:
            migrate(engine)
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET type = 'x'", "DELETE FROM ledger_entry"])
def test_the_ledger_cannot_be_rewritten(url: str, tmp_path: Path, statement: str) -> None:
    engine = make_engine(url)
    migrate(engine)
    make_house(tmp_path, engine=engine).ready_pair()
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
