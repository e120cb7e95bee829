"""The house of the loop's tests."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from service.domain.timespan import DAY, HOUR
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    """On Monday 1 June 2026, 10:00 in Berlin."""
    made = make_house(tmp_path)
    made.clock.advance(2 * HOUR)
    # Local calendars tell of every change by themselves: reading them in every beat would only cost time.
    return dataclasses.replace(made, house=dataclasses.replace(made.house, sync_seconds=DAY))
