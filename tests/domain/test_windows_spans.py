"""Where windows lie in time: clocks that change, nights, holidays, and what is kept."""

from __future__ import annotations

import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from slots_reference import at

from service.domain.wall_clock import day_of, instants, local_days
from service.domain.windows import (
    WINDOW_KINDS,
    Timetable,
    WeeklyHours,
    WindowKind,
    window_spans,
)

DAY = 86400
EVERY_DAY = frozenset(range(7))


def only(zone, start, end, *, holidays=None, days=EVERY_DAY):
    """A person with one core window (times as HH:MM)."""
    minutes = [int(each[:2]) * 60 + int(each[3:]) for each in (start, end)]
    off = tuple((kind, None) for kind in (WindowKind.BREAKFAST, WindowKind.LUNCH, WindowKind.COFFEE))
    core = (WeeklyHours(days, *minutes),)
    return Timetable(zone, (), (*off, (WindowKind.CORE, core)), holidays=holidays)


def spans(rules, start, end):
    found = window_spans(rules, at(start), at(end))
    return [tuple(row) for row in np.stack([found.starts, found.ends], axis=1).tolist()]


def local(zone, text):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def test_nine_is_nine_on_the_wall_before_and_after():
    found = spans(only("Europe/Berlin", "09:00", "17:00"), "2026-03-28", "2026-03-30")
    assert found == [
        (at("2026-03-28T08:00"), at("2026-03-28T16:00")),
        (at("2026-03-29T07:00"), at("2026-03-29T15:00")),
    ]


def test_a_start_in_the_gap_is_the_end_of_the_gap():
    assert spans(only("Europe/Berlin", "02:30", "05:00"), "2026-03-29", "2026-03-29T12:00") == [
        (at("2026-03-29T01:00"), at("2026-03-29T03:00"))
    ]


def test_a_window_inside_the_gap_is_not_there():
    assert spans(only("Europe/Berlin", "02:00", "03:00"), "2026-03-29", "2026-03-29T12:00") == []


def test_a_window_around_the_repeated_hour_is_whole_and_longer():
    assert spans(only("Europe/Berlin", "01:00", "05:00"), "2026-10-25", "2026-10-25T12:00") == [
        (at("2026-10-24T23:00"), at("2026-10-25T04:00"))
    ]


def test_a_window_that_begins_in_the_repeated_hour_comes_in_two_parts():
    assert spans(only("Europe/Berlin", "02:30", "05:00"), "2026-10-25", "2026-10-25T12:00") == [
        (at("2026-10-25T00:30"), at("2026-10-25T01:00")),
        (at("2026-10-25T01:30"), at("2026-10-25T04:00")),
    ]


def test_half_an_hour_of_daylight_saving():
    found = spans(only("Australia/Lord_Howe", "09:00", "10:00"), "2026-04-03T12:00", "2026-04-05")
    assert [end - start for start, end in found] == [3600, 3600]
    assert found[1][0] - found[0][0] == DAY + 1800


def test_past_midnight():
    found = spans(only("America/New_York", "22:00", "02:00", days=frozenset({4})), "2026-06-05", "2026-06-08")
    assert found == [(at("2026-06-06T02:00"), at("2026-06-06T06:00"))]


def test_until_midnight_sharp():
    assert spans(only("UTC", "22:00", "24:00"), "2026-06-05", "2026-06-06") == [
        (at("2026-06-05T22:00"), at("2026-06-06"))
    ]
    assert spans(only("UTC", "22:00", "00:00"), "2026-06-05", "2026-06-06") == [
        (at("2026-06-05T22:00"), at("2026-06-06"))
    ]


def test_nothing_is_left_of_a_holiday():
    rules = only("America/New_York", "20:00", "03:00", holidays="US")
    zone = "America/New_York"
    # 24 December ends at midnight; the window of the 25th, which would reach into the 26th, is off.
    assert spans(rules, "2026-12-24T12:00", "2026-12-26T20:00") == [
        (local(zone, "2026-12-24T20:00"), local(zone, "2026-12-25T00:00"))
    ]


def test_a_holiday_of_a_part_of_the_country():
    day = ("2026-02-12T12:00", "2026-02-13")  # Lincoln's birthday
    assert spans(only("America/New_York", "09:00", "12:00", holidays="US"), *day)
    assert not spans(only("America/New_York", "09:00", "12:00", holidays="US-NY"), *day)


def test_new_year_is_looked_up_in_both_years():
    found = spans(only("UTC", "09:00", "10:00", holidays="US"), "2026-12-31", "2027-01-03")
    assert found == [
        (at("2026-12-31T09:00"), at("2026-12-31T10:00")),
        (at("2027-01-02T09:00"), at("2027-01-02T10:00")),
    ]


def test_a_date_that_did_not_exist():
    assert spans(only("Pacific/Apia", "09:00", "10:00"), "2011-12-29T12:00", "2011-12-31T12:00") == [
        (at("2011-12-29T19:00"), at("2011-12-29T20:00")),
        (at("2011-12-30T19:00"), at("2011-12-30T20:00")),
    ]
    days = local_days("Pacific/Apia", at("2011-12-29") // DAY, at("2011-12-31") // DAY)
    assert np.diff(days).tolist() == [DAY, DAY]


def test_all_kinds_with_their_codes():
    rules = Timetable("UTC", (WeeklyHours(EVERY_DAY, 540, 1020),))
    found = window_spans(rules, at("2026-06-10"), at("2026-06-11"))
    kinds = [WINDOW_KINDS[code] for code in found.codes.tolist()]
    assert kinds == [WindowKind.BREAKFAST, WindowKind.CORE, WindowKind.LUNCH, WindowKind.COFFEE]
    assert ((found.starts - at("2026-06-10")) // 60).tolist() == [450, 540, 720, 1020]


def test_windows_at_the_rim_are_whole_and_none_lies_outside():
    rules = only("UTC", "09:00", "17:00")
    assert spans(rules, "2026-06-10T12:00", "2026-06-11T09:00") == [(at("2026-06-10T09:00"), at("2026-06-10T17:00"))]
    assert spans(rules, "2026-06-10T17:00", "2026-06-11T09:00") == []


def test_nobody_can_write_on_what_is_shared():
    found = window_spans(only("UTC", "09:00", "17:00"), at("2026-06-10"), at("2026-06-12"))
    for array in (found.starts, found.ends, found.codes, local_days("UTC", 0, 1)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_nothing_from_nothing():
    none = np.empty(0, np.int64)
    assert instants("UTC", none, none)[0].size == 0
    assert day_of("UTC", none).size == 0
    assert spans(Timetable("UTC", ()), "2026-06-10", "2026-06-20") == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago", "Asia/Kathmandu"])
def test_day_of_tells_local_days_apart(zone):
    hours = np.arange(at("2026-04-03"), at("2026-04-08"), 1800)
    dates = [datetime.fromtimestamp(hour, ZoneInfo(zone)).date() for hour in hours.tolist()]
    numbers = day_of(zone, hours).tolist()
    assert [a == b for a, b in itertools.pairwise(numbers)] == [a == b for a, b in itertools.pairwise(dates)]
    assert numbers == sorted(numbers)
