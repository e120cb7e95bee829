"""Statements of plain columns, straight to the driver: for the few reads that come so often that what lies between us and
the driver would cost more than the database does. All else goes through a ``Session``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.expression import SelectBase

Rows = list[tuple[Any, ...]]


class Plain:
    """A statement, compiled once for each kind of database. Its parameters are all ``bindparam``; its columns must be of
    types that the driver itself gives back (cast JSON to text)."""

    def __init__(self, statement: SelectBase) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, list[str] | None, dict[str, Any]]] = {}

    def compiled(self, engine: Engine) -> tuple[str, list[str] | None, dict[str, Any]]:
        """The text, the order of its parameters where they are told by place, and those with a value of their own."""
        found = self._compiled.get(engine.dialect.name)
        if found is None:
            made = self._statement.compile(dialect=engine.dialect)
            places = list(made.positiontup) if made.positional and made.positiontup is not None else None
            fixed = {name: value for name, value in made.params.items() if value is not None}
            found = self._compiled[engine.dialect.name] = (str(made), places, fixed)
        return found


class Look:
    """One view of the database, while ``looking`` is open."""

    def __init__(self, engine: Engine, cursor: Any) -> None:
        self._engine = engine
        self._cursor = cursor

    def rows(self, plain: Plain, **facts: Any) -> Rows:
        """All rows. Raises SQLAlchemy's errors, as a session does."""
        text, places, fixed = plain.compiled(self._engine)
        if fixed:
            facts = fixed | facts
        given: Any = facts if places is None else [facts[name] for name in places]
        driver: Any = self._engine.dialect.dbapi
        try:
            self._cursor.execute(text, given)
            return list(self._cursor.fetchall())
        except driver.Error as trouble:
            raise DBAPIError.instance(text, given, trouble, driver.Error) from trouble


@contextmanager
def looking(engine: Engine) -> Iterator[Look]:
    """A connection of the engine's pool for reading alone. On SQLite all that is read is of one moment; on PostgreSQL each
    statement is (as in its usual isolation), and none waits for a transaction to begin."""
    connection = engine.raw_connection()
    try:
        with _reading(engine, connection) as cursor:
            yield Look(engine, cursor)
    except DBAPIError as trouble:
        connection.invalidate(trouble)
        raise
    finally:
        connection.close()


@contextmanager
def _reading(engine: Engine, connection: PoolProxiedConnection) -> Iterator[Any]:
    driver: Any = connection.driver_connection
    cursor = driver.cursor()
    if engine.dialect.name == "sqlite":
        cursor.execute("BEGIN")  # ended by the pool, which rolls back what comes home
        yield cursor
    else:
        driver.autocommit = True
        try:
            yield cursor
        finally:
            if not driver.closed:
                driver.autocommit = False
    cursor.close()
