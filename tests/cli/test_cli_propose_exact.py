"""The whole way from two .ics files to slots, against another library's expansion and a look at every minute."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from cli_hand import calendar, written
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.cli import run
from service.cli.propose import search_from, two_parties
from service.domain.slots import find
from service.domain.week import WeeklyHours
from service.wiring_files import open_calendar

sys.path.insert(0, str(Path(__file__).parent.parent / "domain"))

import slots_reference

DAYS = 5
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
# Thursdays before the Sunday on which clocks change in Berlin (both ways), New York and Lord Howe Island, and a Monday.
FIRST_DAYS = [date(2026, 3, 26), date(2026, 10, 22), date(2026, 3, 5), date(2026, 4, 2), date(2026, 6, 1)]
WEEK = frozenset(range(5))
USUAL = {
    "breakfast": (WeeklyHours(WEEK, 450, 540),),
    "core": (WeeklyHours(WEEK, 540, 1020),),
    "lunch": (WeeklyHours(WEEK, 720, 780),),
    "coffee": (WeeklyHours(WEEK, 1020, 1110),),
}
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


@st.composite
def timed(draw: st.DrawFn, first: date, number: int) -> list[list[str]]:
    """A timed event, perhaps repeating, perhaps with exceptions; one VEVENT or two of one UID."""
    zone = draw(st.sampled_from([*ZONES, "UTC", None]))
    ahead = draw(st.integers(-7, DAYS))
    quarter = draw(st.one_of(st.integers(24, 76), st.integers(0, 95)))
    start = datetime(first.year, first.month, first.day) + timedelta(days=ahead, minutes=15 * quarter)
    minutes = draw(st.sampled_from([15, 45, 60, 150, 600]))
    tzid = f";TZID={zone}" if zone not in {None, "UTC"} else ""
    tail = "Z" if zone == "UTC" else ""
    uid = f"UID:timed-{number}@example.org"
    lines = [uid, f"DTSTART{tzid}:{stamp(start)}{tail}"]
    if draw(st.booleans()):
        lines.append(f"DTEND{tzid}:{stamp(start + timedelta(minutes=minutes))}{tail}")
    else:
        lines.append(f"DURATION:PT{minutes}M")
    lines += draw(st.sampled_from([[], [], [], ["TRANSP:TRANSPARENT"], ["STATUS:CANCELLED"], ["STATUS:TENTATIVE"]]))
    if not draw(st.booleans()):
        return [lines]
    step = draw(st.integers(1, 3))
    rule, every = draw(
        st.sampled_from(
            [
                (f"FREQ=DAILY;INTERVAL={step}", timedelta(days=step)),
                (f"FREQ=WEEKLY;BYDAY={WEEKDAYS[start.weekday()]}", timedelta(weeks=1)),
                (f"FREQ=WEEKLY;INTERVAL={step}", timedelta(weeks=step)),
            ]
        )
    )
    bound = draw(st.sampled_from(["", f";COUNT={draw(st.integers(1, 12))}"]))
    lines.append(f"RRULE:{rule}{bound}")
    instances = [start + n * every for n in range(1, 8)]
    for gone in draw(st.lists(st.sampled_from(instances), max_size=2, unique=True)):
        lines.append(f"EXDATE{tzid}:{stamp(gone)}{tail}")
    if bound or not draw(st.booleans()):
        return [lines]
    moved = draw(st.sampled_from(instances))
    if f"EXDATE{tzid}:{stamp(moved)}{tail}" in lines or "STATUS:CANCELLED" in lines:
        return [lines]
    to = moved + timedelta(minutes=15 * draw(st.integers(-20, 20)))
    override = [
        uid,
        f"RECURRENCE-ID{tzid}:{stamp(moved)}{tail}",
        f"DTSTART{tzid}:{stamp(to)}{tail}",
        "DURATION:PT1H",
        *draw(st.sampled_from([[], ["STATUS:CANCELLED"]])),
    ]
    return [lines, override]


@st.composite
def all_day(draw: st.DrawFn, first: date, number: int) -> list[list[str]]:
    start = first + timedelta(days=draw(st.integers(-5, DAYS)))
    days = draw(st.integers(1, 2))
    lines = [f"UID:day-{number}@example.org", f"DTSTART;VALUE=DATE:{start:%Y%m%d}"]
    lines.append(f"DTEND;VALUE=DATE:{start + timedelta(days=days):%Y%m%d}")
    lines += draw(
        st.sampled_from([[], [], ["TRANSP:TRANSPARENT"], ["RRULE:FREQ=WEEKLY"], ["RRULE:FREQ=DAILY;COUNT=3"]])
    )
    return [lines]


@st.composite
def cases(draw: st.DrawFn) -> tuple[date, int, list[tuple[str, str]]]:
    """A first day, the minutes of the meeting, and for each person a zone and a calendar."""
    first = draw(st.sampled_from(FIRST_DAYS))
    people = []
    for _ in range(2):
        vevents: list[list[str]] = []
        for number in range(draw(st.integers(0, 5))):
            vevents += draw(st.one_of(timed(first, number), timed(first, number), all_day(first, number)))
        people.append((draw(st.sampled_from(ZONES)), calendar(*vevents)))
    return first, draw(st.sampled_from([15, 60, 90])), people


def taken(text: str, zone: str, start: int, end: int) -> list[tuple[int, int]]:
    """What takes time in ``[start, end)``, by recurring-ical-events."""
    cal = icalendar.Calendar.from_ical(text)
    as_written = {which(event, zone): event for event in cal.walk("VEVENT")}
    edges = (datetime.fromtimestamp(at, UTC) for at in (start - 2 * 86400, end + 2 * 86400))
    found = []
    for event in recurring_ical_events.of(cal).between(*edges):
        if event.get("STATUS") == "CANCELLED" or event.get("TRANSP") == "TRANSPARENT":
            continue
        # The library adds lengths on the wall; what counts is the length as it was written.
        source = as_written.get(which(event, zone)) or as_written[str(event["UID"]), None]
        begin, length = event.decoded("DTSTART"), exact_length(source, zone)
        if isinstance(begin, datetime):
            at = instant(begin, zone)
            found.append((at, at + length))
        else:
            found.append((midnight(begin, zone), midnight(begin + timedelta(seconds=length), zone)))
    return [(a, b) for a, b in found if b > start and a < end]


def which(event: Any, zone: str) -> tuple[str, int | None]:
    """UID and the instant that an override stands for."""
    replaced = event.decoded("RECURRENCE-ID") if "RECURRENCE-ID" in event else None
    return str(event["UID"]), instant(replaced, zone) if isinstance(replaced, datetime) else None


def exact_length(event: Any, zone: str) -> int:
    """Seconds."""
    if "DURATION" in event:
        return int(event.decoded("DURATION").total_seconds())
    begin = event.decoded("DTSTART")
    end = event.decoded("DTEND") if "DTEND" in event else begin + timedelta(days=1)
    if isinstance(begin, datetime):
        return instant(end, zone) - instant(begin, zone)
    return int((end - begin).total_seconds())


def instant(at: datetime, zone: str) -> int:
    return int((at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).timestamp())


def midnight(day: date, zone: str) -> int:
    return instant(datetime(day.year, day.month, day.day), zone)


def proposed(paths: list[Path], zones: list[str], first: date, minutes: int) -> list[dict[str, Any]]:
    """What the command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run(
            [
                *("propose", *map(str, paths), "--mentor-zone", zones[0], "--mentee-zone", zones[1], "--json"),
                *("--from", first.isoformat(), "--days", str(DAYS), "--minutes", str(minutes), "--limit", "20"),
            ]
        )
    assert code == 0
    slots: list[dict[str, Any]] = json.loads(out.getvalue())["slots"]
    return slots


