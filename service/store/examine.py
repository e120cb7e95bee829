"""A look at the database for `holdfast doctor`: changes nothing, creates nothing, waits three seconds at most."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, col, select

from service.store.engine import make_engine
from service.store.migrate import _config
from service.store.tables import ApiKey, Calendar, LedgerEntry, Person

WAIT_SECONDS = 3
MOST_SEALED = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found. ``trouble`` is why it cannot be used, in the database's words; the rest is unknown (``None``)
    then. ``shape`` is ``current``, ``behind``, ``empty`` or ``unknown`` (made by a newer Holdfast); the last three
    are known only where it is ``current``. ``sealed`` are ``(what it is bound to, blob)``."""

    place: str
    exists: bool = True
    trouble: str | None = None
    shape: str | None = None
    clock: float | None = None
    newest_entry: int | None = None
    live_keys: int | None = None
    sealed: tuple[tuple[str, bytes], ...] = ()


def examine(url: str) -> Facts:
    """Looks at the database that ``url`` names. Does not raise for what is wrong with it."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        if not path.exists():
            return Facts(str(path), exists=False)
        return _look(_existing(path), str(path))
    parts = make_url(url)
    place = f"{parts.database or 'the default database'} on {parts.host or 'the local socket'}"
    quick = parts.update_query_dict({"connect_timeout": str(WAIT_SECONDS)})
    return _look(make_engine(quick.render_as_string(hide_password=False)), place)


def _existing(path: Path) -> Engine:
    """An engine that never creates the file, and begins each transaction as a writer would."""

    def connect() -> sqlite3.Connection:
        address = path.absolute().as_uri() + "?mode=rw"
        return sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _look(engine: Engine, place: str) -> Facts:
    try:
        with engine.connect() as connection:
            facts = _read(connection, place)
            connection.rollback()
            return facts
    except SQLAlchemyError as error:
        # The driver's first line; SQLAlchemy's own text would bring statements and parameters along.
        words = str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0]
        return Facts(place, trouble=words)
    finally:
        engine.dispose()


def _read(connection: Connection, place: str) -> Facts:
    clock: float | None = None
    if connection.dialect.name == "postgresql":
        clock = float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
            return Facts(place, trouble="it is read-only", clock=clock)
    shape = _shape(connection)
    if shape != "current":
        return Facts(place, shape=shape, clock=clock)
    with Session(connection) as session:
        newest = session.exec(select(func.max(LedgerEntry.at))).one()
        live = session.exec(select(func.count()).select_from(ApiKey).where(col(ApiKey.revoked_at).is_(None))).one()
        people = session.exec(select(Person.id, Person.feed_secret).limit(MOST_SEALED)).all()
        calendars = session.exec(
            select(Calendar.id, Calendar.secret).where(col(Calendar.secret).is_not(None)).limit(MOST_SEALED)
        ).all()
    sealed = tuple((row_id, blob) for row_id, blob in (*people, *calendars) if blob)
    return Facts(place, shape=shape, clock=clock, newest_entry=newest, live_keys=live, sealed=sealed)


def _shape(connection: Connection) -> str:
    have = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if have is None:
        return "empty"
    if have == script.get_current_head():
        return "current"
    return "behind" if have in {one.revision for one in script.walk_revisions()} else "unknown"
