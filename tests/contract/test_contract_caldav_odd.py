"""The CalDAV contract on servers that lack what Radicale and Xandikos have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx2
import pytest
from caldav_contract import CalDavContract
from mini_dav import HOME, MiniDav
from servers import PASSWORD, USER

from service.ports.calendar import Account

pytestmark = pytest.mark.slow


@dataclass
class MiniServer:
    """The mini server with the face of a real one."""

    mini: MiniDav

    @property
    def host(self) -> str:
        return self.mini.host

    @property
    def port(self) -> int:
        return self.mini.port

    def client(self) -> httpx2.Client:
        login = httpx2.DigestAuth(USER, PASSWORD) if self.mini.login == "digest" else None
        return httpx2.Client(base_url=self.mini.url, auth=login, trust_env=False)

    def make_calendar(self, name: str) -> str:
        with self.client() as client:
            client.request("MKCALENDAR", f"{HOME}{name}/").raise_for_status()
        return f"{HOME}{name}/"


@contextmanager
def mini(**ways: object) -> Iterator[MiniServer]:
    with MiniDav(**ways).running() as running:
        yield MiniServer(running)


class TestWithoutSync(CalDavContract):
    """No sync-collection, no multiget, no ETag after PUT: everything by comparing and by single requests."""

    @pytest.fixture
    def server(self) -> Iterator[MiniServer]:
        with mini(sync=False, multiget=False, etag_on_put=False) as running:
            yield running

    def spoil(self, state: str) -> str:
        return state[:-1]


class TestPageByPageWithDigest(CalDavContract):
    """Two changes to a page, tokens forgotten at will, Digest login."""

    @pytest.fixture
    def server(self) -> Iterator[MiniServer]:
        with mini(page=2, login="digest") as running:
            self.running = running.mini
            yield running

    @pytest.fixture
    def stranger(self, account: Account) -> Account:
        return replace(account, secret={**account.secret, "password": "wrong horse"})

    def spoil(self, state: str) -> str:
        self.running.forget()
        return state
