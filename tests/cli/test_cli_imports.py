"""What a command needs not is not loaded: it would wait for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("sqlalchemy", "sqlmodel", "fastapi", "dbos", "holidays", "uvicorn", "googleapiclient", "msal")


@pytest.mark.parametrize(
    "needed",
    ["service.cli", "service.app.rank_slots, service.app.show_slots, service.domain.stability"],
    ids=["--help", "propose"],
)
def test_little_is_loaded(needed: str) -> None:
    code = f"import sys, {needed}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
