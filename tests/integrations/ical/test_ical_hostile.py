"""Calendars that are broken or meant to do harm: refused with a sentence, and soon."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from integrations.ical import method_of, read_calendar
from service.domain.errors import BadCalendar, BadInput
from service.domain.timespan import DAY, Span
from service.ports.calendar import RemoteEvent

START = 1_772_323_200  # 2026-03-01T00:00:00Z
WINDOW = Span(START, START + 400 * DAY)
TIMED = "DTSTART:20260301T100000Z\nDTEND:20260301T110000Z\n"


def calendar(*bodies: str, zones: str = "", head: str = "") -> bytes:
    events = "".join(f"BEGIN:VEVENT\nUID:uid-{at}\n{body.rstrip()}\nEND:VEVENT\n" for at, body in enumerate(bodies))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{zones}{events}END:VCALENDAR\n".encode()


def read(data: bytes) -> list[RemoteEvent]:
    return read_calendar(data, zone="Europe/Amsterdam", window=WINDOW)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\xef\xbb\xbf<html>", "web page"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not an iCalendar file"),
        (b"\x00" * 5000, "not an iCalendar file"),
        (b"DTSTART:20260301\nBEGIN:VCALENDAR\nEND:VCALENDAR", "not an iCalendar file"),
        (b"BEGIN:VCARD\nFN:Ann\nEND:VCARD\n", "not an iCalendar file"),
        (b"BEGIN:VCALENDAR\nVERSION:2.0\n", "cut short"),
        (calendar(TIMED)[:-14], "cut short"),
        (calendar(TIMED)[:-40], "cut short"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n", "damaged"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\nEND:VEVENT\nEND:VCALENDAR", "damaged"),
        (b"BEGIN:VCALENDAR\n" + b"X" * 10_000_000, "larger than 10 MB"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\nEND:X\n" * 50_000, "more than 50,000 components"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VALARM\n" * 60_000, "more than 50,000 components"),
    ],
)
def test_what_is_no_calendar_is_refused_with_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(BadCalendar, match=says) as caught:
        read(data)
    assert caught.value.detail.endswith(".") or "(in " in caught.value.detail


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("SUMMARY:no time", "has no DTSTART"),
        ("DTSTART:20260231T100000Z", "DTSTART"),
        ("DTSTART:tomorrow", "DTSTART"),
        ("DTSTART:PT1H", "DTSTART"),
        ("DTSTART:99991231T235959Z\nDURATION:P9999W", "no calendar can hold"),
        ("DTSTART:20260301T100000Z\nDTEND:20260301T090000Z", "ends before it starts"),
        ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260301", "ends before it starts"),
        ("DTSTART:20260301T100000Z\nDURATION:-PT1H", "runs backwards"),
        ("DTSTART:20260301T100000Z\nDURATION:1 hour", "DURATION"),
        ("DTSTART:20260301T100000Z\nDTSTART:20260302T100000Z", "two different DTSTART"),
        (TIMED + "SEQUENCE:many", "SEQUENCE"),
        (TIMED + "EXDATE:20260399T000000Z", "EXDATE"),
        (TIMED + "RDATE;VALUE=PERIOD:20260310T110000Z/20260310T100000Z", "RDATE"),
        (TIMED + "RECURRENCE-ID:never", "RECURRENCE-ID"),
        (TIMED + "RRULE:daily", "RRULE"),
        (TIMED + "RRULE:FREQ=FORTNIGHTLY", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;INTERVAL=0", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;COUNT=0", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;COUNT=many", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;UNTIL=later", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;UNTIL=20269999", "no calendar can hold|RRULE|UNTIL"),
        (TIMED + "RRULE:FREQ=DAILY;BYMONTH=13", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;BYHOUR=-1", "RRULE"),
        (TIMED + "RRULE:FREQ=MONTHLY;BYSETPOS=0;BYDAY=MO", "RRULE"),
        (TIMED + "RRULE:FREQ=WEEKLY;BYDAY=XX", "RRULE"),
        (TIMED + "RRULE:FREQ=WEEKLY;BYDAY", "RRULE"),
        (TIMED + "RRULE:FREQ=WEEKLY;FREQ=DAILY", "RRULE"),
        (TIMED + "RRULE:FREQ=YEARLY;RSCALE=CHINESE", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;BYEASTER=0", "RRULE"),
        (TIMED + "RRULE:FREQ=DAILY;BYDAY=" + "MO," * 100_000 + "MO", "RRULE of 300,0"),
    ],
)
def test_one_malformed_event_refuses_the_calendar_and_is_named(body: str, says: str) -> None:
    with pytest.raises(BadCalendar, match=says) as caught:
        read(calendar(TIMED, body))
    assert "uid-1" in caught.value.detail


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "Customized Time Zone", "tzone://Microsoft/Custom", "(UTC+01:00) Atlantis", "PST"]
)
def test_a_zone_that_cannot_be_known_refuses_the_calendar_and_is_named(name: str) -> None:
    with pytest.raises(BadCalendar) as caught:
        read(calendar(f'DTSTART;TZID="{name}":20260301T100000'))
    assert name in caught.value.detail and "uid-0" in caught.value.detail


def vtimezone(body: str) -> str:
    return f"BEGIN:VTIMEZONE\nTZID:Own\n{body}END:VTIMEZONE\n"


def standard(extra: str = "") -> str:
    fixed = "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
    return f"BEGIN:STANDARD\n{fixed}{extra}END:STANDARD\n"


@pytest.mark.parametrize(
    "zone",
    [
        "",
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0200\nEND:STANDARD\n",
        "BEGIN:STANDARD\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD\n",
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:later\nTZOFFSETTO:+0200\nEND:STANDARD\n",
        standard("RRULE:FREQ=NEVER\n"),
        standard("RRULE:FREQ=SECONDLY\n"),
        standard() + "END:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Own\n" + standard("RDATE:20200101T000000\n"),
    ],
)
def test_a_vtimezone_that_cannot_be_read_refuses_the_calendar(zone: str) -> None:
    with pytest.raises(BadCalendar):
        read(calendar("DTSTART;TZID=Own:20260301T100000", zones=vtimezone(zone)))
    assert len(read(calendar(TIMED, zones=vtimezone(zone)))) == 1  # nobody uses it: no harm


ENDLESS = [
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=MINUTELY",
    "RRULE:FREQ=SECONDLY;INTERVAL=30",
    "RRULE:FREQ=SECONDLY;COUNT=9000000000",
    "RRULE:FREQ=MINUTELY;BYDAY=MO,TU,WE,TH,FR",
    "RRULE:FREQ=HOURLY;BYMINUTE=0,10,20,30,40,50",
    "RRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
    "RRULE:FREQ=YEARLY;BYDAY=MO,TU;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE=" + ",".join(map(str, range(60))),
    "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=28",
    "RRULE:FREQ=SECONDLY;BYSETPOS=2",
]


@pytest.mark.parametrize("rule", ENDLESS)
@pytest.mark.parametrize("start", ["20260301T100000Z", "19000101T100000Z"])
def test_what_repeats_too_often_is_refused_within_a_second(rule: str, start: str) -> None:
    began = time.perf_counter()
    with pytest.raises(BadCalendar, match="repeats too often"):
        read(calendar(f"DTSTART:{start}\nDURATION:PT1S\n{rule}"))
    assert time.perf_counter() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


QUICK = [
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 1),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1),
    ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,31", 1),
    ("FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12", 1),
    ("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", 1),
    ("FREQ=YEARLY;BYDAY=1MO;BYSETPOS=300", 1),
    ("FREQ=DAILY;BYSETPOS=5", 1),
    ("FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=3;BYSECOND=3;BYSETPOS=2", 1),
    ("FREQ=HOURLY;INTERVAL=2;BYHOUR=1,3", 1),
    ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", 1),
    ("FREQ=YEARLY;INTERVAL=1000000000000", 1),
    ("FREQ=DAILY;INTERVAL=1000000000000000000000", 1),
    ("FREQ=DAILY;COUNT=1000000000000000000000", 400),
    ("FREQ=WEEKLY;COUNT=1000000", 58),
    ("FREQ=DAILY;COUNT=-1", 400),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=1SU;COUNT=3", 2),
]


@pytest.mark.parametrize(("rule", "times"), QUICK)
def test_strange_rules_are_answered_within_a_second(rule: str, times: int) -> None:
    began = time.perf_counter()
    (event,) = read(calendar(f"{TIMED}RRULE:{rule}"))
    assert time.perf_counter() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy
    assert len(event.occurrences) == times


@pytest.mark.parametrize("start", ["00010103T100000Z", "15000101T100000Z", "19000101T100000Z"])
@pytest.mark.parametrize("freq", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_a_start_in_the_far_past_costs_nothing(start: str, freq: str) -> None:
    began = time.perf_counter()
    (event,) = read(calendar(f"DTSTART:{start}\nDURATION:PT1H\nRRULE:FREQ={freq}"))
    assert time.perf_counter() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy
    first = date(int(start[:4]), int(start[4:6]), int(start[6:8]))
    repeats = {
        "DAILY": lambda day: True,
        "WEEKLY": lambda day: day.weekday() == first.weekday(),
        "MONTHLY": lambda day: day.day == first.day,
        "YEARLY": lambda day: (day.month, day.day) == (first.month, first.day),
    }[freq]
    days = [date(2026, 3, 1) + timedelta(days=gone) for gone in range(400)]
    assert [(one.start - START) // DAY for one in event.occurrences] == [
        at for at, day in enumerate(days) if repeats(day)
    ]


def test_many_greedy_events_together_are_refused_within_bounds() -> None:
    body = "DTSTART:19000101T100000Z\nDURATION:PT1M\nRRULE:FREQ=YEARLY;BYDAY=MO;BYWEEKNO=53;COUNT=100000"
    began = time.perf_counter()
    with pytest.raises(BadCalendar, match="repeats too often"):
        read(calendar(*[body] * 3000))
    assert time.perf_counter() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


def test_many_own_zones_are_refused() -> None:
    zones = "".join(vtimezone(standard()).replace("TZID:Own", f"TZID:Own {at}") for at in range(60))
    events = [f"DTSTART;TZID=Own {at}:20260301T100000" for at in range(60)]
    with pytest.raises(BadCalendar, match="more than 50 time zones"):
        read(calendar(*events, zones=zones))


def test_long_lists_of_dates_are_bounded() -> None:
    days = ",".join(["20260301T100000Z"] * 500_000)
    began = time.perf_counter()
    with pytest.raises(BadCalendar):
        read(calendar(f"{TIMED}RDATE:{days}"))
    assert time.perf_counter() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


def test_a_torn_text_line_and_odd_bytes_are_tolerated() -> None:
    data = calendar(TIMED + "DESCRIPTION:first\nsecond line without a fold, 50% & more\n\n= torn ==")
    data = data.replace(b"torn", b"\xff\xfe\x80")
    (event,) = read(data)
    assert len(event.occurrences) == 1


def test_a_torn_attendee_leaves_the_time_taken() -> None:
    (event,) = read(calendar(TIMED + 'ATTENDEE;CN="never closed:mailto:ann@example.org'))
    assert len(event.occurrences) == 1 and event.responses == ()


def test_one_uid_given_to_two_events_blocks_both_times() -> None:
    data = calendar(TIMED, TIMED.replace("20260301", "20260302")).replace(b"uid-1", b"uid-0")
    (event,) = read(data)
    assert len(event.occurrences) == 2


def test_a_newer_sequence_supersedes_the_older_version() -> None:
    data = calendar(TIMED + "SEQUENCE:1", TIMED.replace("20260301", "20260302") + "SEQUENCE:2")
    (event,) = read(data.replace(b"uid-1", b"uid-0"))
    assert [one.start for one in event.occurrences] == [START + DAY + 36_000] and event.sequence == 2


def test_an_event_without_a_uid_is_read_and_named_by_its_times() -> None:
    data = calendar(TIMED, TIMED.replace("20260301", "20260302"))
    data = data.replace(b"UID:uid-0\n", b"").replace(b"UID:uid-1\n", b"")
    first, second = read(data)
    assert first.uid is None and first.remote_id != second.remote_id
    assert [one.remote_id for one in read(data)] == [first.remote_id, second.remote_id]


def test_several_calendar_objects_in_one_stream_are_one_calendar() -> None:
    override = "RECURRENCE-ID:20260302T100000Z\nDTSTART:20260302T120000Z\nDTEND:20260302T130000Z"
    data = calendar(TIMED + "RRULE:FREQ=DAILY;COUNT=2") + calendar(override)
    (event,) = read(data)
    assert [(one.start - START) // 3600 for one in event.occurrences] == [10, 36]


def test_an_empty_calendar_is_free() -> None:
    assert read(calendar()) == []


def test_the_owners_zone_must_be_one() -> None:
    with pytest.raises(BadInput, match="time_zone"):
        read_calendar(calendar(TIMED), zone="Nowhere/Land", window=WINDOW)


@pytest.mark.parametrize(("method", "cancelled"), [("CANCEL", True), ("REQUEST", False), ("REPLY", False)])
def test_messages_about_an_event_tell_their_method(method: str, cancelled: bool) -> None:
    data = calendar(TIMED + "ATTENDEE;PARTSTAT=DECLINED:mailto:Ann@example.org", head=f"METHOD:{method}\n")
    (event,) = read(data)
    assert method_of(data) == method
    assert event.cancelled is cancelled and bool(event.occurrences) is not cancelled
    assert event.responses == (("ann@example.org", "declined"),)


def test_an_answer_need_not_repeat_the_time() -> None:
    (event,) = read(calendar("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example.org", head="METHOD:REPLY\n"))
    assert event.occurrences == () and event.master is None
    assert event.responses == (("ann@example.org", "accepted"),)


def days_of(event: RemoteEvent) -> list[int]:
    return [(one.start - START) // DAY for one in event.occurrences]


def test_a_count_that_runs_out_inside_the_window() -> None:
    gone = (date(2026, 3, 5) - date(2020, 1, 1)).days
    (event,) = read(calendar(f"DTSTART:20200101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT={gone + 1}"))
    assert days_of(event) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("wkst", "expected"), [("MO", [0, 8]), ("SU", [0, 1])])
def test_the_first_day_of_the_week_decides_which_weeks_count(wkst: str, expected: list[int]) -> None:
    # 2015-01-04 is a Sunday, as is 2026-03-01, 582 weeks later: an even number.
    rule = f"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST={wkst};UNTIL=20260314T235959Z"
    (event,) = read(calendar(f"DTSTART:20150104T100000Z\nDURATION:PT1H\nRRULE:{rule}"))
    assert days_of(event) == expected


def test_an_exrule_leaves_times_out() -> None:
    (event,) = read(calendar(TIMED + "RRULE:FREQ=DAILY;COUNT=5\nEXRULE:FREQ=DAILY;INTERVAL=2"))
    assert days_of(event) == [1, 3]


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_newest_override_of_a_time_counts(newest_first: bool) -> None:
    master = TIMED + "RRULE:FREQ=DAILY;COUNT=2"
    override = "RECURRENCE-ID:20260302T100000Z\nDURATION:PT1H\nDTSTART:202603{:02}T100000Z\nSEQUENCE:{}"
    versions = [override.format(9, 1), override.format(10, 2)]
    data = calendar(master, *(reversed(versions) if newest_first else versions))
    (event,) = read(data.replace(b"uid-1", b"uid-0").replace(b"uid-2", b"uid-0"))
    assert days_of(event) == [0, 9]
