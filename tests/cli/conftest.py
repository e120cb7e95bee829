"""Commands run in an empty folder: no ``.env``, no database of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_hand import Hand


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def holdfast(capsys: pytest.CaptureFixture[str]) -> Hand:
    """The command, in this process."""
    return Hand(capsys)


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tests' data lies is no setting of Holdfast, and `doctor` would say so."""
    monkeypatch.delenv("HOLDFAST_TEST_DATA", raising=False)
