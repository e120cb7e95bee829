"""Weekly hours from plain words and back, and the arithmetic of the week."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import BadInput
from service.domain.holidays import check_holidays, holidays_of
from service.domain.week import WEEK_MINUTES, blocks_of, cut, occurrences
from service.domain.windows import WEEKDAYS, WeeklyHours, as_words, weekly_hours

GOOD = {"weekdays": ["mon", "fri"], "start": "09:00", "end": "17:30"}

blocks = st.builds(
    WeeklyHours,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
).filter(lambda block: block.start != block.end)


def minutes_of(some):
    """The minutes of the week that blocks cover."""
    return {minute % WEEK_MINUTES for start, end in occurrences(some) for minute in range(start, end)}


def test_reads_words():
    assert weekly_hours("working_hours", GOOD) == WeeklyHours(frozenset({0, 4}), 540, 1050)
    assert weekly_hours("w", GOOD | {"end": "24:00"}).end == 1440
    assert weekly_hours("w", GOOD | {"start": "22:00", "end": "06:00"}).past_midnight
    assert not weekly_hours("w", GOOD | {"end": "00:00"}).past_midnight


@given(blocks)
def test_words_are_read_back_as_they_were(block):
    assert weekly_hours("w", as_words(block)) == block


def test_weekdays_are_written_in_the_order_of_the_week():
    assert as_words(WeeklyHours(frozenset({6, 0, 3}), 0, 1440)) == {
        "weekdays": ["mon", "thu", "sun"],
        "start": "00:00",
        "end": "24:00",
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weekdays": []}, "x.weekdays"),
        ({"weekdays": None}, "x.weekdays"),
        ({"weekdays": "mon"}, "x.weekdays"),
        ({"weekdays": ["monday"]}, "x.weekdays"),
        ({"weekdays": ["mon", 1]}, "x.weekdays"),
        ({"weekdays": [["mon"]]}, "x.weekdays"),
        ({"start": "9:00"}, "x.start"),
        ({"start": "24:00"}, "x.start"),
        ({"start": "09:60"}, "x.start"),
        ({"start": "09:00\n"}, "x.start"),
        ({"start": "0٩:00"}, "x.start"),
        ({"start": 9}, "x.start"),
        ({"end": "24:01"}, "x.end"),
        ({"end": None}, "x.end"),
        ({"end": "09:00"}, "x.end"),
    ],
)
def test_bad_words_are_refused_by_field(change, field):
    with pytest.raises(BadInput) as refusal:
        weekly_hours("x", GOOD | change)
    assert [problem.field for problem in refusal.value.fields] == [field]


def test_something_else_than_a_block_is_refused():
    with pytest.raises(BadInput) as refusal:
        weekly_hours("windows.lunch", ["mon"])
    assert refusal.value.fields[0].field == "windows.lunch"


@given(st.lists(blocks, max_size=3))
def test_blocks_of_gives_the_same_time(some):
    assert minutes_of(blocks_of(occurrences(some))) == minutes_of(some)


@given(st.lists(blocks, min_size=1, max_size=3), st.lists(blocks, max_size=2))
def test_cut_takes_out_exactly_the_hole(some, hole):
    left = cut(some, hole)
    assert minutes_of(left) == minutes_of(some) - minutes_of(hole)
    assert all(0 <= block.start < 1440 and 0 < block.end <= 1440 for block in left if block.end > block.start)


def test_equal_times_share_a_block():
    assert blocks_of([(540, 600), (1440 + 540, 1440 + 600)]) == (WeeklyHours(frozenset({0, 1}), 540, 600),)
    assert WEEKDAYS[0] == "mon"


@pytest.mark.parametrize("code", ["US", "US-NY", "DE-BY", "IN"])
def test_known_holidays(code):
    assert check_holidays(code) == code
    assert holidays_of(code, 2026).size > 3


@pytest.mark.parametrize("code", ["", "XX", "US-ZZ", "US-", "us", "United States", "DE-BY-M"])
def test_unknown_holidays_are_refused(code):
    with pytest.raises(BadInput) as refusal:
        check_holidays(code, "preferences.holidays")
    assert refusal.value.fields[0].field == "preferences.holidays"
