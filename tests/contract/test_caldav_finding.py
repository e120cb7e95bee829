"""Finding calendars: from a host, a principal, a home; and whom the password never reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpcore2
import pytest
from caldav_site import WORK, Site
from contract_words import OWNER
from mini_dav import HOME, PRINCIPAL
from sketches import WINDOW

from integrations.caldav import CalDavCalendar
from integrations.http import GuardedClient
from service.domain.errors import (
    BadAddress,
    BadCalendar,
    Refused,
    Unreachable,
)
from service.ports.calendar import Account


@pytest.mark.parametrize("path", ["", "/", PRINCIPAL, HOME])
def test_calendars_are_found_from_a_host_a_principal_or_a_home(site: Callable[..., Site], path: str) -> None:
    here = site()
    here.mini.answer("MKCALENDAR", f"{HOME}home life/", {}, b"")
    found = here.adapter.connect(here.account(path))
    assert sorted(one.name for one in found) == ["home life", "work"]
    assert [one.primary for one in found] == [True, False]
    assert found[0].settings["url"].startswith(here.mini.url)
    assert not any(one.server_invites for one in found)


def test_a_collection_is_that_collection(site: Callable[..., Site]) -> None:
    here = site()
    here.mini.answer("MKCALENDAR", f"{HOME}other/", {}, b"")
    (found,) = here.adapter.connect(here.account(WORK))
    assert (found.name, found.settings["url"]) == ("work", here.mini.url + WORK)


def test_what_is_learned_about_the_login_is_used(site: Callable[..., Site]) -> None:
    here = site(login="basic")
    (found,) = here.adapter.connect(here.account(WORK))
    assert found.settings["auth"] == "basic"
    here.mini.asked.clear()
    here.adapter.sync(replace(here.account(), settings=found.settings), None, WINDOW)
    assert [one.status for one in here.mini.asked] == [207]


def test_digest_shows_no_password(site: Callable[..., Site]) -> None:
    here = site(login="digest")
    (found,) = here.adapter.connect(here.account(WORK))
    here.adapter.sync(replace(here.account(), settings=found.settings), None, WINDOW)
    logins = [one.headers.get("authorization", "")[:6] for one in here.mini.asked]
    assert found.settings["auth"] == "digest"
    assert set(logins) == {"", "Digest"}


def test_a_read_only_calendar_is_not_written(site: Callable[..., Site]) -> None:
    here = site()
    read_only = (
        "<D:multistatus xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:response>"
        f"<D:href>{WORK}</D:href><D:propstat><D:prop><D:resourcetype><C:calendar/></D:resourcetype>"
        "<D:current-user-privilege-set><D:privilege><D:read/></D:privilege></D:current-user-privilege-set>"
        "</D:prop></D:propstat></D:response></D:multistatus>"
    )
    here.can("PROPFIND", WORK, 207, read_only)
    (found,) = here.adapter.connect(here.account())
    assert not found.writable


def test_a_task_list_is_no_calendar(site: Callable[..., Site]) -> None:
    here = site()
    tasks = (
        "<D:multistatus xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:response>"
        f"<D:href>{WORK}</D:href><D:propstat><D:prop><D:resourcetype><C:calendar/></D:resourcetype>"
        "<C:supported-calendar-component-set><C:comp name='VTODO'/></C:supported-calendar-component-set>"
        "</D:prop></D:propstat></D:response></D:multistatus>"
    )
    here.can("PROPFIND", WORK, 207, tasks)
    with pytest.raises(BadCalendar):
        here.adapter.connect(here.account())


@pytest.mark.parametrize(
    ("offers", "outbox", "address", "invites"),
    [
        ("1, calendar-access, calendar-auto-schedule", "/out/", f"mailto:{OWNER}".upper(), True),
        ("1, calendar-access, calendar-schedule", "/out/", f"mailto:{OWNER}", False),
        ("1, calendar-access, calendar-auto-schedule", "", f"mailto:{OWNER}", False),
        ("1, calendar-access, calendar-auto-schedule", "/out/", "mailto:other@example.com", False),
    ],
)
def test_a_server_invites_only_if_all_signs_say_so(
    site: Callable[..., Site], offers: str, outbox: str, address: str, invites: bool
) -> None:
    here = site()
    out = f"<C:schedule-outbox-URL><D:href>{outbox}</D:href></C:schedule-outbox-URL>" if outbox else ""
    here.can(
        "PROPFIND",
        PRINCIPAL,
        207,
        "<D:multistatus xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:response>"
        f"<D:href>{PRINCIPAL}</D:href><D:propstat><D:prop>{out}<C:calendar-user-address-set>"
        f"<D:href>{address}</D:href></C:calendar-user-address-set></D:prop></D:propstat></D:response></D:multistatus>",
    )
    here.can("OPTIONS", WORK, 200, DAV=offers)
    (found,) = here.adapter.connect(here.account())
    assert found.server_invites is invites


def test_a_closed_server_refuses(site: Callable[..., Site]) -> None:
    here = site()
    for path in ("/", "/.well-known/caldav"):
        here.can("PROPFIND", path, 403)
    with pytest.raises(Refused):
        here.adapter.connect(here.account("/"))


def test_a_server_that_leads_in_circles_is_left(site: Callable[..., Site]) -> None:
    here = site()
    here.can("PROPFIND", "/.well-known/caldav", 301, Location="/.well-known/caldav")
    with pytest.raises(Unreachable):
        here.adapter.connect(here.account("/"))


class _Everywhere(httpcore2.NetworkBackend):
    """All hosts are on the loopback; remembers which were called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def connect_tcp(self, host: str, port: int, **_: object) -> httpcore2.NetworkStream:
        self.called.append(host)
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", port)


