"""`holdfast propose` as a person uses it."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cli_hand import Hand, calendar, written
from rich.console import Console

from integrations.ical.zone_hint import zone_hint
from service.app.timetables import DEFAULT_WORKING_HOURS, read_working_hours
from service.cli.machine import machine_zone
from service.cli.propose import usual_hours

DATA = Path(__file__).parent.parent / "integrations" / "ical" / "data"
BUSY_MORNINGS = ["DTSTART;TZID=Europe/Berlin:20260601T070000", "DTEND;TZID=Europe/Berlin:20260601T153000"]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Ada in Berlin, busy every day until 15:30; Bob in New York, busy on Tuesdays."""
    ada = calendar([*BUSY_MORNINGS, "RRULE:FREQ=DAILY", "SUMMARY:Very private"], zone="Europe/Berlin")
    tuesdays = ["DTSTART;VALUE=DATE:20260602", "RRULE:FREQ=WEEKLY", "SUMMARY:Off"]
    return written(tmp_path, "ada.ics", ada), written(tmp_path, "bob.ics", calendar(tuesdays, zone="America/New_York"))


def test_json_is_what_the_api_says_and_nothing_else(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    ran = holdfast("propose", *pair, "--from", "2026-06-01", "--json")
    assert ran.code == 0
    assert set(ran.json) == {"complete", "slots"}
    assert ran.json["complete"] is True
    slots = ran.json["slots"]
    assert len(slots) == 5
    assert {frozenset(slot) for slot in slots} == {
        frozenset({"start", "end", "kind", "hold_probability", "interval", "reasons", "local"})
    }
    chances = [slot["hold_probability"] for slot in slots]
    assert chances == sorted(chances, reverse=True)
    for slot in slots:
        low, high = slot["interval"]
        assert 0 < low < slot["hold_probability"] < high < 1
        assert all(set(reason) == {"code", "text", "effect"} for reason in slot["reasons"]) and slot["reasons"]
        mentor, mentee = slot["local"]["mentor"], slot["local"]["mentee"]
        assert "15:30" <= mentor[11:16] <= "17:30" and mentor.endswith("+02:00")
        assert "09:30" <= mentee[11:16] <= "11:30" and mentee.endswith("-04:00")
        assert "2026-06-02" not in mentor and "2026-06-09" not in mentor


def test_the_same_question_gets_the_same_answer(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    asked = ("propose", *pair, "--from", "2026-06-01", "--json")
    assert holdfast(*asked).out == holdfast(*asked).out


def test_the_table_has_both_clocks_chance_and_reasons(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    ran = holdfast("propose", *pair, "--from", "2026-06-01")
    assert ran.code == 0
    for words in ("Europe/Berlin", "America/New_York", "Mon 1 Jun to Mon 29 Jun 2026", "60 minutes", "80 % interval"):
        assert words in ran.out
    slots = holdfast("propose", *pair, "--from", "2026-06-01", "--json").json["slots"]
    rows = [line for line in ran.out.splitlines() if "%" in line and line.lstrip()[:1].isdigit()]
    assert len(rows) == len(slots)
    flat = " ".join(ran.out.split())
    for row, slot in zip(rows, slots, strict=True):
        assert slot["local"]["mentor"][11:16] in row and slot["local"]["mentee"][11:16] in row
        assert slot["kind"] in row and f"{slot['hold_probability']:.0%}" in row
        assert slot["reasons"][0]["text"] in flat
    assert "private" not in ran.out + ran.err


def test_a_narrow_terminal_gets_the_reasons_below(
    holdfast: Hand, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = holdfast("propose", *pair, "--from", "2026-06-01")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "Why" not in ran.out and "days ahead" in ran.out
    assert Console().width == 80


def test_one_clock_for_two_people_in_one_zone(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    ran = holdfast("propose", *pair, "--from", "2026-06-01", "--mentee-zone", "Europe/Berlin")
    assert "Both" in ran.out and "Mentee" not in ran.out


def test_zones_taken_from_the_files_are_told(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    lines = holdfast("propose", *pair, "--from", "2026-06-01").err.splitlines()
    assert len(lines) == 2
    assert "mentor's time zone is Europe/Berlin (X-WR-TIMEZONE in" in lines[0] and "--mentor-zone" in lines[0]
    assert "mentee's time zone is America/New_York" in lines[1]


def test_zones_given_are_taken_without_a_word(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    zones = ("--mentor-zone", "Asia/Kolkata", "--mentee-zone", "Asia/Tokyo")
    ran = holdfast("propose", *pair, "--from", "2026-06-01", "--json", *zones)
    assert ran.err == ""
    assert {slot["local"]["mentor"][-6:] for slot in ran.json["slots"]} == {"+05:30"}


def test_a_calendar_that_says_nothing_is_on_this_machines_clock(holdfast: Hand, tmp_path: Path) -> None:
    plain = written(tmp_path, "plain.ics", calendar(["DTSTART:20260601T000000", "DURATION:PT10H"]))
    ran = holdfast("propose", plain, plain, "--from", "2026-06-01", "--days", "1", "--json")
    assert "Asia/Tokyo (this machine's: " in ran.err
    # Floating times are on the owner's clock: busy until 10:00 in Tokyo.
    assert min(slot["local"]["mentor"] for slot in ran.json["slots"]) >= "2026-06-01T10:00:00+09:00"


def test_from_is_midnight_in_the_mentors_zone(holdfast: Hand, tmp_path: Path) -> None:
    empty = written(tmp_path, "empty.ics", calendar())
    zones = ("--mentor-zone", "Pacific/Auckland", "--mentee-zone", "Pacific/Auckland")
    ran = holdfast("propose", empty, empty, "--from", "2026-06-02", "--days", "1", "--limit", "20", "--json", *zones)
    starts = [slot["local"]["mentor"] for slot in ran.json["slots"]]
    assert starts and all(start.startswith("2026-06-02T") for start in starts)
    assert min(starts) == "2026-06-02T07:30:00+12:00"


def test_without_from_a_days_notice_is_kept(holdfast: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.ports.clock.SystemClock.now", lambda _: 1780304400)  # Monday 2026-06-01 09:00 UTC
    empty = written(tmp_path, "empty.ics", calendar(zone="UTC"))
    ran = holdfast("propose", empty, empty, "--json", "--limit", "20", "--days", "1")
    starts = [slot["start"] for slot in ran.json["slots"]]
    assert min(starts) >= "2026-06-02T09:00:00Z" and max(starts) < "2026-06-03T09:00:00Z"


def test_limit_minutes_and_days_are_kept(holdfast: Hand, pair: tuple[Path, Path]) -> None:
    asked = ("--from", "2026-06-01", "--limit", "12", "--minutes", "30", "--days", "10", "--json")
    slots = holdfast("propose", *pair, *asked).json["slots"]
    assert len(slots) == 12
    assert all(slot["start"] < "2026-06-10T22:00:00Z" for slot in slots)
    assert {int(slot["end"][14:16]) - int(slot["start"][14:16]) for slot in slots} <= {30, -30}


def test_breakfast_and_coffee_are_among_five(holdfast: Hand, tmp_path: Path) -> None:
    empty = written(tmp_path, "empty.ics", calendar(zone="Europe/Berlin"))
    slots = holdfast("propose", empty, empty, "--from", "2026-06-01", "--json").json["slots"]
    assert {"breakfast", "coffee"} <= {slot["kind"] for slot in slots}


def test_nothing_free_says_what_would_help(holdfast: Hand, pair: tuple[Path, Path], tmp_path: Path) -> None:
    always = written(tmp_path, "x.ics", calendar(["DTSTART:20200101T000000Z", "DTEND:20300101T000000Z"], zone="UTC"))
    ran = holdfast("propose", pair[0], always, "--from", "2026-06-01")
    assert ran.code == 0
    assert "never free together" in ran.out and "--days" in ran.out and "--minutes" in ran.out
    ran = holdfast("propose", pair[0], always, "--from", "2026-06-01", "--json")
    assert ran.json == {"complete": True, "slots": [], "declined_because": ran.json["declined_because"]}
    assert ran.json["declined_because"]["code"] == "nothing_free"


def test_hours_that_never_meet_are_told_apart(holdfast: Hand, tmp_path: Path) -> None:
    empty = written(tmp_path, "empty.ics", calendar())
    zones = ("--mentor-zone", "Pacific/Honolulu", "--mentee-zone", "Africa/Nairobi")
    ran = holdfast("propose", empty, empty, "--from", "2026-06-01", "--json", *zones)
    assert (ran.code, ran.json["declined_because"]["code"]) == (0, "windows_never_meet")


def test_a_weekend_alone_is_no_reason_to_give_up(holdfast: Hand, tmp_path: Path) -> None:
    empty = written(tmp_path, "empty.ics", calendar(zone="Europe/Berlin"))
    ran = holdfast("propose", empty, empty, "--from", "2026-06-06", "--days", "2")
    assert "A longer horizon would help" in ran.out


def test_a_calendar_without_events_is_pointed_out(holdfast: Hand, pair: tuple[Path, Path], tmp_path: Path) -> None:
    old = written(tmp_path, "old.ics", calendar(["DTSTART:20200101T090000Z", "DTEND:20200101T100000Z"], zone="UTC"))
    assert "old.ics has nothing in that time" in holdfast("propose", pair[0], old, "--from", "2026-06-01").err


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.ics")))
def test_calendars_of_real_programs(holdfast: Hand, name: str) -> None:
    ran = holdfast("propose", DATA / f"{name}.ics", DATA / "google.ics", "--from", "2026-03-23", "--json")
    assert (ran.code, len(ran.json["slots"])) == (0, 5)


def test_the_usual_hours_are_those_of_the_api() -> None:
    assert usual_hours() == read_working_hours(DEFAULT_WORKING_HOURS)


@pytest.mark.parametrize(
    ("head", "events", "zone", "found_in"),
    [
        ("X-WR-TIMEZONE:Europe/Paris", ["DTSTART;TZID=Asia/Tokyo:20260601T090000"], "Europe/Paris", "X-WR-TIMEZONE"),
        ("X-WR-TIMEZONE:Pacific Standard Time", [], "America/Los_Angeles", "X-WR-TIMEZONE"),
        ("X-WR-TIMEZONE:Nowhere/At_All", ["DTSTART;TZID=Asia/Tokyo:20260601T090000"], "Asia/Tokyo", "most of its"),
        (
            "X-A:b",
            ["DTSTART;TZID=Asia/Tokyo:20260601T090000", *["DTSTART;TZID=W. Europe Standard Time:20260601T090000"] * 2],
            "Europe/Berlin",
            "most of its",
        ),
        ("X-A:b", ['DTSTART;TZID="(UTC+01:00) Amsterdam":20260601T090000'], "Europe/Amsterdam", "most of its"),
        ("X-A:b", ["DTSTART;TZID=(UTC+01:00) Amsterdam:20260601T090000"], "Europe/Amsterdam", "most of its"),
        (
            "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nX-LIC-LOCATION:Europe/Oslo\r\nEND:VTIMEZONE",
            ["DTSTART;TZID=Mine:20260601T090000"],
            "Europe/Oslo",
            "most of its",
        ),
        (
            "BEGIN:VTIMEZONE\r\nTZID:Europe/Rome\r\nEND:VTIMEZONE",
            ["DTSTART:20260601T090000Z"],
            "Europe/Rome",
            "VTIMEZONE",
        ),
        ("X-WR-TIMEZONE:Europe\r\n /Vienna", [], "Europe/Vienna", "X-WR-TIMEZONE"),
    ],
)
@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_whose_clock_a_calendar_is_on(head: str, events: list[str], zone: str, found_in: str, ends: str) -> None:
    text = calendar(*([event] for event in events), head=[head]).replace("\r\n", ends)
    hint = zone_hint(text.encode())
    assert hint is not None and hint.zone == zone and found_in in hint.found_in
    ZoneInfo(hint.zone)


@pytest.mark.parametrize("text", ["", "DTSTART:20260601T090000Z", "DTSTART;TZID=Nowhere:20260601T090000"])
def test_no_sign_of_a_clock_is_no_guess(text: str) -> None:
    assert zone_hint(calendar([text]).encode()) is None


def test_the_machines_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name_file, link = written(tmp_path, "timezone", "America/Lima\n"), tmp_path / "localtime"
    nothing = tmp_path / "none"
    assert machine_zone(link, name_file) == "Asia/Tokyo"
    monkeypatch.setenv("TZ", "Not/AZone")
    assert machine_zone(nothing, name_file) == "America/Lima"
    link.symlink_to("/usr/share/zoneinfo/Europe/Lisbon")
    assert machine_zone(link, name_file) in {"Europe/Lisbon", "Portugal"}
    monkeypatch.delenv("TZ")
    assert machine_zone(nothing, nothing) == "UTC"
