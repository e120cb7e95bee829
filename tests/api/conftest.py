"""The API on a fresh house."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_hand import Api, Around, api_on
from starlette.testclient import TestClient

from service.api import application


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """See ``api_hand``. One event loop for all calls of a test."""
    made = api_on(tmp_path)
    with made.client, made.anyone:
        yield made
    made.house.engine.dispose()


@pytest.fixture
def by_route(api: Api, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The same house, whose every call takes the documented route."""
    monkeypatch.setattr(application, "SlotsAtOnce", Around)
    monkeypatch.setattr(application, "ProposalsAtOnce", Around)
    app = application.create_app(api.house, ready=lambda: {})
    return TestClient(app, headers={"Authorization": "Bearer bootstrap"})


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One for all tests that only see requests refused: to build a house for each would take longer than the tests."""
    made = api_on(tmp_path_factory.mktemp("shared"))
    with made.client, made.anyone:
        yield made
    made.house.engine.dispose()
