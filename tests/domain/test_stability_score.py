"""The score: the formula as it is written down, its limits, and what it has to say of its own doubt."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stability_maker import BREAKFAST, COFFEE, CORE, NEW_YORK, at, party, row, slots, usual

from service.domain.stability import COEFFICIENTS, NO_MEMORY, PRIOR, GlobalTerms, Outcome, memory_from, score
from service.domain.timespan import DAY, HOUR
from service.domain.windows import WINDOW_KINDS, WindowKind

NOON = at(2, 12)  # a Wednesday: neither early nor late in the week
MOVED = Outcome.MOVED


def neutral(start=NOON, now=None, memory=NO_MEMORY, terms=PRIOR, kind=CORE):
    people = (party(*usual(start)), party(*usual(start)))
    return score(slots(start, kind=kind), people, memory, start - 7 * DAY if now is None else now, terms)


def test_a_neutral_slot_seven_days_ahead_holds_seven_times_in_ten():
    assert neutral().probability[0] == pytest.approx(0.70, abs=0.005)
    assert neutral().probability[0] == pytest.approx(exp(-exp(-1.7 + 0.35 * log(7))))


def test_the_whole_formula_written_out():
    rows = [row(day, MOVED if day % 3 else Outcome.HELD, kind=WindowKind.BREAKFAST) for day in range(-90, -10, 7)]
    now = at(0, 9)
    memory = memory_from(rows, now)
    start = at(14, 8)  # a Monday; breakfast
    mentor = party((at(14, 6), at(14, 7, 55)), (at(14, 9, 30), at(14, 10)), (at(14, 15), at(14, 16)))
    scores = score(slots(start, kind=BREAKFAST), (mentor, party()), memory, now)
    r = [one.frailty.r(now) for one in (memory.mentor, memory.mentee, memory.pair, memory.windows[BREAKFAST])]
    global_part = -1.7 + 0.35 * log((start - now) / DAY) - 0.1 + 0.06
    near, load, back_to_back = 0.08 * ((2 - 1) + (0 - 1)), 0.03 * ((3 - 3) + (0 - 3)), 0.1
    hazard = exp(global_part + near + load + back_to_back) * np.prod(r)
    assert scores.probability[0] == pytest.approx(exp(-hazard), rel=1e-12)
    assert scores.log_hazard[0] == pytest.approx(log(hazard))
    assert all(factor > 1 for factor in r)


def test_parts_add_up_and_have_names():
    scores = neutral(memory=memory_from([row(-9, MOVED)], at(0, 0)))
    assert scores.contributions.shape == (1, len(scores.names))
    np.testing.assert_allclose(scores.contributions.sum(axis=1), scores.log_hazard)
    part = dict(zip(scores.names, scores.contributions[0], strict=True))
    assert part["base"] == pytest.approx(-1.7 + 0.35 * log(7))
    assert part["history:pair"] > 0
    quiet = {name for name in scores.names if not name.startswith(("base", "history"))}
    assert {name for name in quiet if abs(part[name]) > 1e-12} == set()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-10, 400 * 96), min_size=2, max_size=20, unique=True))
def test_probability_never_rises_with_lead(quarters):
    """All else equal: two people without meetings, on one weekday's clock."""
    terms = replace(PRIOR, weekday=(0.0,) * 7, beta={})
    now = at(0, 0)
    starts = sorted(now + quarter * 900 for quarter in quarters)
    probability = score(slots(*starts), (party(), party()), NO_MEMORY, now, terms).probability
    assert np.all(np.diff(probability) <= 0)


def test_lead_is_concave_and_floored_at_an_hour():
    people, now = (party(), party()), NOON
    starts = [now - HOUR, now + 600, now + HOUR, now + 2 * HOUR]
    hazards = np.exp(score(slots(*starts), people, NO_MEMORY, now).log_hazard)
    assert hazards[0] == hazards[1] == hazards[2] < hazards[3]
    daily = [np.exp(neutral(now=NOON - days * DAY).log_hazard[0]) / days for days in (1, 7, 28)]
    assert daily == sorted(daily, reverse=True)


@pytest.mark.parametrize("alpha", [-1000.0, -40.0, 0.0, 40.0, 1000.0])
def test_never_certain(alpha):
    scores = neutral(terms=replace(PRIOR, alpha=alpha))
    for value in (scores.probability[0], scores.low[0], scores.high[0]):
        assert 0 < value < 1


def test_windows_differ_by_what_the_terms_say_of_them():
    core, breakfast, coffee = (neutral(kind=kind).probability[0] for kind in (CORE, BREAKFAST, COFFEE))
    assert breakfast == coffee > core
    flat = replace(PRIOR, window={})
    assert neutral(kind=BREAKFAST, terms=flat).probability[0] == neutral(kind=CORE, terms=flat).probability[0]


def test_the_weekday_is_each_ones_own_and_counts_half():
    start = at(0, 2)  # Monday in UTC, still Sunday in New York
    at_home = score(slots(start), (party(), party()), NO_MEMORY, start - 7 * DAY)
    apart = score(slots(start), (party(), party(zone=NEW_YORK)), NO_MEMORY, start - 7 * DAY)
    weekday = at_home.names.index("weekday")
    assert at_home.contributions[0, weekday] == pytest.approx(0.06)
    assert apart.contributions[0, weekday] == pytest.approx(0.03)


