"""Reading changes: whatever way a server goes, a busy time is never called free."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from caldav_site import WORK, Site, uids
from contract_words import START
from sketches import Sketch, to_ics

from integrations.caldav.session import Session
from integrations.http import TooBig
from service.domain.errors import (
    BadCalendar,
    Gone,
    ProviderTrouble,
    Refused,
    Throttled,
    Unreachable,
)


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


def test_an_event_that_is_deleted_and_made_again_between_two_pages_is_there(site: Callable[..., Site]) -> None:
    here = site(page=1)
    here.put("1.ics", Sketch("1", START))
    state = here.sync().state
    here.mini._delete(f"{WORK}1.ics", {}, b"")
    here.put("2.ics", Sketch("2", START))
    synced, again = here.mini._synced, Sketch("1", START + timedelta(hours=1))

    def made_again(path: str, token: str) -> object:
        found = synced(path, token)
        here.mini._synced = synced
        here.put("1.ics", again)
        return found

    here.mini._synced = made_again
    result = here.sync(state)
    assert uids(result) == ["1", "2"]
    assert result.removed == ()


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


def test_answers_that_are_too_big_are_asked_for_in_halves(
    site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = site()
    for number in range(5):
        here.put(f"{number}.ics", Sketch(str(number), START + timedelta(days=number)))
    send = Session.send

    def small(session: Session, method: str, url: str, **what: object) -> object:
        body = what.get("body") or b""
        most = 0 if b"/0.ics" in body and here.mini.multiget is False else 2
        if b"multiget" in body and body.count(b":href>") // 2 > most:
            raise TooBig("127.0.0.1 sent more than 10 MiB.")
        return send(session, method, url, **what)

    monkeypatch.setattr(Session, "send", small)
    assert uids(here.sync()) == ["0", "1", "2", "3", "4"]
    here.mini.multiget = False
    with pytest.raises(BadCalendar, match=r"0\.ics"):
        here.sync()


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
    first = here.sync()
    assert uids(first) == ["1"]
    moved = Sketch("1", START + timedelta(hours=2))
    here.mini._items[f"{WORK}1.ics"] = ("", to_ics(moved).encode())
    assert here.sync(first.state).events[0].master == moved.span


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
