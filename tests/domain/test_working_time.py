"""Deadlines in somebody's working time: checked by walking the hours one by one, and told on single days."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.busy import Busy, BusyKind
from service.domain.timespan import DAY, HOUR, local
from service.domain.week import WeeklyHours
from service.domain.windows import Timetable, WindowKind
from service.domain.working_time import LOOK_AHEAD, deadline, next_working_moment, working_spans

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
OFFICE = (WeeklyHours(frozenset(range(5)), 9 * 60, 17 * 60),)
ADA = Timetable(BERLIN, OFFICE, holidays="DE-BE")
AWAY = BusyKind.OUT_OF_OFFICE


def at(text, zone=BERLIN):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def away(first, last, zone=BERLIN):
    """Out of office from one midnight to another."""
    return Busy.of([(at(first, zone), at(last, zone), AWAY)])


NOBODY = Busy.empty()


def ends(now, hours=48, who=ADA, busy=NOBODY):
    return local(deadline(who, busy, at(now), hours * HOUR), who.zone).strftime("%a %Y-%m-%d %H:%M")


def test_two_days_in_the_week_are_two_days():
    assert ends("2026-06-01T10:00") == "Wed 2026-06-03 10:00"


def test_a_weekend_does_not_count():
    assert ends("2026-06-04T15:00") == "Mon 2026-06-08 15:00"
    assert ends("2026-06-06T15:00") == "Wed 2026-06-10 10:00", "midnight: on into the first working hour"


def test_a_deadline_at_night_goes_on_to_a_working_hour():
    assert ends("2026-06-01T20:00") == "Thu 2026-06-04 10:00"
    assert ends("2026-06-01T07:00") == "Wed 2026-06-03 10:00"


def test_holidays_and_days_away_do_not_count():
    assert ends("2026-05-29T12:00") == "Tue 2026-06-02 12:00"
    assert ends("2026-05-22T12:00") == "Wed 2026-05-27 12:00", "Whit Monday between"
    assert ends("2026-06-01T12:00", busy=away("2026-06-02", "2026-06-05")) == "Mon 2026-06-08 12:00"


def test_part_of_a_day_away_counts_and_so_does_being_merely_busy():
    morning = Busy.of([(at("2026-06-02T08:00"), at("2026-06-02T12:00"), AWAY)])
    assert ends("2026-06-01T10:00", busy=morning) == "Wed 2026-06-03 10:00"
    full = Busy.of([(at("2026-06-02T00:00"), at("2026-06-03T00:00"), BusyKind.BUSY)])
    assert ends("2026-06-01T10:00", busy=full) == "Wed 2026-06-03 10:00"


def test_an_absence_in_pieces_is_an_absence():
    pieces = Busy.of(
        [(at("2026-06-02T08:00"), at("2026-06-02T13:00"), AWAY), (at("2026-06-02T13:00"), at("2026-06-02T18:00"), AWAY)]
    )
    assert ends("2026-06-01T10:00", busy=pieces) == "Thu 2026-06-04 10:00"


def test_working_hours_are_theirs_whatever_their_windows():
    switched_off = Timetable(BERLIN, OFFICE, windows=((WindowKind.CORE, None), (WindowKind.LUNCH, None)))
    assert ends("2026-06-01T10:00", who=switched_off) == "Wed 2026-06-03 10:00"


def test_over_the_change_of_clocks_a_day_is_as_long_as_it_is():
    who = Timetable(BERLIN, (WeeklyHours(frozenset(range(7)), 9 * 60, 17 * 60),))
    assert ends("2026-03-28T12:00", hours=24, who=who) == "Sun 2026-03-29 13:00", "the night had 23 hours"


def test_without_working_hours_or_away_for_long_it_is_the_clock():
    now = at("2026-06-01T10:00")
    assert deadline(Timetable(BERLIN, ()), NOBODY, now, 48 * HOUR) == now + 48 * HOUR
    gone = Busy.of([(now - DAY, now + LOOK_AHEAD + 30 * DAY, AWAY)])
    assert deadline(ADA, gone, now, 48 * HOUR) == now + 48 * HOUR
    assert next_working_moment(ADA, gone, now) is None


def test_the_next_working_moment():
    assert next_working_moment(ADA, NOBODY, at("2026-06-01T10:00")) == at("2026-06-01T10:00")
    assert next_working_moment(ADA, NOBODY, at("2026-06-01T17:00")) == at("2026-06-02T09:00")
    assert next_working_moment(ADA, NOBODY, at("2026-06-05T18:00")) == at("2026-06-08T09:00")
    assert next_working_moment(ADA, away("2026-06-02", "2026-06-09"), at("2026-06-01T18:00")) == at("2026-06-09T09:00")


def test_a_night_shift_is_working_time():
    nights = Timetable(BERLIN, (WeeklyHours(frozenset(range(5)), 22 * 60, 6 * 60),))
    assert next_working_moment(nights, NOBODY, at("2026-06-02T03:00")) == at("2026-06-02T03:00")
    assert ends("2026-06-01T23:00", who=nights) == "Wed 2026-06-03 23:00"


def by_walking(who, busy, now, hours):
    """The same, a quarter of an hour at a time."""
    spans = working_spans(who, busy, now - DAY, now + LOOK_AHEAD)
    days = {local(a, who.zone).date() for a, _ in spans}
    quarters, t = hours * 4, now
    while quarters:
        if t > now + LOOK_AHEAD:
            return now + hours * HOUR
        quarters -= local(t, who.zone).date() in days
        t += 900
    if any(a < t <= b for a, b in spans):
        return t
    after = [(a, b) for a, b in spans if a >= t]
    return min(after[0][0] + HOUR, after[0][1]) if after else t


hours_of_day = st.sampled_from(
    [OFFICE, (WeeklyHours(frozenset({1, 3}), 600, 900),), (WeeklyHours(frozenset({0, 2, 6}), 1320, 300),), ()]
)


@settings(max_examples=80, deadline=None)
@given(
    hours_of_day,
    st.sampled_from([BERLIN, NEW_YORK, "Asia/Kolkata"]),
    st.integers(0, 365 * 96),
    st.integers(1, 72),
    st.lists(st.tuples(st.integers(-2, 20), st.integers(1, 6)), max_size=3),
)
def test_it_is_what_a_walk_through_the_hours_gives(blocks, zone, quarter, hours, absences):
    now = at("2026-01-01T00:00", "UTC") + quarter * 900
    midnight = local(now, zone).replace(hour=0, minute=0, second=0, tzinfo=None)
    busy = Busy.of(
        (
            int((midnight + timedelta(days=first)).replace(tzinfo=ZoneInfo(zone)).timestamp()),
            int((midnight + timedelta(days=first + count)).replace(tzinfo=ZoneInfo(zone)).timestamp()),
            AWAY,
        )
        for first, count in absences
    )
    who = Timetable(zone, blocks)
    assert deadline(who, busy, now, hours * HOUR) == by_walking(who, busy, now, hours)
