"""The database engine: SQLite (one process) or PostgreSQL (several), the same code above both.

Every transaction on SQLite begins with ``BEGIN IMMEDIATE``: it holds the write lock before it reads what it will decide
on, so a decision can never rest on a row that another writer is changing. Reading transactions ask for ``BEGIN`` instead.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Session

from service.domain.errors import BadInput

READ_ONLY = "holdfast_read_only"
PATIENCE_MS = 30_000
IMPATIENT = "holdfast_impatient"


def _unixepoch(*args: str) -> float | int:
    """SQLite before 3.42 has no ``unixepoch('subsec')``, which the job engine's tables use: that and ``unixepoch()``."""
    if args not in {(), ("subsec",)}:
        raise ValueError("unixepoch() of a given time is not known here")
    return time.time() if args else int(time.time())


def _knows_subseconds(cursor: Any) -> bool:
    try:
        return cursor.execute("SELECT unixepoch('subsec')").fetchone()[0] is not None
    except sqlite3.OperationalError:  # older still: no such function
        return False


def _patiently(cursor: Any, statement: str) -> None:
    """Switching a new file to write-ahead logging does not wait for another process that is doing the same: so we do."""
    for _ in range(600):
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as trouble:
            if "locked" not in str(trouble):
                raise
            time.sleep(0.05)
    cursor.execute(statement)


def prepare_sqlite(connection: Any) -> None:
    """What every SQLite connection of the house needs, ours and the job engine's."""
    cursor = connection.cursor()
    if not _knows_subseconds(cursor):
        connection.create_function("unixepoch", -1, _unixepoch)
    # synchronous=NORMAL: a crash of the process loses nothing; after a power cut the newest transactions may be missing, each
    # of them whole. wal_autocheckpoint: pages that many transactions write are copied back once, not every few dozen of them;
    # the log grows to 32 MB, and the rounds (``copy_back``) see to it before that where they can.
    # secure_delete: what was erased is overwritten, not only unlinked.
    pragmas = (
        *(f"busy_timeout={PATIENCE_MS}", "journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=8000"),
        *("foreign_keys=ON", "secure_delete=ON"),
    )
    for pragma in pragmas:
        _patiently(cursor, f"PRAGMA {pragma}")
    cursor.close()


