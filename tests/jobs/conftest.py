"""Both databases for every test that asks for ``url``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store.engine import make_engine
from tests.databases import postgres, sqlite


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[str]:
    """A PostgreSQL database for many tests: making one takes longer than most of them."""
    with postgres() as address:
        yield address


@pytest.fixture
def emptied_postgres(shared_postgres: str) -> Iterator[str]:
    """The shared one, left without jobs for whoever comes next."""
    yield shared_postgres
    engine = make_engine(shared_postgres)
    with engine.begin() as connection:
        for table in ("workflow_status", "workflow_input", "workflow_output"):
            connection.execute(text(f"DELETE FROM dbos.{table}"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without jobs."""
    if request.param == "sqlite":
        with sqlite(tmp_path) as address:
            yield address
        return
    yield request.getfixturevalue("emptied_postgres")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgres() as address:
        yield address
