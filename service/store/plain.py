"""Statements of plain columns, straight to the driver: for the few that come so often that what lies between us and the driver
would cost more than the database does. All else goes through a ``Session``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.sql.expression import SelectBase, UpdateBase
from sqlmodel import Session

Rows = list[tuple[Any, ...]]


class Plain:
    """A statement, compiled once for each kind of database. Its parameters are all ``bindparam``; its columns must be of
    types that the driver itself gives back (cast JSON to text)."""

    def __init__(self, statement: SelectBase | UpdateBase) -> None:
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


class PlainInsert:
    """``INSERT`` of whole rows of one table, compiled once for each kind of database."""

    def __init__(self, model: Any, *, unless_there: bool = False) -> None:
        self._table = model.__table__
        self._unless_there = unless_there
        numbered = self._table.autoincrement_column
        fields = {
            name: field for name, field in model.model_fields.items() if numbered is None or name != numbered.name
        }
        self._columns = list(fields)
        self._usual = {name: field.default for name, field in fields.items() if not field.is_required()}
        self._compiled: dict[str, tuple[str, bool, list[tuple[str, Any, Any]]]] = {}

    def into(self, session: Session, *rows: dict[str, Any]) -> int:
        """Writes rows inside the session's transaction, what is not named as the model has it; returns how many. What the
        session holds goes first. Raises SQLAlchemy's errors."""
        if not rows:
            return 0
        look = look_in(session)
        text, by_place, makers = self._for(look.dialect)
        given: list[Any] = []
        for row in rows:
            values = [
                row.get(name, usual) if make is None else make(row.get(name, usual)) for name, usual, make in makers
            ]
            given.append(values if by_place else dict(zip(self._columns, values, strict=True)))
        return look.write(text, given)

    def _for(self, dialect: Any) -> tuple[str, bool, list[tuple[str, Any, Any]]]:
        found = self._compiled.get(dialect.name)
        if found is None:
            statement: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert(self._table)
            if self._unless_there:
                statement = statement.on_conflict_do_nothing()
            made = statement.compile(dialect=dialect, column_keys=self._columns)
            columns = list(made.positiontup) if made.positional else self._columns
            makers = [
                (name, self._usual.get(name), made.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
                for name in columns
            ]
            found = self._compiled[dialect.name] = (str(made), bool(made.positional), makers)
        return found


_LOOK = "holdfast_look"


def look_in(session: Session) -> Look:
    """A look inside a session's transaction. What the session holds is written first."""
    session.flush()
    transaction = _innermost(session)
    kept: tuple[SessionTransaction, Look] | None = session.info.get(_LOOK)
    if kept is not None and kept[0] is transaction:
        return kept[1]
    connection = session.connection()
    look = Look(connection.engine, connection.connection.cursor())
    if (transaction := _innermost(session)) is not None:
        session.info[_LOOK] = transaction, look
    return look


def _innermost(session: Session) -> SessionTransaction | None:
    # A savepoint begins when its connection is asked for: a look kept from before it would write outside of it.
    return session.get_nested_transaction() or session.get_transaction()


class Look:
    """One view of the database, while ``looking`` is open or a session's transaction is."""

    def __init__(self, engine: Engine, cursor: Any) -> None:
        self._engine = engine
        self._cursor = cursor

    def rows(self, plain: Plain, **facts: Any) -> Rows:
        """All rows. Raises SQLAlchemy's errors, as a session does."""
        self.carry_out(plain, **facts)
        return list(self._cursor.fetchall())

    def carry_out(self, plain: Plain, **facts: Any) -> None:
        """The same of a statement that gives none."""
        text, places, fixed = plain.compiled(self._engine)
        if fixed:
            facts = fixed | facts
        given: Any = facts if places is None else [facts[name] for name in places]
        errors = _errors(self._engine)
        try:
            self._cursor.execute(text, given)
        except errors as trouble:
            raise _as_ours(text, given, trouble, errors) from trouble

    def carry_out_each(self, plain: Plain, facts: list[dict[str, Any]]) -> None:
        """The same statement once for each of ``facts``."""
        text, places, fixed = plain.compiled(self._engine)
        whole = [fixed | each for each in facts]
        if whole:
            self.write(text, whole if places is None else [tuple(each[name] for name in places) for each in whole])

    @property
    def dialect(self) -> Any:
        """Which kind of database it is."""
        return self._engine.dialect

    def write(self, text: str, given: list[Any]) -> int:
        """The same statement for each of ``given``; how many rows it wrote. Raises SQLAlchemy's errors."""
        errors = _errors(self._engine)
        try:
            if len(given) == 1:
                self._cursor.execute(text, given[0])
            else:
                self._cursor.executemany(text, given)
        except errors as trouble:
            raise _as_ours(text, given, trouble, errors) from trouble
        return int(self._cursor.rowcount)


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
            driver: Any = self._connection.dbapi_connection
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
