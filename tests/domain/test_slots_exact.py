"""The fast search against the slow truth, and against the workloads with known answers."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import slots_reference as reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.domain.busy import Busy, BusyKind
from service.domain.slots import Party, find, find_in
from service.domain.windows import (
    WINDOW_KINDS,
    Timetable,
    WeeklyHours,
    WindowKind,
    WindowSpans,
    effective_windows,
    window_spans,
)

DAY = 86400
# Zone and a day close to which something happens to its clocks (or to the calendar).
MOMENTS = [
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Europe/London", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/St_Johns", "2026-03-08"),
    ("America/St_Johns", "2010-11-07"),  # back at 00:01, into the day before
    ("America/Santiago", "2026-04-05"),  # back at midnight
    ("America/Santiago", "2026-09-06"),  # no midnight that day
    ("America/Havana", "2026-03-08"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Pacific/Apia", "2011-12-30"),  # a date that did not exist
    ("Pacific/Auckland", "2026-04-05"),
    ("Asia/Kolkata", "2028-02-29"),
    ("Asia/Kathmandu", "2026-12-31"),
    ("Pacific/Kiritimati", "2027-01-01"),
    ("UTC", "2026-06-10"),
]
ZONES = sorted({zone for zone, _ in MOMENTS})

clock = st.integers(0, 95).map(lambda quarter: quarter * 15) | st.integers(0, 1439)


@st.composite
def blocks(draw):
    """A block on some days; often in the small hours, where clocks change."""
    weekdays = frozenset(draw(st.just(range(7)) | st.sets(st.integers(0, 6), min_size=5)))
    start = draw(st.just(0) | clock | st.integers(0, 240))
    end = (start + draw(st.integers(60, 1380))) % 1440 if draw(st.booleans()) else 1440
    start = 0 if start == end else start
    return WeeklyHours(weekdays, start, end or 1440)


@st.composite
def timetables(draw, zone):
    """Every window named; some of them off. Half of the time the defaults of ordinary working hours instead."""
    buffer, most = draw(st.sampled_from([0, 0, 10, 15])), draw(st.sampled_from([None, None, None, 1, 2]))
    off = draw(st.sampled_from([None, None, None, "US", "DE-BY"]))
    rules = {"buffer_minutes": buffer, "max_meetings_per_day": most, "holidays": off}
    if draw(st.booleans()):
        working = tuple(draw(st.lists(blocks(), min_size=1, max_size=2)))
        named = draw(st.sampled_from([(), ((WindowKind.LUNCH, None),), ((WindowKind.CORE, None),)]))
        return Timetable(zone, working, named, **rules)
    windows = tuple(
        (kind, tuple(draw(st.lists(blocks(), min_size=1, max_size=2))) if draw(st.integers(0, 3)) else None)
        for kind in WINDOW_KINDS
    )
    return Timetable(zone, (), windows, **rules)


@st.composite
def problems(draw):
    """Some people, a few days around a strange moment, a meeting length and a step."""
    zone, day = draw(st.sampled_from(MOMENTS))
    middle = reference.at(day)
    not_before = middle - draw(st.integers(0, DAY)) + draw(st.sampled_from([0, 0, 1, 59]))
    until = middle + draw(st.integers(DAY // 4, DAY + DAY // 2))
    zones = [zone, *draw(st.lists(st.sampled_from(ZONES), max_size=1))]
    people = []
    for each in zones:
        rows = draw(
            st.lists(
                st.tuples(st.integers(-2 * 1440, 3 * 1440), st.integers(5, 180)).map(
                    lambda row: (middle + row[0] * 60, middle + (row[0] + row[1]) * 60)
                ),
                max_size=6,
            )
        )
        people.append((draw(timetables(each)), rows))
    duration = draw(st.sampled_from([15, 25, 30, 60, 60, 150])) * 60
    # Newfoundland once put its clocks back across midnight: which day the repeated hour is counted to is a choice.
    if day == "2010-11-07":
        people = [(replace(rules, max_meetings_per_day=None), rows) for rules, rows in people]
    return people, duration, not_before, until, draw(st.sampled_from([300, 900, 900, 1800, 4200]))


def dates_off(code, years):
    import holidays

    country, _, part = (code or "").partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=years)) if code else frozenset()


@settings(max_examples=80, deadline=None)
@given(problems())
def test_find_is_what_looking_at_every_minute_finds(problem):
    people, duration, not_before, until, step = problem
    parties = [Party(rules, Busy.of((start, end, BusyKind.BUSY) for start, end in rows)) for rules, rows in people]
    slow = [
        (
            rules.zone,
            effective_windows(rules),
            dates_off(rules.holidays, range(2010, 2030)),
            rows,
            rules.buffer_minutes,
            rules.max_meetings_per_day,
        )
        for rules, rows in people
    ]
    expected = reference.find(slow, duration=duration, not_before=not_before, until=until, step=step)
    found = find(parties, duration=duration, not_before=not_before, until=until, step=step)
    assert found.starts.tolist() == [start for start, _ in expected]
    assert [[str(WINDOW_KINDS[code]) for code in column] for column in found.kinds.T] == [
        kinds for _, kinds in expected
    ]
    names = [next((kind for kind in kinds if kind != "core"), "core") for _, kinds in expected]
    assert [str(WINDOW_KINDS[code]) for code in found.kind] == names


spans = st.lists(st.tuples(st.integers(-20, 120), st.integers(1, 60)), max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    people=st.lists(st.tuples(spans, spans), min_size=1, max_size=3),
    duration=st.integers(1, 40),
    step=st.integers(1, 17),
    not_before=st.integers(-30, 60),
    length=st.integers(-5, 120),
)
@example(people=[([(0, 50)], [(5, 1)])], duration=2, step=15, not_before=0, length=60)
def test_find_in_is_exact_in_any_unit(people, duration, step, not_before, length):
    until = not_before + length
    windows, tables = [], []
    for inside, taken in people:
        rows = sorted((start, start + size) for start, size in inside)
        columns = np.array(rows, np.int64).reshape(-1, 2).T
        windows.append(WindowSpans(columns[0], columns[1], np.ones(len(rows), np.int64)))
        tables.append(Busy.of((start, start + size, BusyKind.TENTATIVE) for start, size in taken))
    expected = [
        start
        for start in range(not_before, until - duration + 1)
        if start % step == 0
        and all(
            any(low <= start and start + duration <= low + size for low, size in inside)
            and not any(low < start + duration and start < low + size for low, size in taken)
            for inside, taken in people
        )
    ]
    found = find_in(windows, tables, duration=duration, step=step, not_before=not_before, until=until)
    assert found.starts.tolist() == expected
    assert (found.kinds == 1).all()
    assert found.kinds.shape == (len(people), len(expected))


@pytest.mark.parametrize("name", ["W1", "W2"])
def test_the_workloads_with_known_answers(name):
    folder = os.environ.get("HOLDFAST_TEST_DATA")
    if folder is None:
        pytest.skip("HOLDFAST_TEST_DATA does not point at the folder with W1.json and W2.json")
    for case in json.loads(Path(folder, f"{name}.json").read_text()):
        start, end = case["horizon"]
        parties = []
        for person in case["people"]:
            block = WeeklyHours(frozenset(person["days"]), person["work_start"], person["work_end"])
            busy = Busy.of((low * 60, high * 60, BusyKind.BUSY) for low, high in person["busy"])
            core_only = tuple((kind, None) for kind in (WindowKind.BREAKFAST, WindowKind.COFFEE))
            parties.append(Party(Timetable(person["tz"], (block,), core_only), busy))
        found = find(
            parties,
            duration=case["duration"] * 60,
            not_before=start * 60,
            until=end * 60,
            step=case["step"] * 60,
        )
        assert (found.starts // 60).tolist() == case["expected"], case["name"]
        in_minutes = find_in(
            [_minutes(window_spans(party.timetable, start * 60, end * 60)) for party in parties],
            [Busy(one.busy.starts // 60, one.busy.ends // 60, one.busy.codes) for one in parties],
            duration=case["duration"],
            not_before=start,
            until=end,
            step=case["step"],
        )
        assert in_minutes.starts.tolist() == case["expected"], case["name"]


def _minutes(spans):
    return WindowSpans(spans.starts // 60, spans.ends // 60, spans.codes)
