"""Reasons: only what the model used, in neutral words, and gone when their cause is gone."""

import re
from dataclasses import replace
from itertools import product
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stability_maker import BREAKFAST, COFFEE, CORE, MONDAY, NEW_YORK, at, party, row, slots, usual

from service.domain.busy import BusyKind
from service.domain.stability import (
    FEATURES,
    NO_MEMORY,
    PRIOR,
    GlobalTerms,
    Outcome,
    Reason,
    memory_from,
    reasons,
    score,
    wording,
)
from service.domain.stability.reasons import MOST_REASONS
from service.domain.stability.scores import TERM_NAMES
from service.domain.timespan import DAY, HOUR
from service.domain.windows import WINDOW_KINDS, WindowKind

NOON = at(2, 12)  # a Wednesday
WEEK_BEFORE = NOON - 7 * DAY
MOVED = Outcome.MOVED


def told(*, mentor=None, mentee=None, now=WEEK_BEFORE, memory=NO_MEMORY, terms=PRIOR, kind=CORE, start=NOON):
    """``{code: reason}`` of one slot; people have what is usual around it unless given."""
    people = [party(*usual(start)) if one is None else one for one in (mentor, mentee)]
    scores = score(slots(start, kind=kind), people, memory, now, terms)
    return {reason.code: reason for reason in reasons(scores, 0)}


def test_a_neutral_slot_has_nothing_to_explain():
    assert told() == {}


@pytest.mark.parametrize(
    ("facts", "code", "text", "helps"),
    [
        ({"now": NOON - 9 * DAY}, "lead", "9 days ahead", False),
        ({"now": NOON - 2 * DAY}, "lead", "2 days ahead", True),
        ({"now": NOON - 30 * HOUR}, "lead", "30 hours ahead", True),
        ({"now": NOON - HOUR}, "lead", "1 hour ahead", True),
        ({"now": NOON - 60}, "lead", "less than an hour ahead", True),
        ({"kind": BREAKFAST}, "window", "breakfasts are assumed to hold a little more often", True),
        ({"mentor": party(), "mentee": party()}, "near", "nothing else within two hours for either", True),
        ({"mentor": party(), "mentee": party()}, "load", "nothing else that day for either", True),
        ({"mentee": party()}, "near_mentee", "nothing else within two hours for the mentee", True),
        (
            {"mentee": party((NOON - 2 * HOUR, NOON - HOUR), (NOON + 2 * HOUR, NOON + 3 * HOUR))},
            "near_mentee",
            "2 other meetings within two hours for the mentee",
            False,
        ),
        (
            {"mentor": party(*[(NOON + n * HOUR, NOON + (n + 1) * HOUR) for n in (-3, -2, 1, 2)])},
            "near_mentor",
            "3 or more other meetings within two hours for the mentor",
            False,
        ),
        ({"mentor": party((NOON - 3 * HOUR, NOON - 2 * HOUR))}, "load_mentor", "1 other meeting that day for the mentor",
         True),
        (
            {"mentor": party(*usual(NOON)[1:], (NOON - HOUR, NOON))},
            "back_to_back_mentor",
            "straight after another meeting for the mentor",
            False,
        ),
        (
            {"mentee": party(*usual(NOON), (NOON + 20 * HOUR, NOON + 40 * HOUR, BusyKind.OUT_OF_OFFICE))},
            "away_mentee",
            "within a day of time out of office for the mentee",
            False,
        ),
    ],
)  # fmt: skip
def test_each_fact_has_its_reason(facts, code, text, helps):
    found = told(**facts)
    assert found[code].text == text
    assert (found[code].effect < 0) is helps


def test_the_edge_of_working_hours():
    start = at(2, 9)
    found = told(start=start, now=start - 7 * DAY)
    assert found == {"edge": Reason("edge", "close to where working hours begin or end for both", pytest.approx(0.1))}


@pytest.mark.parametrize(
    ("day", "text", "helps"), [(0, "early in the week", False), (1, "early in the week", False),
                               (3, "late in the week", True), (4, "late in the week", True)],
)  # fmt: skip
def test_the_week_has_a_slight_slope(day, text, helps):
    start = at(day, 12)
    found = told(start=start, now=start - 7 * DAY)
    assert [reason.text for reason in found.values()] == [text]
    assert (found["weekday"].effect < 0) is helps


