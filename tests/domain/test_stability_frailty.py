"""Frailties: two sums kept at constant cost say the same as recounting every meeting."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.stability.frailty import HALF_LIFE, K_PAIR, K_TOGETHER, K_WINDOW, Frailty, exposed
from service.domain.timespan import DAY

START = 1_700_000_000
meetings = st.lists(
    st.tuples(st.booleans(), st.floats(0.01, 3), st.integers(0, 900).map(lambda day: START + day * DAY)),
    max_size=25,
)


def recount(k, history, now):
    """``r`` by the book: every meeting gone through anew, each with the ``r`` of those before it."""
    moved = exposure = 0.0
    for index, (is_moved, hazard, at) in enumerate(history):
        weight = 0.5 ** ((now - at) / HALF_LIFE)
        moved += weight * is_moved
        exposure += weight * exposed(is_moved, hazard, recount(k, history[:index], at))
    return (k + moved) / (k + exposure)


@given(meetings.map(lambda items: sorted(items, key=lambda item: item[2])[:9]), st.integers(0, 400))
def test_one_update_a_meeting_equals_recounting_them_all(history, days_later):
    frailty = Frailty(K_PAIR)
    for is_moved, hazard, at in history:
        frailty = frailty.after(is_moved, hazard, at)
    now = max([START, *(at for _, _, at in history)]) + days_later * DAY
    assert frailty.r(now) == pytest.approx(recount(K_PAIR, history, now), rel=1e-9)


@given(meetings, st.randoms())
def test_held_meetings_may_come_in_any_order(history, random):
    shuffled = random.sample(history, len(history))
    ends = []
    for items in (history, shuffled):
        frailty = Frailty(K_PAIR)
        for _, hazard, at in items:
            frailty = frailty.after(False, hazard, at)
        ends.append(frailty.r(START + 1000 * DAY))
    assert ends[0] == pytest.approx(ends[1])


@given(meetings, st.booleans(), st.floats(0.01, 3))
def test_a_move_raises_and_a_meeting_held_lowers_it(history, moved, hazard):
    frailty = Frailty(K_PAIR)
    for item in sorted(history, key=lambda item: item[2]):
        frailty = frailty.after(*item)
    before, after = frailty.r(frailty.at), frailty.after(moved, hazard, frailty.at).r(frailty.at)
    assert after > before if moved else after < before


@pytest.mark.parametrize("moved", [True, False])
def test_one_meeting_never_makes_an_extreme(moved):
    r = Frailty(K_PAIR).after(moved, 0.36, START).r(START)
    assert 0.9 < r < 1.12


def test_a_hundred_meetings_held_still_leave_a_chance_of_a_move():
    frailty = Frailty(K_PAIR)
    for _ in range(100):
        frailty = frailty.after(False, 0.36, START)
    assert 0 < frailty.r(START) < 0.25


@given(st.floats(0.001, 10), st.floats(0.05, 5))
def test_what_is_met_on_average_is_what_moves_on_average(hazard, r):
    """The identity that keeps an ordinary pair at 1: E[moved] = r E[exposure]."""
    moves = 1 - exp(-hazard * r)
    met = moves * exposed(True, hazard, r) + (1 - moves) * exposed(False, hazard, r)
    assert moves == pytest.approx(r * met, rel=1e-6)


@given(st.floats(0, 2000), st.floats(0.01, 50))
def test_a_moved_meeting_met_at_most_half_of_its_hazard(hazard, r):
    assert 0 <= exposed(True, hazard, r) <= hazard / 2 + 1e-9


def test_its_memory_halves_in_180_days_and_ends_at_the_mean():
    frailty = Frailty(K_PAIR).after(True, 0.4, START)
    fresh = frailty.r(START)
    halved = frailty.r(START + 180 * DAY)
    met = frailty.exposure
    assert halved == pytest.approx((K_PAIR + 0.5) / (K_PAIR + met / 2))
    assert fresh > halved > frailty.r(START + 3600 * DAY) == pytest.approx(1, abs=1e-5)
    assert frailty.r(START - DAY) == fresh  # asked about the past it does not grow


def test_a_meeting_still_standing_counts_for_the_part_it_met():
    frailty = Frailty(K_PAIR).after(True, 0.4, START)
    assert frailty.after(False, 0.0, START) == frailty
    assert frailty.after(False, 0.1, START).r(START) < frailty.r(START)


def test_a_hazard_below_zero_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Frailty(K_PAIR).after(True, -0.1, START)


def test_three_that_learn_from_the_same_meetings_spread_like_one():
    assert pytest.approx(1 / K_TOGETHER, abs=0.05) == (1 + 1 / K_PAIR) ** 3 - 1
    assert K_WINDOW > K_PAIR  # a pair in one window is told by few meetings
