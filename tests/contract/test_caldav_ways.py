"""CalDAV servers go different ways; the adapter follows each, and is never talked into calling a busy time free."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import httpcore2
import pytest
from calendar_contract import OWNER, START, draft
from mini_dav import HOME, PRINCIPAL, MiniDav
from servers import PASSWORD, USER
from sketches import WINDOW, ZONE, Sketch, to_ics

from integrations.caldav import CalDavCalendar
from integrations.http import GuardedClient
from service.domain.errors import (
    BadAddress,
    BadCalendar,
    Changed,
    Gone,
    ProviderTrouble,
    Refused,
    Throttled,
    Unreachable,
    Unsupported,
)
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


# --- finding calendars ---


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


# --- what changed ---


@pytest.mark.parametrize("status", [400, 403, 409, 410, 412, 507])
@pytest.mark.parametrize("body", ["", "<D:error xmlns:D='DAV:'><D:valid-sync-token/></D:error>"])
def test_a_lost_token_lists_afresh(site: Callable[..., Site], status: int, body: str) -> None:
    here = site(lost=(status, body))
    here.put("1.ics", Sketch("1", START))
    first = here.sync()
    here.mini.forget()
    again = here.sync(first.state)
    assert (again.full, uids(again)) == (True, ["1"])
    assert json.loads(again.state)["token"]


def test_pages_come_together(site: Callable[..., Site]) -> None:
    here = site(page=1)
    for number in range(4):
        here.put(f"{number}.ics", Sketch(str(number), START + timedelta(days=number)))
    first = here.sync()
    assert uids(first) == ["0", "1", "2", "3"]
    here.put("1.ics", Sketch("1", START + timedelta(days=9)))
    here.put("4.ics", Sketch("4", START))
    here.mini._delete(f"{WORK}2.ics", {}, b"")
    here.mini._delete(f"{WORK}4.ics", {}, b"")
    second = here.sync(first.state)
    assert uids(second) == ["1"]
    assert set(second.removed) >= {f"{WORK}2.ics"}
    assert here.sync(second.state).unchanged


def test_a_page_that_leads_nowhere_falls_back_to_comparing(site: Callable[..., Site]) -> None:
    here = site(page=0)
    here.put("1.ics", Sketch("1", START))
    first = here.sync()
    assert (first.full, uids(first)) == (True, ["1"])
    assert "etags" in json.loads(first.state)
    here.put("2.ics", Sketch("2", START))
    assert uids(here.sync(first.state)) == ["2"]


def test_a_multiget_that_leaves_one_out_is_not_believed(site: Callable[..., Site]) -> None:
    here = site()
    here.put("1.ics", Sketch("1", START))
    here.put("2.ics", Sketch("2", START))
    with_data = here.mini._with_data
    here.mini._with_data = lambda path: "" if path.endswith("2.ics") else with_data(path)  # type: ignore[method-assign]
    assert uids(here.sync()) == ["1", "2"]
    assert here.asked("GET") == [f"{WORK}2.ics"]


def test_a_resource_that_is_not_handed_out_makes_the_calendar_unknown(site: Callable[..., Site]) -> None:
    here = site(multiget=False)
    here.put("1.ics", Sketch("1", START))
    here.put("2.ics", Sketch("2", START))
    here.can("GET", f"{WORK}2.ics", 403)
    with pytest.raises(ProviderTrouble):
        here.sync()


def test_what_is_deleted_while_we_look_is_gone(site: Callable[..., Site]) -> None:
    here = site()
    here.put("1.ics", Sketch("1", START))
    state = here.sync().state
    here.put("1.ics", Sketch("1", START + timedelta(hours=1)))
    with_data = here.mini._with_data

    def deleted_in_between(path: str) -> str:
        here.mini._delete(path, {}, b"")
        return with_data(path)

    here.mini._with_data = deleted_in_between  # type: ignore[method-assign]
    result = here.sync(state)
    assert (result.events, result.removed) == ((), (f"{WORK}1.ics",))


@pytest.mark.parametrize("sync", [True, False])
def test_what_changes_while_we_look_is_not_lost(site: Callable[..., Site], sync: bool) -> None:
    here = site(sync=sync)
    here.put("1.ics", Sketch("1", START))
    with_data = here.mini._with_data
    late = Sketch("2", START + timedelta(days=1))

    def one_more(path: str) -> str:
        here.mini._with_data = with_data  # type: ignore[method-assign]
        here.put("2.ics", late)
        here.put("1.ics", Sketch("1", START + timedelta(hours=1)))
        return with_data(path)

    here.mini._with_data = one_more  # type: ignore[method-assign]
    first = here.sync()
    second = here.sync(first.state)
    assert uids(second) == ["1", "2"]
    assert next(event for event in second.events if event.uid == "2").master == late.span


@pytest.mark.parametrize(
    "text",
    [
        "no calendar at all",
        to_ics(Sketch("bad", START)).replace("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=Nowhere/Land"),
        to_ics(Sketch("a", START), Sketch("b", START)),
        to_ics(Sketch("bad", START))[:200],
    ],
)
def test_one_unreadable_entry_makes_the_calendar_unknown_by_name(site: Callable[..., Site], text: str) -> None:
    here = site()
    here.put("good.ics", Sketch("good", START))
    here.put("bad-one.ics", text=text)
    with pytest.raises(BadCalendar, match=r"bad-one\.ics"):
        here.sync()


def test_tasks_take_no_time(site: Callable[..., Site]) -> None:
    here = site()
    here.put("1.ics", text="BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\nEND:VCALENDAR\r\n")
    first = here.sync()
    assert (first.events, first.full) == ((), True)
    assert here.sync(first.state).unchanged


def test_without_an_etag_everything_is_looked_at_again(site: Callable[..., Site]) -> None:
    here = site(sync=False)
    here.put("1.ics", Sketch("1", START))
    here.mini._items[f"{WORK}1.ics"] = ("", here.mini._items[f"{WORK}1.ics"][1])
    state = here.sync().state
    moved = Sketch("1", START + timedelta(hours=2))
    here.mini._items[f"{WORK}1.ics"] = ("", to_ics(moved).encode())
    assert here.sync(state).events[0].master == moved.span


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, Throttled), (503, Throttled), (500, Unreachable), (502, Unreachable), (404, Gone), (401, Refused)],
)
def test_what_a_server_says_means_something(site: Callable[..., Site], status: int, error: type) -> None:
    here = site()
    here.can("REPORT", WORK, status, Retry_After="7")
    with pytest.raises(error) as trouble:
        here.sync()
    assert getattr(trouble.value, "retry_after", 7.0) == 7.0


def test_access_that_was_withdrawn_is_refused(site: Callable[..., Site]) -> None:
    here = site()
    state = here.sync().state
    here.can("REPORT", WORK, 403)
    here.can("PROPFIND", WORK, 403)
    with pytest.raises(Refused):
        here.sync(state)


# --- writing ---


def test_our_event_is_known_again_under_another_name(site: Callable[..., Site]) -> None:
    here = site()
    account = here.account()
    written = here.adapter.create(account, draft())
    data = here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]
    here.mini._delete(f"{WORK}mtg_01@holdfast.ics", {}, b"")
    here.put_bytes("their-own-name.ics", data)
    conflict = "<D:error xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><C:no-uid-conflict/></D:error>"
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", 409, conflict)
    again = here.adapter.create(account, draft())
    assert again.remote_id == f"{WORK}their-own-name.ics"
    assert again.uid == written.uid


def test_somebody_elses_resource_in_our_place_is_not_taken_for_ours(site: Callable[..., Site]) -> None:
    here = site()
    here.put("mtg_01@holdfast.ics", Sketch("somebody-elses", START))
    with pytest.raises(ProviderTrouble):
        here.adapter.create(here.account(), draft())
    assert b"somebody-elses" in here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]


@pytest.mark.parametrize("status", [403, 405])
def test_not_being_allowed_to_write_is_no_wrong_password(site: Callable[..., Site], status: int) -> None:
    here = site()
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", status)
    with pytest.raises(Unsupported):
        here.adapter.create(here.account(), draft())
    assert here.sync().full


def test_a_write_is_never_led_elsewhere(site: Callable[..., Site]) -> None:
    here = site()
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", 307, Location=f"{HOME}elsewhere.ics")
    with pytest.raises(ProviderTrouble):
        here.adapter.create(here.account(), draft())
    assert here.asked("PUT") == [f"{WORK}mtg_01%40holdfast.ics"]


def test_people_we_invite_ourselves_are_marked_as_ours(site: Callable[..., Site]) -> None:
    here = site()
    ours, theirs = here.account(), replace(here.account(), server_invites=True)
    written = here.adapter.create(ours, draft())
    assert not written.invited
    assert here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1].count(b"SCHEDULE-AGENT=CLIENT") == 3

    later = draft(start=START + timedelta(hours=1), sequence=1)
    moved = here.adapter.update(theirs, written.remote_id, written.etag, later)
    assert moved.invited
    assert b"SCHEDULE-AGENT" not in here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]

    foreign = replace(
        draft(start=datetime(2027, 3, 12, 9), sequence=2), organizer=replace(later.organizer, email="x@y.z")
    )
    assert not here.adapter.update(theirs, moved.remote_id, moved.etag, foreign).invited


def test_what_others_added_stays(site: Callable[..., Site]) -> None:
    here = site()
    written = here.adapter.create(here.account(), draft())
    path = f"{WORK}mtg_01@holdfast.ics"
    alarm = b"X-COLOUR;ODD=:red\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT"
    here.put_bytes("mtg_01@holdfast.ics", here.mini._items[path][1].replace(b"END:VEVENT", alarm))
    etag = here.mini._items[path][0]
    here.adapter.update(here.account(), written.remote_id, etag, draft(start=START + timedelta(hours=1), sequence=1))
    assert alarm in here.mini._items[path][1]


def test_a_web_page_is_no_written_event(site: Callable[..., Site]) -> None:
    here = site()
    for method in ("PUT", "GET"):
        here.can(method, f"{WORK}mtg_01%40holdfast.ics", 200, "<html>Please log in</html>")
    with pytest.raises(BadCalendar):
        here.adapter.create(here.account(), draft())


@pytest.mark.parametrize(("deleted", "error"), [(False, Changed), (True, Gone)])
def test_a_change_between_reading_and_writing_is_not_overwritten(
    site: Callable[..., Site], deleted: bool, error: type
) -> None:
    here = site()
    written = here.adapter.create(here.account(), draft())
    path = f"{WORK}mtg_01@holdfast.ics"
    theirs = to_ics(Sketch(written.uid, START + timedelta(days=1), sequence=1)).encode()
    get = here.mini._get

    def meanwhile(*asked: object) -> object:
        found = get(*asked)
        here.mini._get = get
        if deleted:
            here.mini._delete(path, {}, b"")
        else:
            here.mini._put(path, {}, theirs)
        return found

    here.mini._get = meanwhile
    with pytest.raises(error):
        here.adapter.update(
            here.account(), written.remote_id, written.etag, draft(start=START + timedelta(hours=1), sequence=1)
        )
    assert here.mini._items.get(path, ("", None))[1] == (None if deleted else theirs)


def test_an_event_that_is_too_much_for_the_server_is_given_up(site: Callable[..., Site]) -> None:
    here = site()
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", 412)  # as Radicale answers beyond max-resource-size
    with pytest.raises(ProviderTrouble) as trouble:
        here.adapter.create(here.account(), draft())
    assert not isinstance(trouble.value, Changed)