def test_where_the_two_calendars_show_different_days_both_are_named():
    start = at(0, 2)
    found = told(start=start, now=start - 7 * DAY, mentee=party(*usual(start), zone=NEW_YORK))
    assert found["weekday"].text == "Monday for the mentor and Sunday for the mentee"


def test_history_is_told_in_plain_counts():
    rows = [row(day, kind=WindowKind.BREAKFAST) for day in (-30, -23, -16, -9)]
    rows += [row(day, MOVED) for day in (-28, -14)]
    found = told(memory=memory_from(rows, WEEK_BEFORE + 7 * DAY), now=WEEK_BEFORE, kind=BREAKFAST)
    assert found["window_history"].text == "4 of 4 breakfasts held"
    assert found["window_history"].effect < 0
    assert found["pair_history"].text == "4 of 6 earlier meetings held"


def test_one_piece_of_evidence_is_told_once():
    memory = memory_from([row(day, MOVED) for day in (-30, -23)], at(0, 0))
    scores = score(slots(NOON), (party(*usual(NOON)), party(*usual(NOON))), memory, WEEK_BEFORE)
    found = {reason.code: reason for reason in reasons(scores, 0)}
    assert set(found) == {"pair_history", "window_history"}
    parts = dict(zip(scores.names, scores.contributions[0], strict=True))
    whole = parts["history:mentor"] + parts["history:mentee"] + parts["history:pair"]
    assert found["pair_history"].effect == pytest.approx(whole)


@pytest.mark.parametrize(("outcome", "word"), [(MOVED, "move"), (Outcome.HELD, "hold")])
def test_meetings_with_others_are_told_without_saying_whose(outcome, word):
    rows = [row(day, outcome, pair_id="other", mentee_id="third") for day in (-30, -23, -16)]
    found = told(memory=memory_from([*rows, row(-10)], at(0, 0)))
    text = found["people_history"].text
    assert f"{word} more often than usual" in text
    assert "mentor" not in text
    assert "mentee" not in text
    assert found["pair_history"].text == "1 of 1 earlier meetings held"


def learned(**more):
    """Terms that were fitted and are sure of themselves."""
    return replace(PRIOR, trained_on=500, deviations={}, **more)


def test_a_learned_window_says_so():
    terms = learned(window={WindowKind.COFFEE: 0.2, WindowKind.LUNCH: -0.2})
    assert told(kind=COFFEE, terms=terms)["window"].text == "coffees after work move more often here"
    lunch = told(kind=WINDOW_KINDS.index(WindowKind.LUNCH), terms=terms)["window"]
    assert lunch == Reason("window", "lunches hold more often here", pytest.approx(-0.2))


def test_it_is_not_said_that_breakfasts_hold_better_unless_the_data_say_so():
    assumed = "breakfasts are assumed to hold a little more often"
    window = {WindowKind.BREAKFAST: -0.1}
    for deviation, words in ((0.2, assumed), (0.06, assumed), (0.04, "breakfasts hold more often here")):
        terms = replace(learned(window=window), deviations={"window:breakfast": deviation})
        assert told(kind=BREAKFAST, terms=terms)["window"].text == words
    assert told(kind=BREAKFAST, terms=PRIOR)["window"].text == assumed
    worse = replace(learned(window={WindowKind.BREAKFAST: 0.3}), deviations={"window:breakfast": 0.05})
    assert told(kind=BREAKFAST, terms=worse)["window"].text == "breakfasts move more often here"


def test_a_reason_goes_when_its_term_has_no_effect():
    busy = party(*[(NOON + n * HOUR, NOON + (n + 1) * HOUR) for n in (-1, 1, 2, 3)])
    assert {"near_mentor", "back_to_back_mentor"} <= set(told(mentor=busy))
    assert "near_mentor" not in told(mentor=busy, terms=replace(PRIOR, beta={"back_to_back": 0.1}))
    assert told(mentor=busy, terms=replace(PRIOR, beta={})) == {}


