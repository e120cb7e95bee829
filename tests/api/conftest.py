"""The API on a fresh house."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_hand import Api, api_on


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """See ``api_hand``."""
    return api_on(tmp_path)
