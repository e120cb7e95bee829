"""Published calendars from servers that behave and that do not, and uploaded files."""

from __future__ import annotations

import gzip
import json
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hostile_server import Handler, Loopback, Seen, Site, always, answer, drip, hang, names, serving, then_close

from integrations.http import GuardedClient
from integrations.ics import IcsCalendar
from service.domain.busy import BusyKind
from service.domain.errors import (
    BadAddress,
    BadCalendar,
    BadInput,
    Gone,
    HoldfastError,
    Refused,
    Throttled,
    Unreachable,
    Unsupported,
)
from service.domain.timespan import Span, epoch
from service.ports.calendar import Account, Attendee, CalendarAdapter, EventDraft, Occurrence
from service.ports.clock import FixedClock


def at(day: int, hour: int = 0) -> int:
    return epoch(datetime(2026, 3, day, hour, tzinfo=UTC))


WINDOW = Span(at(1), at(31))
ONE = Occurrence(at(3, 9), at(3, 10), BusyKind.BUSY)


def ics(start: str = "20260303T090000Z", stamp: str = "20260101T000000Z", extra: str = "") -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//t//t",
        "BEGIN:VEVENT",
        "UID:a@x",
        f"DTSTAMP:{stamp}",
        f"DTSTART:{start}",
        "DURATION:PT1H",
        "SUMMARY:Geheim",
        *([extra] if extra else []),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


def adapter(client: GuardedClient | None = None) -> CalendarAdapter:
    return IcsCalendar(client or GuardedClient(allow_private=True), FixedClock(at(1)))


def account(url: str = "", **more: dict[str, str]) -> Account:
    secret = {"url": url} if url else {}
    return Account("cal_1", "ana@x.example", "Europe/Berlin", **{"secret": secret, **more})  # type: ignore[arg-type]


def cached(data: bytes = b"", **validators: str) -> Handler:
    """Answers 304 to whoever shows the right validator."""
    asks = {"etag": "if-none-match", "last_modified": "if-modified-since"}

    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        known = any(seen.headers.get(asks[name]) == value for name, value in validators.items())
        conn.sendall(answer(304) if known else answer(200, data or ics(), **validators))

    return handle


# -- connecting ---------------------------------------------------------------------------------------------


def test_connecting_tells_the_host_and_never_the_address() -> None:
    with serving(always(answer(body=ics(), content_type="text/calendar"))) as site:
        (found,) = adapter().connect(account(f"{site.url}/private-token/basic.ics"))
    assert found.settings == {"host": "127.0.0.1"}
    assert found.name == "127.0.0.1"
    assert not (found.writable or found.server_invites)


@pytest.mark.parametrize("scheme", ["webcal", "WEBCAL", "webcals"])
def test_webcal_means_https(scheme: str) -> None:
    called: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[str]:
        called.append((host, port))
        raise OSError

    client = GuardedClient(allow_private=False, resolver=resolver)
    with pytest.raises(BadAddress, match="does not resolve"):
        adapter(client).connect(account(f"{scheme}://cal.example/x.ics"))
    assert called == [("cal.example", 443)]


def test_an_address_with_a_login_in_it() -> None:
    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        login = seen.headers.get("authorization") == "Basic bWU6cDp3"
        conn.sendall(answer(body=ics()) if login else answer(401))

    with serving(handle) as site:
        address = site.url.replace("://", "://me:p%3Aw@")
        (found,) = adapter().connect(account(address))
        assert adapter().sync(account(address), None, WINDOW).events
        with pytest.raises(Refused):
            adapter().connect(account(site.url))
    assert "me" not in json.dumps(found.settings)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (answer(404), BadCalendar),
        (answer(410), BadCalendar),
        (answer(401), Refused),
        (answer(403), Refused),
        (answer(500), Unreachable),
        (answer(429, retry_after="60"), Throttled),
        (answer(204), Unreachable),
        (answer(206, ics()), Unreachable),
        (answer(304), Unreachable),
        (answer(302), Unreachable),
        (answer(body=b""), BadCalendar),
        (answer(body=b"<!DOCTYPE html><html>Sign in</html>", content_type="text/html"), BadCalendar),
        (answer(body=b'\xef\xbb\xbf\n  <html lang="en">'), BadCalendar),
        (answer(body=b"%PDF-1.7"), BadCalendar),
        (answer(body=b"x" * 10_000_001), BadCalendar),
        (answer(body=gzip.compress(b"x" * 30_000_000), content_encoding="gzip"), BadCalendar),
        (answer(body=ics()[:-30]), BadCalendar),
        (answer(body=ics(start="20261345T000000Z")), BadCalendar),
        (answer(302, location="ftp://x.example/"), BadAddress),
    ],
)
def test_every_problem_is_clear_at_connect_and_at_each_reading(data: bytes, kind: type[HoldfastError]) -> None:
    with serving(always(data)) as site:
        target = account(f"{site.url}/geheim")
        with pytest.raises(kind) as first:
            adapter().connect(target)
        with pytest.raises((kind, Gone)) as second:
            adapter().sync(target, None, WINDOW)
    for caught in (first, second):
        assert isinstance(caught.value, HoldfastError)
        assert "geheim" not in caught.value.detail.lower()


