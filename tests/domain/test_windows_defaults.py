"""What windows follow from working hours, and what a person's own choices make of them."""

from __future__ import annotations

import pytest

from service.domain.windows import (
    Timetable,
    WeeklyHours,
    WindowKind,
    default_windows,
    effective_windows,
    rules_of,
)

MON, FRI, WORKDAYS = frozenset({0}), frozenset({4}), frozenset(range(5))
BREAKFAST, CORE, LUNCH, COFFEE = (
    WindowKind.BREAKFAST,
    WindowKind.CORE,
    WindowKind.LUNCH,
    WindowKind.COFFEE,
)


def hm(text):
    return int(text[:2]) * 60 + int(text[3:])


def on(days, times):
    """``on(MON, "09:00-17:00")``"""
    return WeeklyHours(days, *(hm(each) for each in times.split("-")))


def test_an_ordinary_week():
    core = (on(WORKDAYS, "09:00-17:00"),)
    assert default_windows(core) == {
        BREAKFAST: (on(WORKDAYS, "07:30-09:00"),),
        CORE: core,
        LUNCH: (on(WORKDAYS, "12:00-13:00"),),
        COFFEE: (on(WORKDAYS, "17:00-18:30"),),
    }


def test_no_working_hours_no_windows():
    assert set(default_windows(()).values()) == {None}


@pytest.mark.parametrize(
    ("hours", "breakfast", "lunch", "coffee"),
    [
        (["07:30-16:00"], "06:30-07:30", "12:00-13:00", "16:00-17:30"),  # not before half past six
        (["07:00-16:00"], "06:30-07:00", "12:00-13:00", "16:00-17:30"),  # half an hour is just enough
        (["06:45-16:00"], None, "12:00-13:00", "16:00-17:30"),
        (["05:00-13:00"], None, "12:00-13:00", "13:00-14:30"),
        (["11:00-19:30"], "09:30-11:00", "12:00-13:00", "19:30-20:30"),  # not after half past eight
        (["11:00-20:00"], "09:30-11:00", "12:00-13:00", "20:00-20:30"),
        (["11:00-20:15"], "09:30-11:00", "12:00-13:00", None),
        (["16:00-24:00"], "14:30-16:00", "19:30-20:30", None),
        (["16:00-00:00"], "14:30-16:00", "19:30-20:30", None),  # midnight, written the other way
        (["13:00-19:30"], "11:30-13:00", "15:30-16:30", "19:30-20:30"),  # the middle, on the half hour
        (["13:00-18:30"], "11:30-13:00", None, "18:30-20:00"),  # too short for a lunch
        (["09:00-12:30", "13:30-18:00"], "07:30-09:00", None, "18:00-19:30"),
        (["14:00-18:00", "09:00-13:00"], "07:30-09:00", "12:00-13:00", "18:00-19:30"),
        (["22:00-06:00"], None, "01:30-02:30", None),  # a night shift, its lunch on the next morning
        (["20:00-03:00"], None, "23:00-24:00", None),
        (["20:15-04:15"], None, "23:30-00:30", None),
    ],
)
def test_a_day(hours, breakfast, lunch, coffee):
    found = default_windows(tuple(on(MON, times) for times in hours))
    lunch_day = frozenset({1}) if lunch == "01:30-02:30" else MON
    assert found[BREAKFAST] == ((on(MON, breakfast),) if breakfast else None)
    assert found[LUNCH] == ((on(lunch_day, lunch),) if lunch else None)
    assert found[COFFEE] == ((on(MON, coffee),) if coffee else None)


def test_days_with_other_hours_get_blocks_of_their_own():
    found = default_windows((on(frozenset({0, 1, 2, 3}), "09:00-17:00"), on(FRI, "10:00-14:00")))
    assert found[BREAKFAST] == (
        on(frozenset({0, 1, 2, 3}), "07:30-09:00"),
        on(FRI, "08:30-10:00"),
    )
    assert found[LUNCH] == (on(WORKDAYS, "12:00-13:00"),)


def test_after_a_night_shift_the_next_day_has_neither_breakfast_nor_coffee():
    found = default_windows((on(MON, "22:00-06:00"), on(frozenset({1, 2}), "14:00-18:00")))
    assert found[BREAKFAST] == (on(frozenset({2}), "12:30-14:00"),)
    assert found[COFFEE] == (on(frozenset({2}), "18:00-19:30"),)


def test_what_a_person_names_replaces_the_default():
    coffee = (on(MON, "15:00-15:30"),)
    table = effective_windows(Timetable("UTC", (on(WORKDAYS, "09:00-17:00"),), ((COFFEE, coffee), (BREAKFAST, None))))
    assert table[COFFEE] == coffee
    assert table[BREAKFAST] is None
    assert table[CORE] == (on(WORKDAYS, "09:00-17:00"),)
    assert table[LUNCH] == (on(WORKDAYS, "12:00-13:00"),)


def test_lunch_off_is_cut_out_of_core():
    table = effective_windows(Timetable("UTC", (on(WORKDAYS, "09:00-17:00"),), ((LUNCH, None),)))
    assert table[CORE] == (on(WORKDAYS, "09:00-12:00"), on(WORKDAYS, "13:00-17:00"))
    assert table[LUNCH] is None


def test_lunch_off_is_cut_out_of_a_core_of_their_own():
    rules = Timetable("UTC", (on(WORKDAYS, "09:00-17:00"),), ((LUNCH, None), (CORE, (on(MON, "10:00-15:00"),))))
    assert effective_windows(rules)[CORE] == (on(MON, "10:00-12:00"), on(MON, "13:00-15:00"))


def test_a_core_that_is_all_lunch_is_off_with_it():
    rules = Timetable("UTC", (on(WORKDAYS, "09:00-17:00"),), ((LUNCH, None), (CORE, (on(MON, "12:00-13:00"),))))
    assert effective_windows(rules)[CORE] is None


def test_without_a_usual_lunch_nothing_is_cut():
    hours = (on(MON, "13:00-17:00"),)
    assert effective_windows(Timetable("UTC", hours, ((LUNCH, None),)))[CORE] == hours


def test_breakfast_and_coffee_off_leave_core_alone():
    core = (on(MON, "08:00-18:00"),)
    rules = Timetable("UTC", (on(MON, "09:00-17:00"),), ((CORE, core), (BREAKFAST, None), (COFFEE, None)))
    assert effective_windows(rules)[CORE] == core


def test_an_empty_list_of_blocks_is_off():
    assert effective_windows(Timetable("UTC", (on(MON, "09:00-17:00"),), ((CORE, ()),)))[CORE] is None


def test_people_alike_in_their_windows_share_what_is_kept():
    hours = (on(MON, "09:00-17:00"),)
    assert rules_of(Timetable("UTC", hours, buffer_minutes=10)) == rules_of(Timetable("UTC", hours))