def _normalised(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def is_sqlite(engine: Engine) -> bool:
    """Whether this is the one-process database."""
    return engine.dialect.name == "sqlite"


def make_engine(url: str) -> Engine:
    """The engine for ``sqlite:///…`` or ``postgresql://…``. Raises ``BadInput`` for anything else."""
    url = _normalised(url)
    if url.startswith("postgresql+psycopg://"):
        engine = create_engine(url, pool_size=10, max_overflow=20)
        _ask_those_that_rested(engine)
        return engine
    if not url.startswith("sqlite:///"):
        raise BadInput.of("HOLDFAST_DATABASE_URL", "must begin with sqlite:/// or postgresql://")
    folder = Path(url.removeprefix("sqlite:///")).parent
    if not folder.is_dir():
        raise BadInput.of("HOLDFAST_DATABASE_URL", f"the folder {folder} does not exist")
    engine = create_engine(url, pool_size=10, max_overflow=30, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        prepare_sqlite(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        options = connection.get_execution_options()
        driver = connection.connection.driver_connection
        # Straight to the driver: what lies between took longer than the transaction.
        try:
            if IMPATIENT in options:
                driver.execute("PRAGMA busy_timeout=0")
                try:
                    driver.execute("BEGIN IMMEDIATE")
                finally:
                    driver.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
            else:
                driver.execute("BEGIN" if READ_ONLY in options else "BEGIN IMMEDIATE")
        except sqlite3.Error as trouble:
            raise DBAPIError.instance("BEGIN", None, trouble, sqlite3.Error) from trouble

    return engine


def make_loop_engine(engine: Engine) -> Engine:
    """A PostgreSQL engine beside another, on the same database, to be used in a greenlet of an event loop: it waits for nothing
    without letting the loop go on."""
    url = engine.url.set(drivername="postgresql+psycopg_async")
    made = create_async_engine(url, pool_size=10, max_overflow=10).sync_engine
    _ask_those_that_rested(made)
    return made


RESTED_SECONDS = 2.0


def _ask_those_that_rested(engine: Engine) -> None:
    """A connection that lay idle for a while may be dead: it is asked before it is used. One that was used just now is not:
    that would be one more question over the network for each that matters."""

    @event.listens_for(engine, "checkin")
    def _rests(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _used(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", math.inf) > RESTED_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as trouble:
                raise DisconnectionError from trouble  # the pool makes a new one


def make_jobs_engine(url: str) -> Engine:
    """The job engine's own connection pool, so that a flood of requests cannot starve the jobs.

    On SQLite it wants the driver's IMMEDIATE transactions instead of ours."""
    url = _normalised(url)
    if url.startswith("postgresql+psycopg://"):
        engine = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15)

        @event.listens_for(engine, "connect")
        def _connect_postgres(connection: Any, _record: Any) -> None:
            # A frozen worker must not hold its row locks for ever.
            connection.execute("SET idle_in_transaction_session_timeout = 60000")
            connection.commit()

        return engine
    engine = create_engine(url, pool_size=10, max_overflow=30, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        prepare_sqlite(connection)

    return engine


def copy_back(engine: Engine) -> None:
    """On SQLite: copies what stands in the write-ahead log into the database, so that no request has to. Waits for nobody."""
    if is_sqlite(engine):
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def scrub(engine: Engine) -> bool:
    """After an erasure on SQLite: empties the write-ahead log, where older versions of rows still lie. Waits a moment for
    readers; false where they kept it busy (then the next one does it). PostgreSQL's vacuum does the like by itself."""
    if not is_sqlite(engine):
        return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA busy_timeout=2000")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        cursor.close()
    finally:
        raw.close()
    return not busy


_turns: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_turns_lock = threading.Lock()


def _turn(engine: Engine) -> threading.Lock:
    """On SQLite one writes at a time anyway. Threads that wait for each other here take turns as they came; before the
    database they would sleep for growing times and look again."""
    with _turns_lock:
        return _turns.setdefault(engine, threading.Lock())


def _with(engine: Engine, option: str) -> Engine:
    """The same engine whose connections bear an option; made once and kept with it."""
    kept: dict[str, Engine] = vars(engine).setdefault("holdfast_with", {})
    if option not in kept:
        kept[option] = engine.execution_options(**{option: True})
    return kept[option]


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that commits when the block ends and rolls back when it raises."""
    with (
        _turn(engine) if is_sqlite(engine) else nullcontext(),
        Session(engine, expire_on_commit=False) as session,
        session.begin(),
    ):
        session.info[_AT_THE_END] = []
        yield session
        _end(session)


_AT_THE_END = "holdfast_at_the_end"


def at_the_end(session: Session, work: Callable[[Session], None]) -> None:
    """Has ``work`` done as the last of what the session's transaction writes: for what others wait for meanwhile. Raises
    ``KeyError`` for a session of another make, which would forget it."""
    session.info[_AT_THE_END].append(work)


def _end(session: Session) -> None:
    works: list[Callable[[Session], None]] = session.info.pop(_AT_THE_END)
    if works:
        session.flush()
    for work in works:
        work(session)


@contextmanager
def writing_at_once(engine: Engine) -> Iterator[Session | None]:
    """The same on SQLite where nobody else writes; else ``None``, at once. For a coroutine, which nothing may hold up."""
    turn = _turn(engine)
    if not turn.acquire(blocking=False):
        yield None
        return
    try:
        with Session(_with(engine, IMPATIENT), expire_on_commit=False) as session:
            if not _begun(session):
                yield None
                return
            session.info[_AT_THE_END] = []
            yield session
            _end(session)
            session.commit()
    finally:
        turn.release()


def _begun(session: Session) -> bool:
    try:
        session.connection()
    except OperationalError:  # another process writes, or the job engine
        return False
    return True


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent view, no lock taken, nothing written."""
    with Session(_with(engine, READ_ONLY), expire_on_commit=False, autoflush=False) as session:
        yield session