@pytest.mark.parametrize(
    "handler",
    [
        then_close(b""),
        then_close(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + ics()),
        then_close(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1000\r\n" + ics()),
    ],
    ids=["nothing", "too short", "cut chunk"],
)
def test_a_calendar_that_breaks_off_is_no_calendar(handler: Handler) -> None:
    with serving(handler) as site, pytest.raises(Unreachable):
        adapter().sync(account(site.url), None, WINDOW)


@pytest.mark.parametrize(
    "handler",
    [hang, drip(b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n" + ics())],
    ids=["hang", "drip"],
)
def test_a_calendar_that_takes_for_ever_is_given_up(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.ics.adapter.DEADLINE", 0.4)
    began = time.monotonic()
    with serving(handler) as site, pytest.raises(Unreachable, match=r"within 0\.4 seconds"):
        adapter().sync(account(site.url), None, WINDOW)
    assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


def test_a_calendar_without_a_length_that_is_cut_off_is_noticed() -> None:
    whole = ics()
    with serving(then_close(b"HTTP/1.0 200 OK\r\n\r\n" + whole)) as site:
        assert len(adapter().sync(account(site.url), None, WINDOW).events) == 1
    for length in range(1, len(whole) - 2, 7):
        with serving(then_close(b"HTTP/1.0 200 OK\r\n\r\n" + whole[:length])) as site, pytest.raises(BadCalendar):
            adapter().sync(account(site.url), None, WINDOW)


def test_private_addresses_are_refused_directly_and_behind_a_redirect() -> None:
    public = "93.184.216.34"
    client = GuardedClient(allow_private=False, resolver=names(good_example=[public]), network=Loopback())
    for url in ("http://127.0.0.1/x.ics", "http://[::1]/x.ics", "http://169.254.169.254/latest/meta-data/"):
        with pytest.raises(BadAddress):
            adapter(client).connect(account(url))
    with serving(always(answer(302, location="http://127.0.0.1/x.ics"))) as site, pytest.raises(BadAddress):
        adapter(client).connect(account(f"http://good.example:{site.port}/x.ics"))


def test_a_redirect_to_the_calendar_is_followed() -> None:
    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        here = seen.line.split(" ")[1] == "/cal.ics"
        conn.sendall(answer(body=ics()) if here else answer(301, location="/cal.ics"))

    with serving(handle) as site:
        assert adapter().connect(account(f"{site.url}/old"))
        assert adapter().sync(account(f"{site.url}/old"), None, WINDOW).events


@pytest.mark.parametrize("url", ["", "cal.ics", "file:///etc/passwd", "https://"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(BadInput):
        adapter().connect(account(url))


# -- reading ------------------------------------------------------------------------------------------------


def test_a_reading_brings_everything_there_is() -> None:
    with serving(always(answer(body=ics()))) as site:
        result = adapter().sync(account(site.url), None, WINDOW)
    assert (result.full, result.unchanged, result.removed) == (True, False, ())
    (event,) = result.events
    assert event.occurrences == (ONE,)
    assert event.uid == "a@x"
    assert "Geheim" not in repr(result)


@pytest.mark.parametrize(
    "validators",
    [
        {"etag": '"v1"'},
        {"etag": 'W/"v1"'},
        {"last_modified": "Tue, 03 Mar 2026 09:00:00 GMT"},
        {"etag": '"v1"', "last_modified": "Tue, 03 Mar 2026 09:00:00 GMT"},
        {},
    ],
)
def test_an_unchanged_calendar_is_not_read_again(validators: dict[str, str]) -> None:
    with serving(cached(**validators)) as site:
        first = adapter().sync(account(site.url), None, WINDOW)
        second = adapter().sync(account(site.url), first.state, WINDOW)
        third = adapter().sync(account(site.url), second.state, WINDOW)
    for again in (second, third):
        assert (again.unchanged, again.events, again.removed) == (True, (), ())
        assert again.state == first.state


def test_a_calendar_that_only_names_another_download_time_is_unchanged() -> None:
    stamps = iter(["20260101T000000Z", "20260102T030405Z"])

    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        conn.sendall(answer(body=ics(stamp=next(stamps))))

    with serving(handle) as site:
        first = adapter().sync(account(site.url), None, WINDOW)
        assert adapter().sync(account(site.url), first.state, WINDOW).unchanged


def test_a_changed_calendar_is_read_again() -> None:
    starts = iter(["20260303T090000Z", "20260304T090000Z"])

    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        conn.sendall(answer(body=ics(start=next(starts)), etag='"same"'))

    with serving(handle) as site:
        first = adapter().sync(account(site.url), None, WINDOW)
        second = adapter().sync(account(site.url), first.state, WINDOW)
    assert not second.unchanged
    assert second.events[0].occurrences == (Occurrence(at(4, 9), at(4, 10), BusyKind.BUSY),)
    assert second.state != first.state


def test_someone_who_moved_to_another_zone_is_read_anew() -> None:
    with serving(cached(ics(start="20260303T090000"), etag='"v1"')) as site:
        first = adapter().sync(account(site.url), None, WINDOW)
        moved = replace(account(site.url), zone="America/New_York")
        second = adapter().sync(moved, first.state, WINDOW)
    assert first.events[0].occurrences[0].start == at(3, 8)
    assert second.events[0].occurrences[0].start == at(3, 14)


@pytest.mark.parametrize("state", ["", "{", "[]", "null", "7", '{"etag": 7}', '{"x": 1}', "not json"])
def test_a_state_that_makes_no_sense_means_reading_everything(state: str) -> None:
    with serving(cached(etag='"v1"')) as site:
        assert len(adapter().sync(account(site.url), state, WINDOW).events) == 1


@pytest.mark.parametrize("etag", ['"ü"', '"' + "x" * 600 + '"'])
def test_a_validator_that_cannot_be_sent_is_not_kept(etag: str) -> None:
    with serving(always(answer(body=ics(), etag=etag))) as site:
        first = adapter().sync(account(site.url), None, WINDOW)
        assert adapter().sync(account(site.url), first.state, WINDOW).unchanged
    assert "if-none-match" not in site.seen[1].headers


def test_a_calendar_that_is_gone_later() -> None:
    with serving(always(answer(404))) as site, pytest.raises(Gone):
        adapter().sync(account(site.url), None, WINDOW)


# -- uploads ------------------------------------------------------------------------------------------------


def test_an_upload_is_read_once_and_then_never_changes() -> None:
    port = adapter()
    uploading = account(secret={"content": ics().decode()})
    (found,) = port.connect(uploading)
    assert found.settings == {"source": "upload"}
    result = port.sync(replace(uploading, settings=found.settings), None, WINDOW)
    assert [event.occurrences for event in result.events] == [(ONE,)]
    kept = account(settings=found.settings)
    again = port.sync(kept, result.state, WINDOW)
    assert (again.unchanged, again.state) == (True, result.state)
    assert result.events[0].skeleton is not None
    assert "Geheim" not in result.events[0].skeleton
    assert port.expand(result.events[0].skeleton, kept, WINDOW) == (ONE,)


@pytest.mark.parametrize("content", ["", "hello", "<html></html>", "\ud800", "x" * 10_000_001])
def test_an_upload_that_is_no_calendar(content: str) -> None:
    with pytest.raises(BadCalendar):
        adapter().connect(account(secret={"content": content}))


def test_recurrences_are_expanded_again_without_a_server() -> None:
    port = adapter()
    data = ics(extra="RRULE:FREQ=WEEKLY").decode()
    result = port.sync(account(secret={"content": data}, settings={"source": "upload"}), None, WINDOW)
    (event,) = result.events
    assert [one.start for one in event.occurrences] == [at(day, 9) for day in (3, 10, 17, 24)]
    later = Span(at(31), at(31) + 7 * 86400)
    assert event.skeleton is not None
    assert [one.start for one in port.expand(event.skeleton, account(), later)] == [at(31, 9)]


# -- writing ------------------------------------------------------------------------------------------------


def test_it_says_that_it_cannot_write() -> None:
    ana = Attendee("Ana", "ana@x.example")
    draft = EventDraft("u", "mtg_1", 0, WINDOW, at(1), "s", "d", ana, (), "Europe/Berlin")
    port = adapter()
    assert not port.capabilities.writes
    for call in (
        lambda: port.create(account(), draft),
        lambda: port.update(account(), "x", None, draft),
        lambda: port.cancel(account(), "x", None, draft),
    ):
        with pytest.raises(Unsupported):
            call()
