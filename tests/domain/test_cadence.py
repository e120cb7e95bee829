"""A cadence is what people mean by it: the same time on their own clock, weeks or months on."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.cadence import MOST, Cadence, days_between
from service.domain.errors import BadInput
from service.domain.pair import CadenceUnit
from service.domain.timespan import DAY, HOUR, epoch, local

WEEKLY = Cadence(1, CadenceUnit.WEEK)
MONTHLY = Cadence(1, CadenceUnit.MONTH)
BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC")


def at(text: str, zone: str = BERLIN) -> int:
    return epoch(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def wall(instant: int, zone: str = BERLIN) -> str:
    return local(instant, zone).strftime("%Y-%m-%d %H:%M")


cadences = st.builds(Cadence, st.integers(1, MOST), st.sampled_from(CadenceUnit))
instants = st.integers(at("2015-01-01", "UTC"), at("2035-01-01", "UTC"))
zones = st.sampled_from(ZONES)


@pytest.mark.parametrize("every", [0, -1, 53])
def test_a_cadence_outside_1_to_52_is_refused_by_field(every):
    with pytest.raises(BadInput) as refused:
        Cadence(every, CadenceUnit.WEEK)
    assert [problem.field for problem in refused.value.fields] == ["cadence.every"]


@pytest.mark.parametrize(
    ("every", "unit", "days"),
    [
        (1, CadenceUnit.WEEK, 7),
        (52, CadenceUnit.WEEK, 364),
        (1, CadenceUnit.MONTH, 30),
        (2, CadenceUnit.MONTH, 61),
        (12, CadenceUnit.MONTH, 365),
    ],
)
def test_nominal_days(every, unit, days):
    assert Cadence(every, unit).days == days


@pytest.mark.parametrize(
    ("cadence", "last", "due"),
    [
        (WEEKLY, "2026-03-23 09:00", "2026-03-30 09:00"),  # the clocks go forward in between
        (WEEKLY, "2026-10-19 09:00", "2026-10-26 09:00"),  # and back
        (WEEKLY, "2026-03-22 02:30", "2026-03-29 03:30"),  # a time that is skipped comes out later
        (MONTHLY, "2026-01-31 17:30", "2026-02-28 17:30"),
        (MONTHLY, "2028-01-31 17:30", "2028-02-29 17:30"),  # a leap year
        (MONTHLY, "2026-02-28 17:30", "2026-03-28 17:30"),
        (MONTHLY, "2026-12-15 08:00", "2027-01-15 08:00"),
        (Cadence(2, CadenceUnit.MONTH), "2026-01-29 02:30", "2026-03-29 03:30"),  # skipped here too
        (Cadence(12, CadenceUnit.MONTH), "2028-02-29 08:00", "2029-02-28 08:00"),
        (Cadence(11, CadenceUnit.MONTH), "2026-01-31 08:00", "2026-12-31 08:00"),
    ],
)
def test_next_due_on_the_wall_clock(cadence, last, due):
    assert wall(cadence.next_due(at(last), BERLIN)) == due


def test_of_an_hour_that_comes_twice_the_first_is_due():
    first = epoch(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert WEEKLY.next_due(at("2026-10-18 02:30"), BERLIN) == first
    assert MONTHLY.next_due(at("2026-09-25 02:30"), BERLIN) == first
    again = first + HOUR  # 02:30 for the second time: a month on there is only one
    assert wall(MONTHLY.next_due(again, BERLIN)) == "2026-11-25 02:30"


def test_a_week_over_a_clock_change_is_not_seven_times_24_hours():
    spring = at("2026-03-23 09:00")
    autumn = at("2026-10-19 09:00")
    assert WEEKLY.next_due(spring, BERLIN) - spring == 7 * DAY - HOUR
    assert WEEKLY.next_due(autumn, BERLIN) - autumn == 7 * DAY + HOUR


def test_the_zone_decides_which_day_it_is():
    late = at("2026-01-31 23:30", "UTC")  # already February in Berlin
    assert wall(MONTHLY.next_due(late, "UTC"), "UTC") == "2026-02-28 23:30"
    assert wall(MONTHLY.next_due(late, BERLIN), BERLIN) == "2026-03-01 00:30"


def test_two_months_at_once_keep_the_day_that_one_by_one_would_lose():
    january = at("2026-01-31 09:00")
    assert wall(MONTHLY.next_due(january, BERLIN, times=2)) == "2026-03-31 09:00"


@given(cadences, instants, zones)
@example(MONTHLY, at("2024-01-31", "UTC"), "UTC")
def test_next_due_matches_a_calendar_stepped_day_by_day(cadence, last, zone):
    due = cadence.next_due(last, zone)
    before, after = local(last, zone).replace(tzinfo=None), local(due, zone).replace(tzinfo=None)
    if cadence.unit is CadenceUnit.WEEK:
        day = before.date() + timedelta(days=7 * cadence.every)
    else:
        day = before.date().replace(day=1)
        for _ in range(cadence.every):  # the first of the next month, again and again
            day = (day + timedelta(days=31)).replace(day=1)
        month = day.month
        for _ in range(before.day - 1):
            if (day + timedelta(days=1)).month == month:
                day += timedelta(days=1)
    assert due > last
    skipped = after - datetime.combine(day, before.time().replace(fold=0))
    assert timedelta(0) <= skipped <= timedelta(hours=1)
    if skipped:  # only where the wall time does not exist: a trip through UTC does not lead back to it
        wanted = datetime.combine(day, before.time()).replace(tzinfo=ZoneInfo(zone))
        assert wanted.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wanted.replace(tzinfo=None)


@given(cadences, instants, zones, st.integers(0, 200 * DAY))
def test_overdue_never_with_a_meeting_ahead_and_never_shrinking(cadence, last, zone, later):
    due = cadence.next_due(last, zone)
    assert cadence.overdue_days(due + later, last, True, zone) == 0
    assert cadence.overdue_days(due - later, last, False, zone) == 0
    days = cadence.overdue_days(due + later, last, False, zone)
    assert abs(days - later / DAY) <= 1 + 1 / 24
    assert cadence.overdue_days(due + later + DAY + HOUR, last, False, zone) >= days


def test_overdue_counts_whole_days_of_the_wall_clock():
    last = at("2026-03-20 09:00")  # due on Friday the 27th; the night to Sunday has 23 hours
    for now, days in [
        ("2026-03-27 09:00", 0),
        ("2026-03-28 08:59", 0),
        ("2026-03-28 09:00", 1),
        ("2026-03-29 08:59", 1),
        ("2026-03-29 09:00", 2),
    ]:
        assert WEEKLY.overdue_days(at(now), last, False, BERLIN) == days, now


def test_the_hour_that_comes_twice_is_not_a_negative_day():
    last = at("2026-10-18 02:45")
    second_time_round = epoch(datetime(2026, 10, 25, 1, 10, tzinfo=UTC))  # 02:10 again, after 02:45
    assert WEEKLY.next_due(last, BERLIN) < second_time_round
    assert WEEKLY.overdue_days(second_time_round, last, False, BERLIN) == 0


def test_days_between_the_same_time_of_day_are_whole():
    assert days_between(at("2026-10-24 09:00"), at("2026-10-26 09:00"), BERLIN) == 2
    assert days_between(at("2026-10-24 09:00"), at("2026-10-26 08:59"), BERLIN) == 1