def daily(*more: str, start: str = "20260320T070000", length: str = "PT11H45M") -> list[str]:
    """Busy all of every working day in Berlin, but for what ``more`` says."""
    return [
        "UID:daily@example.org",
        f"DTSTART;TZID=Europe/Berlin:{start}",
        f"DURATION:{length}",
        "RRULE:FREQ=DAILY",
        *more,
    ]


MONDAY_OFF = calendar(daily("EXDATE;TZID=Europe/Berlin:20260330T070000"))
FRIDAY_LATER = calendar(
    daily(),
    [
        "UID:daily@example.org",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260327T070000",
        "DTSTART;TZID=Europe/Berlin:20260327T120000",
        "DURATION:PT10H",
    ],
)
FRIDAY_FREE = calendar(
    daily(),
    [
        "UID:daily@example.org",
        "RECURRENCE-ID:20260327T060000Z",
        "DTSTART:20260327T060000Z",
        "DURATION:PT10H",
        "STATUS:CANCELLED",
    ],
)
NIGHTS = calendar(daily(start="20260320T170000", length="PT15H"))
HOLIDAYS = calendar(["DTSTART;VALUE=DATE:20260327", "DTEND;VALUE=DATE:20260331"], ["DTSTART;VALUE=DATE:20260326"])
EMPTY = calendar()


@settings(max_examples=30)
@given(cases())
@example((date(2026, 3, 26), 60, [("Europe/Berlin", MONDAY_OFF), ("Europe/Berlin", EMPTY)]))
@example((date(2026, 3, 26), 60, [("Europe/Berlin", EMPTY), ("Asia/Kolkata", FRIDAY_LATER)]))
@example((date(2026, 3, 26), 60, [("Europe/Berlin", FRIDAY_FREE), ("America/New_York", EMPTY)]))
@example((date(2026, 3, 26), 60, [("Europe/Berlin", NIGHTS), ("America/New_York", NIGHTS)]))
@example((date(2026, 3, 26), 90, [("Australia/Lord_Howe", HOLIDAYS), ("Asia/Kolkata", HOLIDAYS)]))
def test_every_slot_is_free_and_every_free_start_is_a_candidate(
    case: tuple[date, int, list[tuple[str, str]]],
) -> None:
    first, minutes, people = case
    zones = [zone for zone, _ in people]
    search = search_from(first.isoformat(), zones[0], minutes=minutes, days=DAYS)
    with tempfile.TemporaryDirectory() as folder:
        paths = [written(Path(folder), f"{at}.ics", text) for at, (_, text) in enumerate(people)]
        files = [open_calendar(str(path), None) for path in paths]
        with contextlib.redirect_stderr(io.StringIO()):
            candidates = find(
                two_parties(files, zones, search),
                duration=search.duration,
                not_before=search.not_before,
                until=search.until,
            )
        slots = proposed(paths, zones, first, minutes)
    truth = dict(
        slots_reference.find(
            [
                (zone, USUAL, frozenset(), taken(text, zone, search.not_before, search.until), 0, None)
                for zone, text in people
            ],
            duration=search.duration,
            not_before=search.not_before,
            until=search.until,
            step=900,
        )
    )
    assert candidates.starts.tolist() == sorted(truth)
    assert bool(slots) == bool(truth)
    for slot in slots:
        start, end = (int(datetime.fromisoformat(slot[edge]).timestamp()) for edge in ("start", "end"))
        assert end - start == search.duration
        assert slot["kind"] in truth[start]
