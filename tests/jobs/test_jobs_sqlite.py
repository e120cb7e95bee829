"""What the job engine needs of SQLite, also of one that is older or newer than this machine's."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.store.engine import make_engine, make_jobs_engine, prepare_sqlite


class Recording:
    """A connection to a SQLite that knows subseconds, or does not, or has no such function."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.made: list[str] = []

    def cursor(self) -> Any:
        """Its own."""
        return self

    def execute(self, query: str) -> Any:
        """Answers what it was made to answer."""
        if "unixepoch" in query and isinstance(self._answer, Exception):
            raise self._answer
        return self

    def fetchone(self) -> Any:
        """One row of one column."""
        return (self._answer,)

    def create_function(self, name: str, arguments: int, function: Any) -> None:
        """Writes down what was registered."""
        self.made.append(name)

    def close(self) -> None:
        """Nothing to do."""


@pytest.mark.parametrize(
    ("answer", "made"),
    [(None, ["unixepoch"]), (1_780_000_000.25, []), (sqlite3.OperationalError("no such function"), ["unixepoch"])],
)
def test_the_function_is_given_only_to_a_sqlite_that_lacks_it(answer: Any, made: list[str]) -> None:
    connection = Recording(answer)
    prepare_sqlite(connection)
    assert connection.made == made


def test_subseconds_on_this_machine(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.sqlite"
    for engine in (make_engine(url), make_jobs_engine(url)):
        before = time.time()
        with engine.connect() as connection:
            precise, whole = connection.execute(text("SELECT unixepoch('subsec'), unixepoch()")).one()
            pragmas = [connection.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "busy_timeout")]
        assert before - 1 <= precise <= time.time() + 1
        assert abs(whole - precise) <= 1
        assert pragmas == ["wal", 30_000]
        engine.dispose()


@pytest.mark.skipif(sqlite3.sqlite_version_info >= (3, 42), reason="this SQLite has its own")
def test_the_stand_in_refuses_what_it_cannot_say(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/x.sqlite")
    with engine.connect() as connection, pytest.raises(Exception, match="raised exception"):
        connection.execute(text("SELECT unixepoch('2026-01-01')"))
    engine.dispose()
