"""A small CalDAV server with one calendar and our adapter at it, for what real servers do not do on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from contract_words import OWNER
from mini_dav import HOME, MiniDav
from servers import PASSWORD, USER
from sketches import WINDOW, ZONE, Sketch, to_ics

from integrations.caldav import CalDavCalendar
from integrations.http import GuardedClient
from service.ports.calendar import Account

WORK = f"{HOME}work/"


class Site:
    """A mini server with one calendar, ``work``, and an adapter at it."""

    def __init__(self, mini: MiniDav, client: GuardedClient) -> None:
        self.mini = mini
        self.adapter = CalDavCalendar(client)
        mini.answer("MKCALENDAR", WORK, {}, b"")

    def account(self, path: str = WORK, **settings: str) -> Account:
        return Account(
            calendar_id="cal_1",
            owner_email=OWNER,
            zone=ZONE,
            settings={"url": self.mini.url + path, **settings},
            secret={"username": USER, "password": PASSWORD},
        )

    def put(self, name: str, *sketches: Sketch, text: str = "") -> None:
        self.put_bytes(name, (text or to_ics(*sketches)).encode())

    def put_bytes(self, name: str, data: bytes) -> None:
        with self.mini._lock:
            assert self.mini._put(WORK + name, {}, data)[0] in {201, 204}

    def sync(self, state: str | None = None):
        return self.adapter.sync(self.account(), state, WINDOW)

    def can(self, method: str, path: str, status: int, body: str = "", **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.mini.canned[method, path] = (status, names, body.encode())

    def asked(self, method: str) -> list[str]:
        return [one.path for one in self.mini.asked if one.method == method]


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    with ExitStack() as stack:

        def start(**ways: object) -> Site:
            login = ways.pop("login", None)
            mini = stack.enter_context(MiniDav(**ways).running())
            client = GuardedClient(allow_private=True)
            stack.callback(client.close)
            made = Site(mini, client)
            mini.login = login
            return made

        yield start


def uids(result) -> list[str]:
    return sorted(event.uid for event in result.events)