def test_history_moves_the_score_and_fades():
    good, bad = (memory_from([row(day, what) for day in range(-60, -5, 7)], at(0, 0)) for what in (Outcome.HELD, MOVED))
    assert neutral(memory=good).probability[0] > neutral().probability[0] > neutral(memory=bad).probability[0]
    later = neutral(start=at(702, 12), memory=bad).probability[0]  # a Wednesday two years on
    assert neutral(memory=bad).probability[0] < later < neutral().probability[0]


def test_a_memory_newer_than_now_does_not_grow():
    bad = memory_from([row(day, MOVED) for day in range(0, 400, 7)], at(401, 0))
    fresh, early = (neutral(start=at(day, 12), memory=bad).probability[0] for day in (2 + 58 * 7, 2))
    assert early == pytest.approx(fresh, abs=0.01)


def test_a_window_history_tells_slots_of_one_list_apart():
    memory = memory_from([row(day, kind=WindowKind.BREAKFAST) for day in range(-60, -5, 7)], at(0, 0))
    terms = replace(PRIOR, window={})
    core, breakfast = (neutral(kind=kind, memory=memory, terms=terms).probability[0] for kind in (CORE, BREAKFAST))
    assert breakfast > core


def test_the_interval_holds_the_probability_and_narrows_as_history_grows():
    widths = []
    for count in (0, 5, 40):
        rows = [row(-1 - n, MOVED if n % 3 == 0 else Outcome.HELD) for n in range(count)]
        scores = neutral(memory=memory_from(rows, at(1, 0)))
        assert scores.low[0] < scores.probability[0] < scores.high[0]
        widths.append(scores.deviation[0])
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3


def test_the_interval_is_the_delta_method_on_the_log_hazard():
    deviations = {"alpha": 0.3, "gamma": 0.1, "near": 0.05, "weekday:wed": 0.2}
    terms = replace(PRIOR, deviations=deviations)
    start, now = NOON, NOON - 3 * DAY
    scores = score(slots(start), (party(*usual(start)), party()), NO_MEMORY, now, terms)
    variance = 0.3**2 + (0.1 * log(3)) ** 2 + 0.05**2 + 0.2**2 + 3 / 9 + 1 / 20
    assert scores.deviation[0] == pytest.approx(variance**0.5)
    assert log(-log(scores.low[0])) - log(-log(scores.high[0])) == pytest.approx(2 * 1.28155 * variance**0.5, rel=1e-4)


def test_a_fits_covariance_takes_the_place_of_deviations():
    size = len(COEFFICIENTS)
    covariance = np.diag([PRIOR.deviations.get(name, 0.0) ** 2 for name in COEFFICIENTS])
    same = neutral(terms=replace(PRIOR, deviations={}, covariance=covariance))
    assert same.low[0] == pytest.approx(neutral().low[0])
    covariance[0, 1] = covariance[1, 0] = -0.03  # a fit knows the line better than its two ends
    assert neutral(terms=replace(PRIOR, covariance=covariance)).deviation[0] < same.deviation[0]
    with pytest.raises(ValueError, match=str(size)):
        replace(PRIOR, covariance=np.eye(size - 1))


def test_terms_that_the_model_lacks_are_refused_by_name():
    with pytest.raises(ValueError, match="moon"):
        replace(PRIOR, beta={"moon": 0.1})
    with pytest.raises(ValueError, match="window:tea"):
        replace(PRIOR, deviations={"window:tea": 0.1})
    with pytest.raises(ValueError, match="seven"):
        replace(PRIOR, weekday=(0.0,) * 5)


def test_terms_left_out_have_no_effect():
    bare = GlobalTerms("bare", alpha=-1.0, gamma=0.0)
    assert neutral(terms=bare).probability[0] == pytest.approx(exp(-exp(-1.0)))
    assert bare.trained_on == 0
    assert bare.vector.shape == (len(COEFFICIENTS),)


def test_the_prior_is_what_the_documents_say():
    assert (PRIOR.alpha, PRIOR.gamma) == (-1.7, 0.35)
    assert {kind: PRIOR.window.get(kind, 0.0) for kind in WINDOW_KINDS} == {
        WindowKind.BREAKFAST: -0.1, WindowKind.CORE: 0.0, WindowKind.LUNCH: 0.0, WindowKind.COFFEE: -0.1,
    }  # fmt: skip
    assert PRIOR.weekday[4] - PRIOR.weekday[0] == pytest.approx(-0.12)
    assert PRIOR.deviations["alpha"] == 0.5
    assert PRIOR.deviations["gamma"] == 0.15
    # All that lies around a slot makes a move likelier, but for a neighbour that recurs: that one rarely gives way.
    assert {name for name, value in PRIOR.beta.items() if value <= 0} == {"series"}


def test_what_the_scores_rest_on_is_said():
    assert neutral().basis == "prior"
    assert neutral(memory=memory_from([row(-9)], at(0, 0))).basis == "learned"
    assert neutral(terms=replace(PRIOR, trained_on=200)).basis == "learned"


def test_no_candidates_no_scores():
    scores = score(slots(), (party(), party()), NO_MEMORY, NOON)
    assert scores.probability.size == scores.low.size == scores.high.size == 0
    assert scores.contributions.shape == (0, len(scores.names))
    assert not any(scores.varies)


@pytest.mark.parametrize("people", [1, 3])
def test_the_model_is_of_two_people(people):
    with pytest.raises(ValueError, match="two people"):
        score(slots(NOON), [party()] * people, NO_MEMORY, NOON)
