"""CalDAV on a real Radicale: password, sync-collection, no scheduling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from caldav_contract import CalDavContract
from servers import Server, radicale

from service.ports.calendar import Account


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


pytestmark = pytest.mark.slow


class TestRadicale(CalDavContract):
    @pytest.fixture
    def stranger(self, account: Account) -> Account:
        return replace(account, secret={**account.secret, "password": "wrong horse"})
