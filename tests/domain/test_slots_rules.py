"""The rules of the search in words: buffers, full days, kinds, free spans, times picked by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slots_reference import at

from service.domain.busy import Busy, BusyKind
from service.domain.day_limit import blocks, full_days
from service.domain.slots import Fit, Party, find, find_in, fits, free_spans
from service.domain.windows import (
    WINDOW_KINDS,
    Timetable,
    WeeklyHours,
    WindowKind,
    WindowSpans,
    window_spans,
)

HOUR = 3600
DAY = 24 * HOUR
MIDNIGHT = at("2026-06-10")  # a Wednesday
NINE_TO_FIVE = Timetable("UTC", (WeeklyHours(frozenset(range(5)), 540, 1020),))
CORE_ONLY = replace(NINE_TO_FIVE, windows=((WindowKind.BREAKFAST, None), (WindowKind.COFFEE, None)))


def busy(*times, kind=BusyKind.BUSY, day=MIDNIGHT):
    """Intervals of a day from ``"10:00-11:00"``."""
    rows = []
    for each in times:
        low, high = (int(hm[:2]) * HOUR + int(hm[3:]) * 60 for hm in each.split("-"))
        rows.append((day + low, day + high, kind))
    return Busy.of(rows)


def starts(*parties, minutes=60, step=HOUR, until=MIDNIGHT + DAY):
    """Hours of the day at which a slot begins."""
    found = find(parties, duration=minutes * 60, not_before=MIDNIGHT, until=until, step=step)
    return [(start - MIDNIGHT) / HOUR for start in found.starts.tolist()]


def test_a_free_day():
    assert starts(Party(CORE_ONLY, Busy.empty())) == [9, 10, 11, 12, 13, 14, 15, 16]


@pytest.mark.parametrize("kind", list(BusyKind))
def test_every_kind_of_busy_keeps_a_slot_away(kind):
    assert starts(Party(CORE_ONLY, busy("10:00-11:00", "12:59-14:01", kind=kind))) == [9, 11, 15, 16]


def test_a_buffer_keeps_its_distance_on_both_sides():
    rules = replace(CORE_ONLY, buffer_minutes=15)
    assert starts(Party(rules, busy("11:00-12:00"))) == [9, 13, 14, 15, 16]
    assert starts(Party(rules, busy("11:15-11:45"))) == [9, 10, 12, 13, 14, 15, 16]


def test_a_buffer_is_each_persons_own():
    wide = Party(replace(CORE_ONLY, buffer_minutes=60), Busy.empty())
    assert starts(wide, Party(CORE_ONLY, busy("11:00-12:00"))) == [9, 10, 12, 13, 14, 15, 16]


def test_what_lies_before_the_horizon_counts_with_its_buffer():
    rules = replace(CORE_ONLY, buffer_minutes=30)
    party = Party(rules, busy("11:00-12:00"))
    found = find([party], duration=HOUR, not_before=MIDNIGHT + 12 * HOUR, until=MIDNIGHT + DAY, step=HOUR)
    assert found.starts[0] == MIDNIGHT + 13 * HOUR


def test_a_day_with_as_many_meetings_as_wanted_gives_no_slot():
    rules = replace(CORE_ONLY, max_meetings_per_day=2)
    assert starts(Party(rules, busy("10:00-11:00"))) == [9, 11, 12, 13, 14, 15, 16]
    assert starts(Party(rules, busy("10:00-11:00", "14:00-14:30"))) == []
    next_day = busy("10:00-11:00", "11:00-12:00", day=MIDNIGHT + DAY)
    assert starts(Party(rules, next_day)) == [9, 10, 11, 12, 13, 14, 15, 16]


def test_two_at_once_are_one_block_and_two_in_a_row_are_two():
    rules = replace(CORE_ONLY, max_meetings_per_day=2)
    assert starts(Party(rules, busy("10:00-11:00", "10:30-12:00"))) == [9, 12, 13, 14, 15, 16]
    assert starts(Party(rules, busy("10:00-11:00", "11:00-12:00"))) == []


def test_the_evening_does_not_count():
    rules = replace(CORE_ONLY, max_meetings_per_day=1)
    assert starts(Party(rules, busy("07:00-09:00", "17:00-19:00"))) == [9, 10, 11, 12, 13, 14, 15, 16]
    assert starts(Party(rules, busy("16:59-19:00"))) == []


def test_a_long_absence_fills_every_day_it_touches():
    away = Busy.of([(MIDNIGHT + 16 * HOUR, MIDNIGHT + 5 * DAY + 10 * HOUR, BusyKind.OUT_OF_OFFICE)])
    rules = replace(CORE_ONLY, max_meetings_per_day=1)
    found = full_days(rules, away, MIDNIGHT - DAY, MIDNIGHT + 7 * DAY)
    assert [(start - MIDNIGHT) // DAY for start in found[0].tolist()] == [0, 1, 2, 3, 4, 5]
    assert ((found[1] - found[0]) == DAY).all()


def test_no_windows_or_no_meetings_make_no_day_full():
    rules = replace(CORE_ONLY, max_meetings_per_day=1)
    assert full_days(rules, Busy.empty(), MIDNIGHT, MIDNIGHT + DAY)[0].size == 0
    assert full_days(Timetable("UTC", (), max_meetings_per_day=1), busy("10:00-11:00"), 0, DAY)[0].size == 0
    assert full_days(CORE_ONLY, busy("10:00-11:00"), MIDNIGHT, MIDNIGHT + DAY)[0].size == 0
    assert blocks(Busy.empty())[0].size == 0


def test_kinds_are_named_for_each_and_for_all():
    early = Timetable("UTC", (WeeklyHours(frozenset(range(5)), 600, 1080),))  # 10-18: breakfast from 8:30
    parties = [Party(NINE_TO_FIVE, Busy.empty()), Party(early, Busy.empty())]
    found = find(parties, duration=HOUR, not_before=MIDNIGHT, until=MIDNIGHT + DAY, step=HOUR)
    table = {
        (start - MIDNIGHT) // HOUR: (str(WINDOW_KINDS[kind]), *(str(WINDOW_KINDS[code]) for code in column))
        for start, kind, column in zip(found.starts.tolist(), found.kind.tolist(), found.kinds.T.tolist(), strict=True)
    }
    assert table[9] == ("breakfast", "core", "breakfast")
    assert table[10] == ("core", "core", "core")
    assert table[12] == ("lunch", "lunch", "lunch")
    assert table[17] == ("coffee", "coffee", "core")
    assert 8 not in table and 18 not in table


def test_a_slot_lies_in_one_window_not_across_two():
    rules = Timetable("UTC", (), ((WindowKind.CORE, (_at(540, 720), _at(720, 1020))),))
    assert starts(Party(rules, Busy.empty()), minutes=120) == [9, 10, 12, 13, 14, 15]


def test_the_most_specific_of_overlapping_windows_names_it():
    whole = (_at(540, 1020),)
    rules = Timetable("UTC", (), tuple((kind, whole) for kind in WINDOW_KINDS))
    for off, name in ((0, "breakfast"), (1, "lunch"), (2, "coffee"), (3, "core")):
        order = (WindowKind.BREAKFAST, WindowKind.LUNCH, WindowKind.COFFEE)
        left = replace(rules, windows=(*rules.windows, *((kind, None) for kind in order[:off])))
        party = Party(left, Busy.empty())
        found = find([party], duration=HOUR, not_before=MIDNIGHT, until=MIDNIGHT + DAY)
        assert {str(WINDOW_KINDS[code]) for code in found.kind} == {name}


def _at(start, end):
    return WeeklyHours(frozenset(range(7)), start, end)


@pytest.mark.parametrize("until", [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 10 * HOUR - 1])
def test_a_horizon_without_room(until):
    found = find([Party(CORE_ONLY, Busy.empty())] * 2, duration=HOUR, not_before=MIDNIGHT, until=until)
    assert found.starts.size == 0 and found.kinds.shape == (2, 0) and found.kind.size == 0


def test_wrong_use_is_refused():
    party = Party(CORE_ONLY, Busy.empty())
    horizon = {"not_before": 0, "until": DAY}
    with pytest.raises(ValueError, match="nobody"):
        find([], duration=HOUR, **horizon)
    for bad in ({"duration": 0}, {"duration": HOUR, "step": 0}):
        with pytest.raises(ValueError, match="at least one"):
            find([party], **bad, **horizon)
    with pytest.raises(ValueError, match="as many"):
        find_in([window_spans(CORE_ONLY, 0, DAY)], [], duration=HOUR, step=HOUR, **horizon)
    assert find_in([window_spans(CORE_ONLY, 0, DAY)], [Busy.empty()], duration=9, step=1, not_before=9, until=9)


def test_searching_writes_on_nothing_it_was_given():
    table = busy("10:00-11:00")
    before = (table.starts.copy(), table.ends.copy())
    for array in (table.starts, table.ends):
        array.flags.writeable = False
    starts(Party(replace(CORE_ONLY, buffer_minutes=5), table), Party(CORE_ONLY, table))
    assert (before[0] == table.starts).all() and (before[1] == table.ends).all()


spans = st.lists(st.tuples(st.integers(-20, 60), st.integers(1, 30)), max_size=6)


@settings(deadline=None)
@given(st.lists(spans, max_size=3), st.integers(-10, 30), st.integers(0, 40))
def test_free_spans_are_what_is_left(people, start, length):
    tables = [Busy.of((low, low + size, BusyKind.BUSY) for low, size in rows) for rows in people]
    free = free_spans(tables, start, start + length)
    rows = list(zip(free[0].tolist(), free[1].tolist(), strict=True))
    taken = {at for rows in people for low, size in rows for at in range(low, low + size)}
    assert [at for low, high in rows for at in range(low, high)] == [
        at for at in range(start, start + length) if at not in taken
    ]
    assert all(high < low for (_, high), (low, _) in itertools.pairwise(rows))


@pytest.mark.parametrize(
    ("hour", "now", "code"),
    [
        (9, None, Fit.OK),
        (10.5, None, Fit.BUSY),
        (9.5, None, Fit.BUSY),
        (11, None, Fit.BUFFER),
        (8, None, Fit.OK),  # breakfast
        (6, None, Fit.WINDOW),
        (16.5, None, Fit.WINDOW),  # half in core, half in coffee
        (13, MIDNIGHT - 11 * HOUR, Fit.OK),
        (13, MIDNIGHT - 11 * HOUR + 1, Fit.NOTICE),
        (10.5, MIDNIGHT, Fit.BUSY),  # the worst is named
    ],
)
def test_how_a_time_picked_by_hand_suits(hour, now, code):
    party = Party(replace(NINE_TO_FIVE, buffer_minutes=10), busy("10:10-11:00"))
    if hour == 9:
        party = replace(party, busy=busy("10:15-11:00"))
    found = fits([party, Party(CORE_ONLY, Busy.empty())], MIDNIGHT + int(hour * HOUR), HOUR, now=now)
    assert found[0] is code
    assert len(found) == 2


def test_a_full_day_and_a_holiday_picked_by_hand():
    full = Party(replace(CORE_ONLY, max_meetings_per_day=1), busy("10:00-11:00"))
    off = Party(Timetable("UTC", (_at(540, 1020),), holidays="US"), Busy.empty())
    assert fits([full], MIDNIGHT + 14 * HOUR, HOUR) == [Fit.FULL_DAY]
    christmas = at("2026-12-25T10:00")
    assert fits([off, full], christmas, HOUR) == [Fit.WINDOW, Fit.OK]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 95), st.integers(1, 8)), max_size=5), st.integers(0, 4), st.booleans())
def test_what_is_found_fits_and_what_fits_is_found(rows, buffer, limited):
    table = Busy.of((MIDNIGHT + a * 900, MIDNIGHT + (a + n) * 900, BusyKind.BUSY) for a, n in rows)
    rules = replace(NINE_TO_FIVE, buffer_minutes=buffer * 5, max_meetings_per_day=2 if limited else None)
    parties = [Party(rules, table)]
    found = find(parties, duration=HOUR, not_before=MIDNIGHT, until=MIDNIGHT + DAY)
    fitting = [
        start for start in range(MIDNIGHT, MIDNIGHT + DAY - HOUR + 1, 900) if fits(parties, start, HOUR) == [Fit.OK]
    ]
    assert found.starts.tolist() == fitting


def test_windows_given_as_spans_need_no_order_of_kinds():
    whole = window_spans(NINE_TO_FIVE, MIDNIGHT, MIDNIGHT + DAY)
    turned = WindowSpans(whole.starts[::-1], whole.ends[::-1], whole.codes[::-1])
    horizon = {"duration": HOUR, "not_before": MIDNIGHT, "until": MIDNIGHT + DAY, "step": 900}
    one, other = (find_in([each], [Busy.empty()], **horizon) for each in (whole, turned))
    assert one.starts.tolist() == other.starts.tolist() and one.kind.tolist() == other.kind.tolist()
