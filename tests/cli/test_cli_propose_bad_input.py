"""What `holdfast propose` refuses: one clear line, nothing on stdout, within five seconds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_hand import Hand, calendar, written

sys.path.insert(0, str(Path(__file__).parent.parent / "integrations"))

from hostile_server import always, answer, drip, hang, serving

GOOD = calendar(["DTSTART:20260601T090000Z", "DURATION:PT1H"], zone="Europe/Berlin")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path, "good.ics", GOOD)


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 30  # it ends: how soon is measured elsewhere, machines are noisy


FILES = {
    "empty": (b"", "empty"),
    "blank": (b"\r\n \r\n", "empty"),
    "text": (b"Dear Ada,\nsee you on Monday.\n", "no iCalendar file"),
    "web page": (b"<!doctype html><html></html>", "web page"),
    "zip": (b"PK\x03\x04\x14\x00", "ZIP"),
    "zeros": (b"\0" * 5000, "no iCalendar file"),
    "cut short": (GOOD[:-60].encode(), "cut short"),
    "too big": (GOOD.encode() + b" " * 10_000_001, "larger than 10 MB"),
    "unknown zone": (
        calendar(["DTSTART;TZID=Nowhere/At_All:20260601T090000", "DURATION:PT1H"]).encode(),
        "Nowhere/At_All",
    ),
    "every second": (
        calendar(["DTSTART:20200101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"]).encode(),
        "repeats too often",
    ),
    "no start": (calendar(["DURATION:PT1H"]).encode(), "no DTSTART"),
    "ends before it starts": (
        calendar(["DTSTART:20260601T090000Z", "DTEND:20260601T080000Z"]).encode(),
        "ends before it starts",
    ),
    "no date": (calendar(["DTSTART:soon", "DURATION:PT1H"]).encode(), "event-0@example.org"),
}


@pytest.mark.parametrize(("data", "words"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("first", [True, False], ids=["mentor", "mentee"])
def test_files_that_are_no_calendars(
    holdfast: Hand, good: Path, tmp_path: Path, data: bytes, words: str, first: bool
) -> None:
    bad = written(tmp_path, "bad.ics", data)
    zones = ("--mentor-zone", "Europe/Berlin", "--mentee-zone", "Europe/Berlin")
    places = (bad, good) if first else (good, bad)
    holdfast("propose", *places, "--from", "2026-06-01", *zones).refused("bad.ics", words)


def test_places_that_are_no_files(holdfast: Hand, good: Path, tmp_path: Path) -> None:
    holdfast("propose", tmp_path / "gone.ics", good).refused("no file", "gone.ics")
    holdfast("propose", good, "-").refused("no file")
    holdfast("propose", good / "inside.ics", good).refused("no file")
    holdfast("propose", tmp_path, good).refused("folder")
    holdfast("propose", "/dev/zero", good).refused("no ordinary file")
    holdfast("propose", "a" * 5000, good).refused("cannot be read")
    holdfast("propose", "nul\0byte", good).refused("cannot be read")
    pipe = tmp_path / "pipe.ics"
    os.mkfifo(pipe)
    holdfast("propose", pipe, good).refused("no ordinary file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(holdfast: Hand, good: Path) -> None:
    good.chmod(0)
    holdfast("propose", good, good).refused("cannot be read")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--minutes", "0", "from 15 to 240"),
        ("--minutes", "-60", "from 15 to 240"),
        ("--minutes", "17", "steps of 5"),
        ("--minutes", "245", "from 15 to 240"),
        ("--days", "0", "from 1 to 180"),
        ("--days", "181", "from 1 to 180"),
        ("--limit", "0", "from 1 to 20"),
        ("--limit", "99", "from 1 to 20"),
        ("--from", "01.06.2026", "2026-09-01"),
        ("--from", "2026-02-30", "2026-09-01"),
        ("--from", "20260601", "2026-09-01"),
        ("--from", "", "2026-09-01"),
        ("--from", "9999-12-31", "between 1971 and 2200"),
        ("--mentor-zone", "europe/berlin", "did you mean Europe/Berlin?"),
        ("--mentee-zone", "Europe/Berlni", "did you mean Europe/Berlin?"),
        ("--mentor-zone", "", "IANA"),
        ("--mentee-zone", "../../etc/passwd", "IANA"),
    ],
)
def test_options_out_of_range(holdfast: Hand, good: Path, option: str, value: str, words: str) -> None:
    holdfast("propose", good, good, option, value).refused(option, words)


@pytest.mark.parametrize("day", ["1971-01-01", "2026-03-29", "2200-12-31"])
def test_the_first_and_the_last_day_work(holdfast: Hand, good: Path, day: str) -> None:
    assert holdfast("propose", good, good, "--from", day, "--days", "180", "--json").code == 0


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:1/a.ics?token=hush-hush", "not a public"),
        ("https://10.0.0.1/hush-hush/basic.ics", "not a public"),
        ("http://[::1]/hush-hush", "not a public"),
        ("http://169.254.169.254/hush-hush", "not a public"),
        ("ftp://example.org/hush-hush.ics", "https://"),
        ("file:///etc/hush-hush", "https://"),
        ("https:///hush-hush", "host"),
        ("https://127.0.0.1:99999/hush-hush", "address"),
        ("webcal://127.0.0.1/hush-hush", "not a public"),
    ],
)
def test_addresses_that_must_not_be_called(holdfast: Hand, good: Path, address: str, words: str) -> None:
    ran = holdfast("propose", address, good)
    ran.refused(words)
    assert "hush-hush" not in ran.err


@pytest.fixture
def _private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_ALLOW_PRIVATE_URLS", "true")


@pytest.mark.usefixtures("_private_allowed")
class TestServers:
    """Hosts that can be called, and what they answer."""

    def test_a_published_calendar_is_read(self, holdfast: Hand, good: Path) -> None:
        asked = ("--from", "2026-06-01", "--json")
        with serving(always(answer(200, GOOD.encode(), content_type="text/calendar"))) as site:
            ran = holdfast("propose", f"{site.url}/private-hush-hush/basic.ics", good, *asked)
        assert ran.json == holdfast("propose", good, good, *asked).json
        assert "X-WR-TIMEZONE in 127.0.0.1" in ran.err and "hush-hush" not in ran.err
        assert site.seen[0].line.startswith("GET /private-hush-hush/basic.ics ")

    @pytest.mark.parametrize(
        ("status", "code", "words"),
        [
            (404, 2, "no calendar at this address"),
            (410, 2, "no calendar at this address"),
            (401, 1, "credentials"),
            (403, 1, "does not allow"),
            (429, 1, "wait"),
            (500, 1, "problem of its own"),
            (204, 1, "without a calendar"),
        ],
    )
    def test_other_answers(self, holdfast: Hand, good: Path, status: int, code: int, words: str) -> None:
        with serving(always(answer(status))) as site:
            ran = holdfast("propose", good, f"{site.url}/hush-hush", "--from", "2026-06-01")
        ran.refused("127.0.0.1", words, code=code)
        assert "hush-hush" not in ran.err

    def test_a_page_instead_of_a_calendar(self, holdfast: Hand, good: Path) -> None:
        with serving(always(answer(200, b"<html>Sign in</html>", content_type="text/html"))) as site:
            holdfast("propose", site.url, good).refused("127.0.0.1", "web page")

    def test_too_big_an_answer(self, holdfast: Hand, good: Path) -> None:
        with serving(always(answer(200, GOOD.encode() + b" " * 10_000_001))) as site:
            holdfast("propose", site.url, good).refused("larger than 10 MB")

    def test_hosts_that_do_not_come_to_an_end(self, holdfast: Hand) -> None:
        """Both calendars at once: still within five seconds."""
        with serving(hang) as one, serving(drip(b"HTTP/1.1 200 X\r\n\r\nBEGIN:VCALENDAR\r\n")) as other:
            holdfast("propose", one.url, other.url).refused("did not answer within", code=1)

    def test_nobody_there(self, holdfast: Hand, good: Path) -> None:
        with serving(hang) as site:
            url = site.url
        holdfast("propose", url, good).refused("No connection", code=1)


def test_bad_settings_stop_only_what_needs_them(holdfast: Hand, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SYNC_SECONDS", "soon")
    assert holdfast("propose", good, good, "--from", "2026-06-01", "--json").code == 0
    holdfast("propose", "https://10.0.0.1/", good).refused("HOLDFAST_SYNC_SECONDS")
