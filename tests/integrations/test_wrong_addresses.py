"""What people type where an address belongs: a clear refusal that names the field's fault, never a fault of ours."""

from __future__ import annotations

import pytest

from integrations.caldav import CalDavCalendar
from integrations.http import GuardedClient
from integrations.ics import IcsCalendar
from service.domain.errors import BadAddress, BadInput
from service.ports.calendar import Account, CalendarAdapter


def nobody(_host: str, _port: int) -> list[str]:
    raise OSError("no such name")


@pytest.fixture(params=["ics", "caldav"])
def connect(request: pytest.FixtureRequest) -> object:
    client = GuardedClient(allow_private=False, resolver=nobody)
    adapter: CalendarAdapter = IcsCalendar(client) if request.param == "ics" else CalDavCalendar(client)

    def connecting(url: str) -> None:
        secret = {"url": url, "username": "a", "password": "b"}
        adapter.connect(Account("cal_1", "a@x.example", "UTC", {"url": url}, secret, server_invites=False))

    return connecting


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://[", "https://host:port/", "https://host:99999/", "http://", "::"]
)
def test_an_address_that_is_none_is_bad_input(connect, url: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput):
        connect(url)


def test_a_name_that_nobody_knows_is_a_wrong_address(connect) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadAddress, match="does not resolve"):
        connect("https://calendar.invalid/")