@pytest.fixture
def world() -> Iterator[tuple[CalDavCalendar, _Everywhere]]:
    """An adapter in a world where hosts have names: each at an address of its own."""
    addresses = {
        "dav.example.com": "8.8.0.1",
        "p7.example.com": "8.8.0.2",
        "stranger.net": "8.8.0.3",
        "inside.example.com": "10.0.0.1",
    }
    network = _Everywhere()
    client = GuardedClient(allow_private=False, resolver=lambda host, _: [addresses[host]], network=network)
    yield CalDavCalendar(client), network
    client.close()


def _at(here: Site, host: str, path: str = "/") -> Account:
    return replace(here.account(), settings={"url": f"http://{host}:{here.mini.port}{path}"})


def test_a_home_on_a_sister_host_is_followed(
    site: Callable[..., Site], world: tuple[CalDavCalendar, _Everywhere]
) -> None:
    here, (adapter, network) = site(), world
    home = f"<C:calendar-home-set><D:href>http://p7.example.com:{here.mini.port}{HOME}</D:href></C:calendar-home-set>"
    here.can(
        "PROPFIND",
        PRINCIPAL,
        207,
        "<D:multistatus xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:response>"
        f"<D:href>{PRINCIPAL}</D:href><D:propstat><D:prop>{home}</D:prop></D:propstat></D:response></D:multistatus>",
    )
    (found,) = adapter.connect(_at(here, "dav.example.com"))
    assert found.settings["url"] == f"http://p7.example.com:{here.mini.port}{WORK}"
    assert found.settings["host"] == "p7.example.com"
    assert set(network.called) == {"8.8.0.1", "8.8.0.2"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_stranger_is_never_called(
    site: Callable[..., Site], world: tuple[CalDavCalendar, _Everywhere], status: int
) -> None:
    here, (adapter, network) = site(), world
    here.can("PROPFIND", "/.well-known/caldav", status, Location=f"http://stranger.net:{here.mini.port}/")
    with pytest.raises(BadCalendar, match=r"stranger\.net"):
        adapter.connect(_at(here, "dav.example.com"))
    assert set(network.called) == {"8.8.0.1"}


def test_a_redirect_to_a_private_address_is_refused(
    site: Callable[..., Site], world: tuple[CalDavCalendar, _Everywhere]
) -> None:
    here, (adapter, network) = site(), world
    here.can("PROPFIND", "/.well-known/caldav", 301, Location=f"http://inside.example.com:{here.mini.port}/")
    with pytest.raises(BadAddress):
        adapter.connect(_at(here, "dav.example.com"))
    assert set(network.called) == {"8.8.0.1"}
