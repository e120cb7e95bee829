"""CalDAV on a real Xandikos: no password, git underneath, and scheduling where it is told the owner's address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from caldav_contract import CalDavContract
from servers import Server, xandikos


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with xandikos(tmp_path_factory.mktemp("xandikos")) as running:
        yield running


class TestXandikos(CalDavContract):
    """The whole contract, nothing left out."""
