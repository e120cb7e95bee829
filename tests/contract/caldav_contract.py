"""The contract for CalDAV, on whichever real server a test file names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from calendar_contract import CalendarContract
from contract_words import OWNER
from dav_hand import DavHand
from gate import Gate
from servers import PASSWORD, USER, Server
from sketches import ZONE

from integrations.caldav import CalDavCalendar
from integrations.http import GuardedClient
from service.ports.calendar import Account


class CalDavContract(CalendarContract):
    """Needs a fixture ``server``. Every test has a calendar of its own, reached through a gate."""

    @pytest.fixture
    def client(self) -> Iterator[GuardedClient]:
        client = GuardedClient(allow_private=True)
        yield client
        client.close()

    @pytest.fixture
    def adapter(self, client: GuardedClient) -> CalDavCalendar:
        # A busy machine may be slow, so the time limits are wide; ``hasty`` tries the narrow ones.
        return CalDavCalendar(client, patience=30, connect_budget=60, write_budget=60)

    @pytest.fixture
    def hasty(self, client: GuardedClient) -> CalDavCalendar:
        return CalDavCalendar(client, patience=0.3, connect_budget=0.5)

    @pytest.fixture
    def trouble(self, server: Server) -> Iterator[Gate]:
        gate = Gate((server.host, server.port))
        yield gate
        gate.close()

    @pytest.fixture
    def hand(self, server: Server, request: pytest.FixtureRequest) -> Iterator[DavHand]:
        path = server.make_calendar(request.node.name)
        with server.client() as client:
            yield DavHand(client, path)
            client.delete(path)

    @pytest.fixture
    def account(self, trouble: Gate, hand: DavHand) -> Account:
        return Account(
            calendar_id="cal_1",
            owner_email=OWNER,
            zone=ZONE,
            settings={"url": f"http://127.0.0.1:{trouble.port}{hand.path}"},
            secret={"username": USER, "password": PASSWORD},
        )

    @pytest.fixture
    def typed(self, account: Account) -> Account:
        return account

    @pytest.fixture
    def nothing(self, account: Account) -> Account:
        return replace(account, settings={"url": f"{account.settings['url']}no-such-place.ics"})

    def spoil(self, state: str) -> str:
        token = json.loads(state)["token"]
        # The same shape, so that the server has to look for it and not only at it.
        return json.dumps({"token": token[:-8] + "".join(reversed(token[-8:]))[:7] + "0"})