def test_what_tells_slots_apart_comes_first_then_what_is_the_same():
    memory = memory_from([row(-3 * n, MOVED) for n in range(1, 12)], at(0, 0))
    starts = [NOON, NOON + 7 * DAY]
    scores = score(slots(*starts), (party(), party()), memory, WEEK_BEFORE - 14 * DAY)
    found = reasons(scores, 0)
    same = {"near", "load", "pair_history", "window_history"}
    assert found[0].code == "lead"
    assert [one.code in same for one in found] == [False, True, True, True]
    assert abs(found[1].effect) > abs(found[0].effect)
    alone = reasons(score(slots(starts[0]), (party(), party()), memory, WEEK_BEFORE - 14 * DAY), 0)
    assert [abs(one.effect) for one in alone] == sorted((abs(one.effect) for one in alone), reverse=True)
    assert {one.code for one in alone} == {one.code for one in found}


meetings = st.lists(
    st.tuples(st.integers(-30, 60), st.sampled_from([2, 4, 8]), st.sampled_from(list(BusyKind))), max_size=12
).map(lambda items: [(NOON + q * 900, NOON + (q + n) * 900, kind) for q, n, kind in items if not -n < q < 4])
histories = st.lists(
    st.builds(
        row, st.integers(-60, -9), st.sampled_from(list(Outcome)), kind=st.sampled_from(list(WindowKind)),
        pair_id=st.sampled_from(["pair", "other"]),
    ), max_size=6,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(meetings, meetings, histories, st.integers(1, 40 * 96), st.sampled_from(range(4)), st.integers(0, 1))
def test_reasons_are_the_models_own_terms(mentor, mentee, rows, quarters, kind, index):
    now = NOON - quarters * 900
    memory = memory_from(rows, MONDAY)
    candidates = slots(NOON, NOON + DAY, kind=kind)
    scores = score(candidates, (party(*mentor), party(*mentee, zone=NEW_YORK)), memory, now)
    found = reasons(scores, index)
    assert len(found) <= MOST_REASONS
    assert len({one.code for one in found}) == len(found)
    parts = scores.contributions[index]
    sums = {round(float(sum(combination)), 9) for combination in _sums(parts)}
    for one in found:
        assert abs(one.effect) >= 0.005
        assert round(one.effect, 9) in sums
        assert len(one.text) <= 75
        assert not re.search(r"unreliable|fault|fail|bad|poor|blame|never|always", one.text)


def _sums(parts):
    """Single terms, terms of both seats, and the three that share a pair's evidence."""
    yield from ([part] for part in parts)
    yield from ([parts[n], parts[n + 1]] for n in range(4, len(parts) - 1))
    yield list(parts[-4:-1])


@settings(max_examples=60, deadline=None)
@given(meetings, meetings, st.integers(1, 40 * 96))
def test_taking_away_what_a_reason_names_changes_the_score_and_the_reason(mentor, mentee, quarters):
    now = NOON - quarters * 900
    lists = {"mentor": mentor, "mentee": mentee}
    full = score(slots(NOON), (party(*mentor), party(*mentee)), NO_MEMORY, now)
    for seat, feature in product(lists, FEATURES):
        code = f"{feature.name}_{seat}"
        reason = {one.code: one for one in reasons(full, 0)}.get(code)
        if reason is None or reason.text.startswith("nothing") or feature.name == "edge":
            continue
        rest = {**lists, seat: []}
        cleared = score(slots(NOON), (party(*rest["mentor"]), party(*rest["mentee"])), NO_MEMORY, now)
        assert cleared.probability[0] != full.probability[0]
        assert reason not in reasons(cleared, 0)


values = st.floats(-0.6, 0.6).map(lambda value: round(value, 3))
fitted = st.builds(
    GlobalTerms,
    version=st.just("fitted"),
    alpha=st.floats(-3, 0),
    gamma=values,
    window=st.fixed_dictionaries({kind: values for kind in WINDOW_KINDS if kind is not WindowKind.CORE}),
    weekday=st.tuples(*[values] * 7),
    beta=st.fixed_dictionaries({feature.name: values for feature in FEATURES}),
    trained_on=st.just(500),
    k_person=st.sampled_from([3.0, 30.0, inf]),
    k_pair=st.sampled_from([3.0, 30.0, inf]),
    k_window=st.sampled_from([6.0, inf]),
)


def without(terms, code, kind):
    """The same terms without the one that a reason stands for, and which of the scores' columns that is."""
    feature = next(
        (one.name for one in FEATURES if code in (one.name, f"{one.name}_mentor", f"{one.name}_mentee")), None
    )
    if feature is not None:
        return replace(terms, beta={**terms.beta, feature: 0.0}), (f"{feature}:mentor", f"{feature}:mentee")
    if code == "window":
        return replace(terms, window={**terms.window, kind: 0.0}), ("window",)
    if code == "weekday":
        return replace(terms, weekday=(0.0,) * 7), ("weekday",)
    if code == "lead":
        return replace(terms, alpha=terms.alpha + terms.gamma * float(np.log(7)), gamma=0.0), ("lead",)
    return replace(terms, k_person=inf, k_pair=inf, k_window=inf), tuple(
        n for n in TERM_NAMES if n.startswith("history:")
    )


@settings(max_examples=40, deadline=None)
@given(fitted, meetings, meetings, histories, st.integers(8, 40 * 96), st.sampled_from(range(4)))
def test_a_reason_goes_with_its_term_and_the_score_loses_just_that(terms, mentor, mentee, rows, quarters, kind):
    now, people = NOON - quarters * 900, (party(*mentor), party(*mentee))
    memory = memory_from(rows, MONDAY, terms=terms)
    full = score(slots(NOON, kind=kind), people, memory, now, terms)
    for reason in reasons(full, 0):
        other, names = without(terms, reason.code, WINDOW_KINDS[kind])
        kept = memory_from(rows, MONDAY, terms=other) if other.k_pair != terms.k_pair else memory
        after = score(slots(NOON, kind=kind), people, kept, now, other)
        if "history:pair" in names and kept is memory:
            continue  # nothing is read into the past already, so no such reason could have been given
        assert reason.code not in {one.code for one in reasons(after, 0)}
        columns = [TERM_NAMES.index(name) for name in names]
        assert (after.contributions[0, columns] == 0).all()
        part = float(full.contributions[0, columns].sum())
        assert full.log_hazard[0] - after.log_hazard[0] == pytest.approx(part, abs=1e-9)
        assert any(abs(full.contributions[0, columns]) >= abs(reason.effect) / len(columns) - 1e-12)


@settings(max_examples=30, deadline=None)
@given(fitted, meetings, meetings, st.integers(1, 40 * 96))
def test_with_learned_terms_too_taking_away_what_a_reason_names_changes_the_score(terms, mentor, mentee, quarters):
    now = NOON - quarters * 900
    full = score(slots(NOON), (party(*mentor), party(*mentee)), NO_MEMORY, now, terms)
    for one in reasons(full, 0):
        if one.code == "lead":
            other = score(slots(NOON), (party(*mentor), party(*mentee)), NO_MEMORY, WEEK_BEFORE, terms)
            assert other.probability[0] != full.probability[0]
            assert "lead" not in {reason.code for reason in reasons(other, 0)}
        if one.code == "weekday":
            other = score(
                slots(NOON), (party(*mentor), party(*mentee)), NO_MEMORY, now, replace(terms, weekday=(0.0,) * 7)
            )
            assert other.log_hazard[0] == pytest.approx(full.log_hazard[0] - one.effect)


def test_every_feature_has_words():
    for feature in FEATURES:
        if feature.shared:
            assert wording.shared(feature.name, 0.1)
            assert wording.shared(feature.name, -0.1)
            continue
        for value in range(1, feature.most + 1):
            assert wording.fact(feature, value, "for both").endswith(" for both")
        if feature.usual:
            assert wording.fact(feature, 0, "for either").startswith("nothing else")
    assert set(wording.WINDOWS) == set(WINDOW_KINDS)


def test_a_candidate_that_is_not_there():
    with pytest.raises(IndexError):
        reasons(score(slots(NOON), (party(), party()), NO_MEMORY, WEEK_BEFORE), 1)


def test_effects_of_a_slot_do_not_depend_on_the_others():
    alone = score(slots(NOON), (party(), party()), NO_MEMORY, WEEK_BEFORE)
    among = score(slots(NOON - DAY, NOON, NOON + 3 * DAY), (party(), party()), NO_MEMORY, WEEK_BEFORE)
    np.testing.assert_allclose(alone.contributions[0], among.contributions[1])
