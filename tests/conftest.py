"""What every test has: see ``tests.house`` for a whole house."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from hypothesis import HealthCheck, settings

# Machines are noisy and shared: no wall-clock deadline for a property, and the same examples on every run in CI.
settings.register_profile("holdfast", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("holdfast"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "holdfast")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reads this machine's settings."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_") and name != "HOLDFAST_TEST_DATA"]:
        monkeypatch.delenv(name)
    yield
