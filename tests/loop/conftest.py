"""The house of the loop's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.domain.timespan import HOUR
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    """On Monday 1 June 2026, 10:00 in Berlin."""
    made = make_house(tmp_path)
    made.clock.advance(2 * HOUR)
    return made
