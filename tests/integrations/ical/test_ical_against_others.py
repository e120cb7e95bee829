"""Our expansion against another library's, and against counting days on fingers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from integrations.ical import read_calendar
from service.domain.timespan import Span

ZONES = [
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kathmandu",
    "America/Santiago",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
LOW, HIGH = datetime(2023, 6, 1, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC)  # a leap day inside
WINDOW = Span(int(LOW.timestamp()), int(HIGH.timestamp()))


def numbers(low: int, high: int, size: int = 3) -> st.SearchStrategy[str]:
    some = st.lists(st.integers(low, high), min_size=1, max_size=size, unique=True)
    return some.map(lambda found: ",".join(map(str, found)))


def part(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), values.map(lambda value: f";{name}={value}"))


PLAIN_DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True).map(",".join)
NTH_DAYS = st.tuples(st.sampled_from([1, 2, 4, 5, -1, -2]), st.sampled_from(WEEKDAYS)).map(
    lambda pair: f"{pair[0]}{pair[1]}"
)
MONTH_DAYS = st.one_of(numbers(1, 31), numbers(-3, -1))


@st.composite
def rules(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    rule = f"FREQ={freq}"
    rule += draw(part("INTERVAL", st.integers(1, 5).map(str)))
    rule += draw(part("BYMONTH", numbers(1, 12, 6)))
    days = st.one_of(PLAIN_DAYS, NTH_DAYS) if freq in {"MONTHLY", "YEARLY"} else PLAIN_DAYS
    by_day = draw(part("BYDAY", days))
    rule += by_day
    if freq in {"MONTHLY", "DAILY"}:
        rule += draw(part("BYMONTHDAY", MONTH_DAYS))
    if freq == "YEARLY" and not by_day:
        rule += draw(st.one_of(part("BYYEARDAY", numbers(1, 366)), part("BYMONTHDAY", MONTH_DAYS)))
    rule += draw(part("BYHOUR", numbers(0, 23, 2)))
    if by_day and freq in {"MONTHLY", "YEARLY", "WEEKLY"}:
        rule += draw(part("BYSETPOS", st.sampled_from(["1", "-1", "2", "1,-1"])))
    rule += draw(part("WKST", st.sampled_from(WEEKDAYS)))
    ends = [st.just(""), st.integers(1, 60).map(lambda n: f";COUNT={n}")]
    untils = st.datetimes(datetime(2023, 5, 1), datetime(2024, 10, 1)).map(
        lambda at: f";UNTIL={at.replace(microsecond=0):%Y%m%dT%H%M%SZ}"
    )
    return rule + draw(st.one_of(*ends, untils))


@settings(max_examples=150, deadline=None)
@given(
    rule=rules(),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2015, 1, 1), datetime(2024, 6, 1)).map(lambda at: at.replace(microsecond=0)),
    minutes=st.integers(1, 3000),
    left_out=st.integers(0, 3),
)
def test_as_recurring_ical_events_does(rule: str, zone: str, start: datetime, minutes: int, left_out: int) -> None:
    """Starts compare; ends are start plus exact length by definition (the other library moves them with the clock)."""
    body = (
        f"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20200101T000000Z\r\nDTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}\r\n"
        f"DURATION:PT{minutes}M\r\nRRULE:{rule}\r\n"
    )
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}{{}}END:VEVENT\r\nEND:VCALENDAR\r\n"
    theirs = starts_of_the_other(text.format(""))
    if zone == "UTC":
        text = text.replace(";TZID=UTC", "").replace(f"{start:%Y%m%dT%H%M%S}", f"{start:%Y%m%dT%H%M%SZ}")
    ours = starts_of_ours(text.format(""), minutes)
    assert ours == theirs
    gone = sorted(ours)[:left_out]
    lines = "".join(f"EXDATE:{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}\r\n" for at in gone)
    assert starts_of_ours(text.format(lines), minutes) == theirs - set(gone)


def starts_of_ours(text: str, minutes: int) -> set[int]:
    (event,) = read_calendar(text.encode(), zone="Asia/Tokyo", window=WINDOW)
    assert all(one.end - one.start == minutes * 60 for one in event.occurrences)
    inside = {one.start for one in event.occurrences if WINDOW.start <= one.start}
    assert len(inside) == len([one for one in event.occurrences if WINDOW.start <= one.start])
    return inside


def starts_of_the_other(text: str) -> set[int]:
    calendar = Calendar.from_ical(text)
    found = recurring_ical_events.of(calendar).between(LOW - timedelta(days=1), HIGH + timedelta(days=1))
    starts = {int(event["DTSTART"].dt.timestamp()) for event in found}
    return {at for at in starts if WINDOW.start <= at < WINDOW.end}


@settings(max_examples=200, deadline=None)
@given(
    weekly=st.booleans(),
    interval=st.integers(1, 9),
    days=st.sets(st.integers(0, 6), min_size=1),
    zone=st.sampled_from(ZONES),
    first=st.dates(date(1990, 1, 1), date(2024, 6, 1)),
    clock=st.times().map(lambda at: at.replace(microsecond=0)),
    count=st.one_of(st.none(), st.integers(1, 3000)),
    all_day=st.booleans(),
)
def test_as_counting_days_does(
    weekly: bool,
    interval: int,
    days: set[int],
    zone: str,
    first: date,
    clock: time,
    count: int | None,
    all_day: bool,
) -> None:
    if weekly:
        days = days | {first.weekday()}
    rule = f"FREQ={'WEEKLY' if weekly else 'DAILY'};INTERVAL={interval}"
    rule += ";BYDAY=" + ",".join(WEEKDAYS[day] for day in sorted(days)) if weekly else ""
    rule += f";COUNT={count}" if count else ""
    start = f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
    if not all_day:
        start = f"DTSTART;TZID={zone}:{first:%Y%m%d}T{clock:%H%M%S}\r\nDURATION:PT1H"
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n{start}\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    (event,) = read_calendar(text.encode(), zone=zone, window=WINDOW)
    expected = []
    info = ZoneInfo(zone)
    monday = first - timedelta(days=first.weekday())
    number = 0
    for gone in range((HIGH.date() - first).days + 3):
        day = first + timedelta(days=gone)
        weeks = (day - monday).days // 7
        taken = weeks % interval == 0 and day.weekday() in days if weekly else gone % interval == 0
        if not taken:
            continue
        number += 1
        if count and number > count:
            break
        begins = datetime.combine(day, time() if all_day else clock, info)
        at = int(begins.timestamp())
        ends = at + 3600
        if all_day:
            ends = int(datetime.combine(day + timedelta(days=1), time(), info).timestamp())
        if ends > at and ends > WINDOW.start and at < WINDOW.end:
            expected.append((at, ends))
    assert [(one.start, one.end) for one in event.occurrences] == sorted(set(expected))


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(ZONES), at=st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1)))
def test_a_calendars_own_rules_are_followed_as_the_zone_itself(zone: str, at: datetime) -> None:
    """The VTIMEZONE we write, under a name that nobody knows, against the zone database."""
    assume(zone != "UTC")
    from integrations.ical.observances import vtimezone

    at = at.replace(microsecond=0)
    instant = int(at.replace(tzinfo=ZoneInfo(zone)).timestamp())
    component = vtimezone(zone, instant, instant)
    component["TZID"] = "Known to nobody"
    del component["X-LIC-LOCATION"]
    text = (
        b"BEGIN:VCALENDAR\r\n"
        + component.to_ical()
        + f"BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Known to nobody:{at:%Y%m%dT%H%M%S}\r\nDURATION:PT1H\r\n".encode()
        + b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    (event,) = read_calendar(text, zone="UTC", window=Span(instant - 86_400, instant + 86_400))
    assert [one.start for one in event.occurrences] == [instant]
