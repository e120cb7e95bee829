"""Statements of plain columns, straight to the driver: for the few reads that come so often that what lies between us and
the driver would cost more than the database does. All else goes through a ``Session``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
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
        errors = _errors(self._engine)
        try:
            self._cursor.execute(text, given)
            return list(self._cursor.fetchall())
        except errors as trouble:
            raise _as_ours(text, given, trouble, errors) from trouble


def _errors(engine: Engine) -> type[Exception]:
    driver: Any = engine.dialect.dbapi
    found: type[Exception] = driver.Error
    return found


def _as_ours(text: str, given: Any, trouble: Exception, errors: type[Exception]) -> BaseException:
    return DBAPIError.instance(text, given, trouble, errors)


class looking:  # noqa: N801  (a context manager, written out: this is opened for every request)
    """A connection of the engine's pool for reading alone. On SQLite all that is read is of one moment; on PostgreSQL each
    statement is (as in its usual isolation), and none waits for a transaction to begin."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Look:
        errors = _errors(self._engine)
        try:
            self._connection = self._engine.raw_connection()
            driver: Any = self._connection.driver_connection
            self._driver = driver
            cursor: Any = driver.cursor()
            if self._engine.dialect.name == "sqlite":
                cursor.execute("BEGIN")  # ended by the pool, which rolls back what comes home
            else:
                driver.autocommit = True
        except errors as trouble:
            raise _as_ours("connect", None, trouble, errors) from trouble
        self._cursor = cursor
        return Look(self._engine, cursor)

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, _trace: object) -> None:
        if isinstance(trouble, DBAPIError):
            self._connection.invalidate(trouble)
            return
        self._cursor.close()
        if self._engine.dialect.name != "sqlite":
            self._driver.autocommit = False
        self._connection.close()
