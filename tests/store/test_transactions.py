"""Transactions on SQLite: what waits, what does not, and what becomes of the write-ahead log; connections that rested."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from service.domain.errors import NotFound
from service.store import engine as engines
from service.store.engine import copy_back, make_engine, reading, writing, writing_at_once
from service.store.plain import look_in
from tests.databases import postgres


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/file.sqlite")
    with writing(made) as session:
        session.connection().exec_driver_sql("CREATE TABLE thing (name TEXT)")
    yield made
    made.dispose()


def put(session: object, name: str) -> None:
    session.connection().exec_driver_sql("INSERT INTO thing VALUES (?)", (name,))  # type: ignore[attr-defined]


def names(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [row[0] for row in session.connection().exec_driver_sql("SELECT name FROM thing ORDER BY name")]


def other(engine: Engine) -> sqlite3.Connection:
    """Another process."""
    return sqlite3.connect(str(engine.url.database), isolation_level=None)


def test_at_once_it_commits_and_rolls_back_like_any_other(engine: Engine) -> None:
    with writing_at_once(engine) as session:
        put(session, "kept")
    with pytest.raises(NotFound), writing_at_once(engine) as session:
        put(session, "not kept")
        raise NotFound("x")
    assert names(engine) == ["kept"]
    with writing_at_once(engine) as session:
        put(session, "after that")
    assert names(engine) == ["after that", "kept"]


def test_at_once_it_waits_for_no_thread_and_no_process(engine: Engine) -> None:
    with writing(engine) as mine:
        put(mine, "first")
        with writing_at_once(engine) as session:
            assert session is None
    with closing(other(engine)) as process:
        process.execute("BEGIN IMMEDIATE")
        with writing_at_once(engine) as session:
            assert session is None
        process.execute("ROLLBACK")
    with writing_at_once(engine) as session:
        put(session, "second")
    assert names(engine) == ["first", "second"]


def test_who_was_refused_at_once_leaves_a_patient_connection_behind(engine: Engine) -> None:
    with closing(other(engine)) as process:
        process.execute("BEGIN IMMEDIATE")
        with writing_at_once(engine) as session:
            assert session is None
    for _ in range(3):
        with reading(engine) as session:
            patience = session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar()
            assert patience == engines.PATIENCE_MS


def test_a_transaction_that_cannot_begin_raises_what_others_raise(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as session:  # one connection, in the pool
        session.connection().exec_driver_sql("PRAGMA busy_timeout=1")
    with closing(other(engine)) as process:
        process.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), writing(engine) as session:
            session.connection()


def test_a_look_lasts_one_transaction(engine: Engine) -> None:
    with Session(engine) as session:
        first = look_in(session)
        assert look_in(session) is first
        session.commit()
        assert look_in(session) is not first


def test_what_is_written_in_a_savepoint_goes_with_it(engine: Engine) -> None:
    with writing(engine) as session:
        look_in(session)
        with pytest.raises(KeyError), session.begin_nested():
            look_in(session).write("INSERT INTO thing VALUES ('taken back')", [()])
            raise KeyError
        with session.begin_nested():
            look_in(session).write("INSERT INTO thing VALUES ('kept')", [()])
        look_in(session).write("INSERT INTO thing VALUES ('outside')", [()])
    assert names(engine) == ["kept", "outside"]


def test_the_log_is_copied_back_by_the_rounds(engine: Engine) -> None:
    with writing(engine) as session:
        put(session, "thing")
    file = Path(str(engine.url.database))
    with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as without_log:
        before = without_log.execute("SELECT count(*) FROM sqlite_master").fetchone()
    copy_back(engine)
    with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as without_log:
        assert without_log.execute("SELECT name FROM thing").fetchall() == [("thing",)]
    assert before == (0,)


@pytest.mark.slow
def test_a_connection_that_rested_is_asked_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has closed it meanwhile: nobody notices. One used just now is not asked."""
    with postgres() as url:
        engine = make_engine(url)
        asked: list[str] = []
        ping = engine.dialect.do_ping
        monkeypatch.setattr(engine.dialect, "do_ping", lambda connection: (asked.append("ping"), ping(connection))[1])
        for _ in range(3):
            with reading(engine) as session:
                pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
        assert asked == []
        monkeypatch.setattr(engines, "RESTED_SECONDS", -1.0)
        admin = make_engine(url)
        with admin.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
        admin.dispose()
        with reading(engine) as session:
            assert session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar() != pid
        assert asked
        engine.dispose()
