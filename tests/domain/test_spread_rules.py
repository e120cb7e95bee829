"""Which candidates are offered: each rule as a property, and a few lists that a person can check."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slots_reference import at

from service.domain.openings import BREAKFAST, COFFEE, CORE
from service.domain.slots import Candidates
from service.domain.spread import choose
from service.domain.windows import WINDOW_KINDS, WindowKind

HOUR = 3600
DAY = 24 * HOUR
LUNCH = WINDOW_KINDS.index(WindowKind.LUNCH)
START = at("2026-03-27")  # daylight saving begins on the 29th in Berlin
ZONES = ("America/New_York", "Europe/Berlin")


def candidates(rows, duration=HOUR):
    """From ``(start, kind for one, kind for the other)``."""
    rows = sorted(rows)
    kinds = np.array([row[1:] for row in rows], np.int64).reshape(-1, 2).T
    kind = np.where(kinds[0] == CORE, kinds[1], kinds[0])
    return Candidates(np.array([row[0] for row in rows], np.int64), duration, kinds, kind)


def dates(start):
    return [datetime.fromtimestamp(start, ZoneInfo(zone)).date() for zone in ZONES]


@st.composite
def lists(draw):
    """Candidates on a 15-minute grid, often crowded, with few distinct probabilities so that ties happen."""
    size = draw(st.sampled_from([0, 1, 3, 12, 40]))
    days = draw(st.integers(1, 5))
    cells = draw(st.sets(st.integers(0, days * 96 - 1), min_size=size // 2, max_size=size))
    common = draw(st.sampled_from([(CORE,), (CORE, LUNCH), (BREAKFAST, CORE, COFFEE, LUNCH), (BREAKFAST, COFFEE)]))
    kind = st.sampled_from(common)
    found = candidates([(START + cell * 900, draw(kind), draw(kind)) for cell in sorted(cells)])
    chance = draw(st.lists(st.integers(0, 8), min_size=len(cells), max_size=len(cells)))
    return found, np.array(chance, np.float64) / 8, draw(st.integers(0, 8))


def possible(found, code):
    return np.flatnonzero((found.kinds == code).any(axis=0)).tolist()


def apart(found, one, other):
    return abs(int(found.starts[one] - found.starts[other])) >= found.duration


@settings(max_examples=300, deadline=None)
@given(lists())
def test_every_rule(problem):
    found, chance, limit = problem
    choice = choose(found, chance, limit=limit, zones=ZONES)
    picked, kinds = choice.indices.tolist(), choice.kinds.tolist()
    size = found.starts.size

    # The order, the number, no overlap.
    assert len(set(picked)) == len(picked) == len(kinds) <= limit
    keys = [(-chance[index], found.starts[index]) for index in picked]
    assert keys == sorted(keys)
    assert all(apart(found, one, other) for one, other in combinations(picked, 2))
    left = [index for index in range(size) if all(apart(found, index, one) for one in picked)]
    if len(picked) < limit:
        assert not left

    # A name that holds for one of the two.
    assert all(code in found.kinds[:, index] for index, code in zip(picked, kinds, strict=True))
    # Breakfast and coffee, where both can be had at once; otherwise either.
    breakfasts, coffees = possible(found, BREAKFAST), possible(found, COFFEE)
    if limit >= 3:
        if any(apart(found, one, other) for one in breakfasts for other in coffees):
            assert BREAKFAST in kinds and COFFEE in kinds
        elif breakfasts or coffees:
            assert BREAKFAST in kinds or COFFEE in kinds
    if limit == 2 and (breakfasts or coffees):
        assert BREAKFAST in kinds or COFFEE in kinds
    if limit == 1 and size:
        assert picked == [int(np.lexsort((found.starts, -chance))[0])]

    # Days: what was not asked for by kind is never put on a fuller day than something left out.
    if len(breakfasts) + len(coffees) == 0 or limit < 2:
        counts = [{}, {}]
        for index in _in_order_of_taking(found, chance, picked):
            for seat, date in enumerate(dates(found.starts[index])):
                counts[seat][date] = counts[seat].get(date, 0) + 1
        most = max((n for seat in counts for n in seat.values()), default=0)
        for index in left:
            load = max(counts[seat].get(date, 0) for seat, date in enumerate(dates(found.starts[index])))
            assert load + 1 >= most


def _in_order_of_taking(found, chance, picked):
    """The simplest greedy there is; it must come to the same set."""
    taken = []
    while len(taken) < len(picked):
        free = [i for i in range(found.starts.size) if all(apart(found, i, j) for j in taken)]
        used = {
            i: max(sum(dates(found.starts[i])[seat] == dates(found.starts[j])[seat] for j in taken) for seat in (0, 1))
            if taken
            else 0
            for i in free
        }
        taken.append(min(free, key=lambda i: (used[i], -chance[i], found.starts[i])))
    assert sorted(taken) == sorted(picked)
    return taken


@settings(max_examples=100, deadline=None)
@given(lists())
def test_the_kinds_asked_for_are_on_two_days_if_they_can_be(problem):
    found, chance, limit = problem
    choice = choose(found, chance, limit=max(3, limit), zones=ZONES)
    if any(
        all(a != b for a, b in zip(dates(found.starts[one]), dates(found.starts[other]), strict=True))
        and apart(found, one, other)
        for one in possible(found, BREAKFAST)
        for other in possible(found, COFFEE)
    ):
        named = {
            code: [dates(found.starts[i]) for i, k in zip(choice.indices, choice.kinds, strict=True) if k == code]
            for code in (BREAKFAST, COFFEE)
        }
        assert any(
            all(a != b for a, b in zip(one, other, strict=True)) for one in named[BREAKFAST] for other in named[COFFEE]
        )


@settings(max_examples=50, deadline=None)
@given(lists())
def test_the_same_list_twice_and_nothing_is_written_on(problem):
    found, chance, limit = problem
    kind, kinds = found.kind.copy(), found.kinds.copy()
    one, other = (choose(found, chance, limit=limit, zones=ZONES) for _ in range(2))
    assert one.indices.tolist() == other.indices.tolist() and one.kinds.tolist() == other.kinds.tolist()
    assert (found.kind == kind).all() and (found.kinds == kinds).all()


def test_a_week_of_core_hours_gives_one_a_day():
    rows = [(START + day * DAY + hour * HOUR, CORE, CORE) for day in range(5) for hour in (14, 15, 16)]
    chance = np.linspace(0.9, 0.5, len(rows))
    choice = choose(candidates(rows), chance, limit=5, zones=ZONES)
    assert choice.indices.tolist() == [0, 3, 6, 9, 12]
    choice = choose(candidates(rows), chance, limit=7, zones=ZONES)
    assert choice.indices.tolist() == [0, 1, 3, 4, 6, 9, 12]


def test_breakfast_and_coffee_are_there_even_when_unlikely():
    rows = [(START + day * DAY + 15 * HOUR, CORE, CORE) for day in range(6)]
    rows += [(START + 12 * HOUR, BREAKFAST, CORE), (START + 3 * DAY + 17 * HOUR, CORE, COFFEE)]
    found = candidates(rows)
    chance = np.where(found.kind == CORE, 0.9, 0.1)
    choice = choose(found, chance, limit=5, zones=ZONES)
    assert choice.kinds.tolist() == [CORE, CORE, CORE, BREAKFAST, COFFEE]
    assert choose(found, chance, limit=2, zones=ZONES).kinds.tolist() == [CORE, BREAKFAST]
    assert choose(found, chance, limit=1, zones=ZONES).kinds.tolist() == [CORE]


def test_one_persons_breakfast_is_the_others_coffee():
    rows = [(START + day * DAY + 15 * HOUR, BREAKFAST, COFFEE) for day in range(3)]
    choice = choose(candidates(rows), np.array([0.9, 0.8, 0.7]), limit=3, zones=ZONES)
    assert choice.indices.tolist() == [0, 1, 2]
    assert sorted(choice.kinds.tolist()[:2]) == [BREAKFAST, COFFEE]


def test_a_single_slot_for_both_serves_one():
    choice = choose(candidates([(START, BREAKFAST, COFFEE)]), np.array([0.5]), limit=5, zones=ZONES)
    assert choice.kinds.tolist() == [BREAKFAST]


def test_the_best_breakfast_gives_way_when_it_stands_in_the_way():
    # The only coffee overlaps the best breakfast; on the same day there is another one.
    rows = [
        (START + 12 * HOUR, BREAKFAST, CORE),
        (START + 12 * HOUR + 1800, CORE, COFFEE),
        (START + 14 * HOUR, BREAKFAST, CORE),
    ]
    choice = choose(candidates(rows), np.array([0.9, 0.5, 0.2]), limit=3, zones=ZONES)
    assert choice.indices.tolist() == [1, 2]
    assert choice.kinds.tolist() == [COFFEE, BREAKFAST]


def test_a_day_is_a_day_on_either_calendar():
    # 23:30 in Berlin and 00:30 the next day there: one evening in New York.
    one, other, third = at("2026-06-10T21:30"), at("2026-06-10T22:30"), at("2026-06-12T21:30")
    found = candidates([(each, CORE, CORE) for each in (one, other, third)])
    choice = choose(found, np.array([0.9, 0.8, 0.1]), limit=2, zones=ZONES)
    assert choice.indices.tolist() == [0, 2]


def test_ties_go_to_the_earlier():
    rows = [(START + day * DAY, CORE, CORE) for day in range(4)]
    assert choose(candidates(rows), np.full(4, 0.5), limit=2, zones=ZONES).indices.tolist() == [0, 1]


def test_sizes_that_differ_are_refused():
    found = candidates([(START, CORE, CORE)])
    with pytest.raises(ValueError, match="one probability per candidate"):
        choose(found, np.array([0.1, 0.2]), limit=1, zones=ZONES)
    with pytest.raises(ValueError, match="one zone per party"):
        choose(found, np.array([0.1]), limit=1, zones=["UTC"])
