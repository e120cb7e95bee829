"""Looks: the hours of local days are exact on every clock, what is not known is neither free nor taken, old days fall out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from churn_maker import MONDAY, Life, day_number, wall
from hypothesis import given
from hypothesis import strategies as st

from service.domain.busy import KINDS, Busy, BusyKind
from service.domain.churn import LEADS, NO_LOOKS, Looks, Sight, hours_of, look
from service.domain.churn.looks import KEEP_DAYS, OVER, SEEN, forget_unsettled, next_look, today
from service.domain.timespan import DAY, HOUR, MINUTE, epoch

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "Australia/Lord_Howe",
         "America/St_Johns", "Africa/Casablanca")  # fmt: skip
# Around both changes of the clocks of most of these, and a plain week.
DATES = st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5),
                         date(2026, 9, 27), date(2026, 6, 10), date(2026, 2, 15)]).flatmap(
    lambda day: st.integers(-1, 1).map(lambda n: day + timedelta(days=n)))  # fmt: skip
FAR = 1 << 40
BUSY, AWAY = BusyKind.BUSY, BusyKind.OUT_OF_OFFICE
_APRIL = date(2026, 4, 15)

intervals = st.lists(
    st.tuples(st.integers(-20, 260), st.sampled_from([1, 3, 7, 12, 110]), st.sampled_from(list(KINDS))), max_size=12
)  # in quarters of a quarter hour's multiples: see ``busy_around``


def busy_around(day: date, items: list[tuple[int, int, BusyKind]]) -> Busy:
    begin = epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))) - 12 * HOUR
    return Busy.of((begin + q * 15 * MINUTE, begin + (q + n) * 15 * MINUTE, kind) for q, n, kind in items)


def by_hand(zone: str, day: date, busy: Busy, after: int, until: int) -> tuple[list[bool], list[bool]]:
    """Quarter by quarter on the clock: what each reading of the hour is."""
    first = epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))) - 15 * HOUR
    known, taken, there = [True] * 24, [False] * 24, [False] * 24
    starts: dict[int, list[int]] = {}
    for at in range(first, first + 60 * HOUR, 15 * MINUTE):
        reading = datetime.fromtimestamp(at, ZoneInfo(zone))
        if reading.date() != day:
            continue
        hour = reading.hour
        there[hour] = True
        starts.setdefault(hour, []).append(at)
        for start, end, code in zip(busy.starts, busy.ends, busy.codes, strict=True):
            if start < at + 15 * MINUTE and end > at:
                if KINDS[code] is AWAY or end - start >= 20 * HOUR:
                    known[hour] = False
                else:
                    taken[hour] = True
    for hour in range(24):
        quarters = starts.get(hour, [])
        if not there[hour] or any(at + 15 * MINUTE > until for at in quarters) or (quarters and min(quarters) <= after):
            known[hour] = False
    return known, [t and k for t, k in zip(taken, known, strict=True)]


@given(st.sampled_from(ZONES), DATES, intervals, st.integers(-40, 200), st.integers(100, 320))
def test_hours_equal_reading_the_clock_quarter_by_quarter(
    zone: str, day: date, items: list[tuple[int, int, BusyKind]], after: int, until: int
) -> None:
    busy = busy_around(day, items)
    begin = epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))) - 12 * HOUR
    limits = begin + after * 15 * MINUTE, begin + until * 15 * MINUTE
    found = hours_of(zone, np.array([day_number(day)]), busy, after=limits[0], until=limits[1])
    known, taken = by_hand(zone, day, busy, *limits)
    assert found.known[0].tolist() == known
    assert found.taken[0].tolist() == taken


def test_an_hour_that_comes_twice_is_one_and_one_left_out_is_not_known() -> None:
    spring, autumn = day_number(date(2026, 3, 29)), day_number(date(2026, 10, 25))
    second = epoch(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1))
    busy = Busy.of([(second, second + 15 * MINUTE, BUSY)])
    found = hours_of("Europe/Berlin", np.array([spring, autumn]), busy, after=0, until=FAR)
    assert np.flatnonzero(~found.known[0]).tolist() == [2]
    assert found.known[1].all()
    assert np.flatnonzero(found.taken[1]).tolist() == [2]


@st.composite
def some_looks(draw: st.DrawFn) -> Looks:
    days = sorted(draw(st.sets(st.integers(-5, 40000), max_size=20)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    known = rng.random((len(days), SEEN, 24)) < 0.7
    return Looks(np.array(days, np.int64), known, known & (rng.random(known.shape) < 0.5))


@given(some_looks())
def test_packing_loses_nothing(looks: Looks) -> None:
    back = Looks.unpack(looks.pack())
    for name in ("days", "known", "taken"):
        assert np.array_equal(getattr(back, name), getattr(looks, name))


def test_a_blob_of_another_form_is_refused_and_none_is_no_look() -> None:
    assert Looks.unpack(b"").days.size == 0
    with pytest.raises(ValueError, match="form"):
        Looks.unpack(b"\x07rest")


def sight(day: date, *items: tuple[int, int, BusyKind], hour: float = 0, **more: object) -> Sight:
    now = wall(day, hour, "Europe/Berlin")
    plain = Sight(now, "Europe/Berlin", Busy.of(items), until=now + 400 * DAY)
    return replace(plain, **more)  # type: ignore[arg-type]


def state(looks: Looks, day: date, seen: int, hour: int) -> str:
    at = np.flatnonzero(looks.days == day_number(day))
    if not at.size or not looks.known[at[0], seen, hour]:
        return "unknown"
    return "taken" if looks.taken[at[0], seen, hour] else "free"


def test_a_look_sees_each_day_at_a_lead_and_the_end_of_what_is_over() -> None:
    days = {lead: _APRIL + timedelta(days=lead) for lead in LEADS}
    three = wall(days[3], 10, "Europe/Berlin")
    first = look(NO_LOOKS, sight(_APRIL, (three, three + HOUR, BUSY)))
    for row, lead in enumerate(LEADS):
        assert state(first, days[lead], row, 10) == ("taken" if lead == 3 else "free")
        assert state(first, days[lead], row, 11) == "free"
        assert [state(first, days[lead], s, 11) for s in range(SEEN) if s != row] == ["unknown"] * (SEEN - 1)
    ten = wall(_APRIL, 10, "Europe/Berlin")
    second = look(first, sight(_APRIL + timedelta(days=1), (ten, ten + HOUR, BUSY)))
    assert state(second, _APRIL, OVER, 10) == "taken"
    assert state(second, _APRIL, OVER, 11) == "free"


def test_a_look_again_changes_nothing_and_one_after_noon_only_settles() -> None:
    ten = wall(_APRIL, 10, "Europe/Berlin")
    first = look(NO_LOOKS, sight(_APRIL))
    again = look(first, sight(_APRIL, (ten, ten + HOUR, BUSY), hour=1))
    assert again.pack() == first.pack()
    late = look(first, sight(_APRIL + timedelta(days=1), (ten, ten + HOUR, BUSY), hour=13))
    assert late.days.tolist() == first.days.tolist()
    assert state(late, _APRIL, OVER, 10) == "taken"


def test_hours_already_gone_are_not_called_free_on_the_day_itself() -> None:
    looks = look(NO_LOOKS, sight(_APRIL, hour=9.5))
    assert [state(looks, _APRIL, len(LEADS) - 1, hour) for hour in (8, 9, 10)] == ["unknown", "unknown", "free"]


def test_what_cannot_be_read_is_never_free_nor_overwritten() -> None:
    assert look(NO_LOOKS, sight(_APRIL, until=0)).days.size == 0
    free = look(NO_LOOKS, sight(_APRIL))
    tomorrow = _APRIL + timedelta(days=1)
    unknown = look(free, sight(tomorrow, until=0))
    assert state(unknown, _APRIL, OVER, 10) == "unknown"
    known_again = look(unknown, sight(tomorrow + timedelta(days=2)))
    assert state(known_again, _APRIL, OVER, 10) == "free"
    too_late = look(unknown, sight(tomorrow + timedelta(days=7)))
    assert state(too_late, _APRIL, OVER, 10) == "unknown"


def test_a_calendar_known_for_a_while_only_is_unknown_beyond() -> None:
    until = wall(_APRIL + timedelta(days=7), 12, "Europe/Berlin")
    looks = look(NO_LOOKS, sight(_APRIL, until=until))
    week = _APRIL + timedelta(days=7)
    assert [state(looks, week, LEADS.index(7), hour) for hour in (11, 12)] == ["free", "unknown"]
    assert state(looks, _APRIL + timedelta(days=14), LEADS.index(14), 10) == "unknown"


def test_absences_and_holidays_are_left_out() -> None:
    start = wall(_APRIL, 0, "Europe/Berlin")
    ill = look(look(NO_LOOKS, sight(_APRIL)), sight(_APRIL + timedelta(days=1), (start, start + DAY, BUSY)))
    away = look(NO_LOOKS, sight(_APRIL, (start + 9 * HOUR, start + 12 * HOUR, AWAY)))
    assert state(ill, _APRIL, OVER, 10) == "unknown"
    assert [state(away, _APRIL, len(LEADS) - 1, hour) for hour in (10, 12)] == ["unknown", "free"]
    holiday = look(NO_LOOKS, sight(_APRIL, off={day_number(_APRIL)}))
    assert day_number(_APRIL) not in holiday.days
    assert holiday.days.size == len(LEADS) - 1


def test_other_calendars_cannot_be_compared_with_those_before() -> None:
    looks = look(look(NO_LOOKS, sight(_APRIL)), sight(_APRIL + timedelta(days=1)))
    assert forget_unsettled(looks).days.tolist() == [day_number(_APRIL)]


def test_half_a_year_is_kept_in_a_few_kilobytes_however_long_it_runs() -> None:
    sizes = {}
    for weeks in (30, 60):
        looks = Life(lambda _day, _hour: 0.4, weeks=weeks).looked()
        assert looks.days.min() >= day_number(MONDAY + timedelta(weeks=weeks)) - KEEP_DAYS
        sizes[weeks] = len(looks.pack())
    assert sizes[30] < 6000
    assert abs(sizes[60] - sizes[30]) < 300


@pytest.mark.parametrize("zone", ZONES)
def test_the_next_look_is_when_the_next_local_day_begins(zone: str) -> None:
    now = wall(date(2026, 3, 27), 15, zone)
    for _ in range(4):
        after = next_look(zone, now)
        assert today(zone, after) == today(zone, now) + 1
        assert today(zone, after - 1) == today(zone, now)
        now = after
