"""Migrations: up and down on both databases, the same tables as the code describes, several processes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.store import migrate as migrations
from service.store.engine import make_engine, writing
from service.store.every_table import every_table
from service.store.migrate import changing, is_current, migrate
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
    with changing(engine) as config:
        command.downgrade(config, "base")
    migrate(engine)
    assert is_current(engine)
    engine.dispose()


def test_each_can_be_taken_back_and_done_again_with_rows(url: str, tmp_path: Path) -> None:
    """Nothing is lost, and everything finds what it refers to, though tables are made anew on SQLite."""
    engine = make_engine(url)
    migrate(engine)
    at = make_house(tmp_path, engine=engine)
    pair_id, *_ = at.ready_pair()
    at.booked(pair_id)
    at.run()
    tables = ("person", "pair", "calendar", "meeting", "proposal", "proposal_slot", "ledger_entry", "mail", "claim")
    tables += ("webhook_endpoint", "webhook_event", "webhook_delivery", "webhook_attempt")

    def rows() -> dict[str, int]:
        with engine.connect() as connection:
            return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}

    before = rows()
    assert all(before.values())
    steps = list(ScriptDirectory.from_config(migrations._config()).walk_revisions())
    for step in steps[1:]:
        with changing(engine) as config:
            command.downgrade(config, step.revision)
        migrate(engine)
        assert rows() == before, step.revision
    with writing(engine) as session, pytest.raises(DBAPIError):
        session.connection().exec_driver_sql("UPDATE webhook_delivery SET endpoint_id = 'nobody'")
    engine.dispose()


def test_a_migration_that_leaves_rows_behind_is_undone(tmp_path: Path) -> None:
    engine = make_house(tmp_path).house.engine
    with pytest.raises(IntegrityError, match="webhook_delivery"), changing(engine) as config:
        config.attributes["connection"].exec_driver_sql(
            "INSERT INTO webhook_delivery (id, endpoint_id, event_id, status, attempts, run, created_at) "
            "VALUES ('dlv_1', 'nobody', 'nothing', 'pending', 0, 0, 0)"
        )
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM webhook_delivery").scalar() == 0
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
