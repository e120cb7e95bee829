"""Brings a database to the newest shape (Alembic), on start and from the tests; safe to call at any time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from service.store.engine import is_sqlite

MIGRATION_LOCK = 0x484F4C44_4D  # "HOLDM"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> None:
    """Runs every migration that is missing, in one transaction where the database can. Several processes may start at once:
    one migrates, the others wait (on SQLite the transaction itself holds the write lock)."""
    with changing(engine) as config:
        command.upgrade(config, "head")


@contextmanager
def changing(engine: Engine) -> Iterator[Config]:
    """A transaction in which Alembic may change the shape of the tables: what its commands want for a ``config``.

    On SQLite many a change is a new table beside the old one, which takes its place: while there is none, foreign keys lead
    nowhere. So they are looked at once, at the end. Raises ``IntegrityError`` where one then leads nowhere."""
    config = _config()
    with engine.connect() as connection, _foreign_keys_at_the_end(engine, connection), connection.begin():
        if not is_sqlite(engine):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        yield config
        if is_sqlite(engine) and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise IntegrityError(
                "PRAGMA foreign_key_check", None, ValueError(f"rows without what they refer to: {lost[:5]}")
            )


@contextmanager
def _foreign_keys_at_the_end(engine: Engine, connection: Connection) -> Iterator[None]:
    if not is_sqlite(engine):
        yield
        return
    driver: Any = connection.connection.driver_connection  # the switch is none inside a transaction
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest shape."""
    with engine.connect() as connection:
        have = MigrationContext.configure(connection).get_current_revision()
    return have == ScriptDirectory.from_config(_config()).get_current_head()
