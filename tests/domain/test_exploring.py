"""Exploring: the list obeys its rules whatever is drawn, only near-equal times change places, and every chance is exact."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_spread_rules import DAY, HOUR, START, ZONES, candidates, dates, lists, possible

from service.domain.exploring import MOST_OPTIONS, NEAR, SHARE, explore
from service.domain.openings import BREAKFAST, COFFEE, CORE
from service.domain.spread import choose

uniform = st.lists(st.floats(0, 1, exclude_max=True), min_size=20, max_size=20)


def close_by(chance):
    """Probabilities of which many lie within two points."""
    return 0.7 + chance / 50


@settings(max_examples=200, deadline=None)
@given(lists(), uniform)
def test_whatever_is_drawn_the_list_keeps_its_rules(case, numbers):
    found, chance, limit = case
    chance = close_by(chance)
    base = choose(found, chance, limit=limit, zones=ZONES)
    explored = explore(found, chance, base, zones=ZONES, draw=numbers.__getitem__)
    indices = explored.choice.indices.tolist()
    assert len(set(indices)) == len(indices) == base.indices.size
    assert all(abs(int(found.starts[a] - found.starts[b])) >= HOUR for a in indices for b in indices if a != b)
    ranks = [(-chance[i], found.starts[i]) for i in indices]
    assert ranks == sorted(ranks)
    assert sorted(map(dates, found.starts[indices])) == sorted(map(dates, found.starts[base.indices]))
    for code in (BREAKFAST, COFFEE):
        assert (explored.choice.kinds == code).any() >= (base.kinds[base.wanted] == code).any()
    for index, kind in zip(indices, explored.choice.kinds.tolist(), strict=True):
        assert index in possible(found, kind)


@settings(max_examples=200, deadline=None)
@given(lists(), uniform)
def test_options_are_near_equal_times_of_one_day_apart_from_all_others(case, numbers):
    found, chance, limit = case
    chance = close_by(chance)
    base = choose(found, chance, limit=limit, zones=ZONES)
    explored = explore(found, chance, base, zones=ZONES, draw=numbers.__getitem__)
    every = [one.index for place in explored.options for one in place]
    assert set(base.indices.tolist()) <= set(every)
    for a, b in product(every, every):
        assert a == b or abs(int(found.starts[a] - found.starts[b])) >= HOUR
    for place, shown in zip(explored.options, explored.choice.indices.tolist(), strict=True):
        best = place[0]
        assert shown in [one.index for one in place]
        assert len(place) <= MOST_OPTIONS
        assert all(best.probability - NEAR <= one.probability <= best.probability for one in place)
        assert len({tuple(dates(found.starts[one.index])) for one in place}) == 1
        assert sum(one.shown for one in place) == pytest.approx(1)


def options_by_hand(found, chance, base):
    """The rule, read slowly: every candidate is looked at for every place."""
    listed = [int(found.starts[i]) for i in base.indices]
    day = [tuple(dates(start)) for start in found.starts]
    spoken_for, places = list(listed), []
    for number, best in enumerate(base.indices.tolist()):
        place = [best]
        others = [i for i in base.indices.tolist() if i != best]
        if not any(a == b for i in others for a, b in zip(day[i], day[best], strict=True)):
            for i in sorted(range(found.starts.size), key=lambda i: (-chance[i], found.starts[i])):
                near = chance[best] - NEAR <= chance[i] <= chance[best] and day[i] == day[best]
                suits = not base.wanted[number] or base.kinds[number] in found.kinds[:, i]
                apart = all(abs(int(found.starts[i]) - at) >= HOUR for at in spoken_for)
                if near and suits and apart and len(place) < MOST_OPTIONS:
                    place.append(i)
                    spoken_for.append(int(found.starts[i]))
        places.append(sorted(place, key=lambda i: (-chance[i], found.starts[i])))
    return sorted(places)


@settings(max_examples=200, deadline=None)
@given(lists(), uniform)
def test_the_options_are_those_that_the_rule_names(case, numbers):
    found, chance, limit = case
    chance = close_by(chance)
    base = choose(found, chance, limit=limit, zones=ZONES)
    explored = explore(found, chance, base, zones=ZONES, draw=numbers.__getitem__)
    told = [[one.index for one in place] for place in explored.options]
    assert sorted(sorted(place, key=lambda i: (-chance[i], found.starts[i])) for place in told) == options_by_hand(
        found, chance, base
    )


def day_of_equals():
    """Two days: on the first three times within two points and one below, on the second two."""
    chance = {9: 0.80, 11: 0.79, 13: 0.785, 15: 0.70}
    rows = [(START + 40 * DAY + (h + 6) * HOUR, CORE, CORE) for h in chance]
    rows += [(START + 41 * DAY + (h + 6) * HOUR, CORE, CORE) for h in (9, 11)]
    return candidates(rows), np.array([*chance.values(), 0.788, 0.776])


def test_the_chances_are_those_with_which_it_happens():
    found, chance = day_of_equals()
    base = choose(found, chance, limit=2, zones=ZONES)
    rng = np.random.default_rng(7)
    shown, first, rounds = np.zeros(6), np.zeros(6), 8_000
    for _ in range(rounds):
        numbers = rng.random(2)
        explored = explore(found, chance, base, zones=ZONES, draw=numbers.__getitem__)
        shown[explored.choice.indices] += 1
        first[explored.choice.indices[0]] += 1
    told = {one.index: one for place in explored.options for one in place}
    assert sorted(told) == [0, 1, 2, 4, 5], "the one two points below its best is never an option"
    assert sum(one.first for one in told.values()) == pytest.approx(1)
    for index, one in told.items():
        assert shown[index] / rounds == pytest.approx(one.shown, abs=0.02)
        assert first[index] / rounds == pytest.approx(one.first, abs=0.02)
    assert told[0].shown == pytest.approx(1 - SHARE + SHARE / 3)


@settings(max_examples=100, deadline=None)
@given(lists())
def test_first_adds_up_to_one_and_equals_trying_all_draws(case):
    found, chance, limit = case
    chance = close_by(chance)
    base = choose(found, chance, limit=min(limit, 4), zones=ZONES)
    explored = explore(found, chance, base, zones=ZONES, draw=lambda _place: 0.0)
    places = explored.options
    if not places:
        return
    by_hand = dict.fromkeys((one.index for place in places for one in place), 0.0)
    for drawn in product(*places):
        leader = min(drawn, key=lambda one: (-one.probability, found.starts[one.index]))
        by_hand[leader.index] += prod(one.shown for one in drawn)
    for place in places:
        for one in place:
            assert one.first == pytest.approx(by_hand[one.index])


def test_without_a_share_nothing_changes_and_every_chance_is_one():
    found, chance = day_of_equals()
    base = choose(found, chance, limit=2, zones=ZONES)
    explored = explore(found, chance, base, zones=ZONES, draw=lambda _place: 0.99, share=0.0)
    assert explored.choice.indices.tolist() == base.indices.tolist()
    assert [[one.shown for one in place] for place in explored.options] == [[1.0], [1.0]]
    assert [place[0].first for place in explored.options] == [1.0, 0.0]


def test_what_a_place_may_show_is_off_what_the_day_before_may_show():
    hours = {22: 0.8, 23.5: 0.79, 24: 0.79, 34: 0.8}  # from one midnight on: two of that day, two of the next
    found = candidates([(START + 40 * DAY + int(h * HOUR), CORE, CORE) for h in hours])
    chance, utc = np.array([*hours.values()]), ("UTC", "UTC")
    base = choose(found, chance, limit=2, zones=utc)
    explored = explore(found, chance, base, zones=utc, draw=lambda _place: 0.0)
    assert [[one.index for one in place] for place in explored.options] == [[0, 1], [3]]


def test_the_same_numbers_give_the_same_list():
    found, chance = day_of_equals()
    base = choose(found, chance, limit=2, zones=ZONES)
    lists_ = [explore(found, chance, base, zones=ZONES, draw=[0.95, 0.3].__getitem__) for _ in range(2)]
    assert lists_[0].options == lists_[1].options
    assert lists_[0].choice.indices.tolist() == lists_[1].choice.indices.tolist() == [4, 2]


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_one(share):
    found, chance = day_of_equals()
    base = choose(found, chance, limit=2, zones=ZONES)
    with pytest.raises(ValueError, match="share"):
        explore(found, chance, base, zones=ZONES, draw=lambda _place: 0.0, share=share)
