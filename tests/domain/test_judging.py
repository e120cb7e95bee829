"""The figures are what they say, recounted the slow way; claims are made only where the data carry them."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.worlds import history
from service.domain.judging import judge, measures, roll
from service.domain.judging.challenge import challenge, roll_fixed
from service.domain.judging.diagram import as_svg, as_text, wilson
from service.domain.judging.off_policy import Logged, compare_choices
from service.domain.stability import PRIOR, GlobalTerms
from service.domain.stability.memory import memory_from, usual_hazard

chances = st.floats(0.01, 0.99).map(lambda value: round(value, 2))
cases = st.lists(
    st.tuples(st.booleans(), chances, st.sampled_from([1.0, 1.1, 2.0, 7.0]), st.integers(0, 3)), max_size=60
)


def columns(rows):
    held, chance, lead, pair = zip(*rows, strict=True) if rows else ((), (), (), ())
    return np.array(held, float), np.array(chance, float), np.array(lead, float), np.array(pair, np.int64)


@given(cases)
def test_auc_and_within_pair_are_counts_of_comparisons(rows):
    held, chance, lead, pair = columns(rows)
    found = [
        (1.0 if chance[i] > chance[j] else 0.5 if chance[i] == chance[j] else 0.0, i, j)
        for i in range(len(rows))
        for j in range(len(rows))
        if held[i] and not held[j]
    ]
    auc = measures.auc(held, chance)
    assert auc == (pytest.approx(sum(one[0] for one in found) / len(found)) if found else None)
    alike = [one for one, i, j in found if pair[i] == pair[j] and max(lead[i], lead[j]) / min(lead[i], lead[j]) <= 1.15]
    within = measures.within_pair(held, chance, lead, pair)
    assert within.comparisons == len(alike)
    if alike:
        assert within.auc.value == pytest.approx(sum(alike) / len(alike))
        assert within.auc.low <= within.auc.value + 1e-9
        assert within.auc.high >= within.auc.value - 1e-9
    else:
        assert within.auc is None


@given(cases.filter(bool))
def test_loss_brier_and_calibration(rows):
    held, chance, *_ = columns(rows)
    slow = [-log(p if h else 1 - p) for h, p in zip(held, chance, strict=True)]
    assert measures.losses(held, chance) == pytest.approx(slow)
    assert measures.brier(held, chance) == pytest.approx(
        sum((p - h) ** 2 for h, p in zip(held, chance, strict=True)) / len(rows)
    )
    bins = measures.reliability(held, chance)
    assert sum(one.meetings for one in bins) == len(rows)
    for one in bins:
        inside = [(h, p) for h, p in zip(held, chance, strict=True) if min(int(p * 10), 9) == round(one.low * 10)]
        assert one.held == pytest.approx(np.mean([h for h, _ in inside]))
        assert one.forecast == pytest.approx(np.mean([p for _, p in inside]))
    assert 0 <= measures.calibration_error(bins) <= 1


def test_a_perfectly_calibrated_forecast_is_nearly_so():
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 0.95, 20_000)
    held = (rng.random(20_000) < chance).astype(float)
    assert measures.calibration_error(measures.reliability(held, chance)) < 0.015
    assert measures.calibration_error(measures.reliability(held, np.full(20_000, 0.9))) > 0.3


def test_an_interval_resamples_pairs_and_is_the_same_each_time():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(100):
        upper = rng.binomial(20, 0.6, 40).astype(float)
        interval = measures.ratio(upper, np.full(40, 20.0))
        assert interval == measures.ratio(upper, np.full(40, 20.0))
        inside += interval.low <= 0.6 <= interval.high
    assert inside >= 85


@pytest.fixture(scope="module")
def effects():
    rows = history("effects", pairs=60, meetings=40, seed=11)
    forecasts, learner = roll(rows)
    return rows, forecasts, judge(rows, forecasts, learner)


@pytest.fixture(scope="module")
def nothing():
    """As a history file tells it: what lay around a slot is not known."""
    rows = [row._replace(facts=None) for row in history("none", pairs=100, meetings=40, seed=1)]
    forecasts, learner = roll(rows)
    return rows, forecasts, judge(rows, forecasts, learner)


def test_with_effects_it_is_better_calibrated_and_learns_about_pairs(effects):
    _, _, verdict = effects
    ours, base, lead = (verdict.figures[name] for name in ("holdfast", "base_rate", "lead_only"))
    assert ours.log_loss < lead.log_loss < base.log_loss
    assert verdict.gain["lead_only"].low > 0
    assert ours.ece <= 0.03
    by_past = {one.first: one.auc for one in verdict.by_past}
    assert by_past[11] > by_past[0] + 0.05
    assert verdict.learnt.people < float("inf") or verdict.learnt.pairs < float("inf")
    assert any(claim.startswith("Its forecasts are better than how far ahead") for claim in verdict.claims)


def test_without_effects_no_skill_is_claimed(nothing):
    _, _, verdict = nothing
    ours, lead = verdict.figures["holdfast"], verdict.figures["lead_only"]
    assert ours.log_loss < lead.log_loss * 1.005
    assert abs(verdict.within_whole.auc.value - 0.5) < 0.03
    assert not verdict.predicts
    assert (verdict.learnt.people, verdict.learnt.pairs, verdict.learnt.windows) == (float("inf"),) * 3
    assert any("has not been shown to predict" in claim for claim in verdict.claims)
    assert any("no lasting differences" in claim for claim in verdict.claims)


def test_predicts_is_said_only_where_the_lower_bound_exceeds_chance(effects, nothing):
    for _, _, verdict in (effects, nothing):
        assert verdict.predicts == (verdict.within.auc.low > 0.5)
        assert verdict.predicts == any(claim.startswith("It predicts") for claim in verdict.claims)


@pytest.mark.slow
def test_drift_is_followed():
    rows = history("drift", pairs=60, meetings=40, seed=11)
    forecasts, learner = roll(rows)
    verdict = judge(rows, forecasts, learner)
    assert verdict.learnt.drift < float("inf")
    late = [(row, one) for row, one in zip(rows, forecasts, strict=True) if row.outcome is not None][-500:]
    held = np.mean([row.outcome == "held" for row, _ in late])
    assert np.mean([one.hold for _, one in late]) == pytest.approx(held, abs=0.05)
    assert np.mean([one.lead_only for _, one in late]) > held + 0.05
    assert len(learner.terms("x").drift) > 5


def test_too_little_says_so():
    rows = history("effects", pairs=5, meetings=10, seed=1)
    forecasts, learner = roll(rows)
    (claim,) = judge(rows, forecasts, learner).claims
    assert "too few to say anything" in claim
    empty = judge([], *roll([]))
    assert empty.document()["models"] == {}


def test_fixed_terms_forecast_as_the_product_scores(effects):
    rows = effects[0][:300]
    fixed = roll_fixed(rows, PRIOR)
    for number in (0, 100, 299):
        row = rows[number]
        names = {"pair_id": row.pair_id, "mentor_id": row.mentor_id, "mentee_id": row.mentee_id}
        memory = memory_from([one for one in rows if one is not row], row.booked_at, **names)
        factor = np.prod([one.frailty.r(row.booked_at) for one in (memory.mentor, memory.mentee, memory.pair)])
        factor *= memory.windows[list(type(row.kind)).index(row.kind)].frailty.r(row.booked_at)
        assert fixed[number] == pytest.approx(np.exp(-usual_hazard(row, PRIOR) * factor))


def test_a_fit_must_not_be_worse_than_what_is_in_use(effects, nothing):
    rows, forecasts, _ = effects
    assert challenge(rows, forecasts, PRIOR, None).passed
    mad = GlobalTerms("mad", alpha=1.0, gamma=0.0)
    assert challenge(rows, forecasts, mad, None).fitted < challenge(rows, forecasts, mad, None).in_use
    rows, _, _ = nothing
    worse = [one._replace(hold=0.5) for one in nothing[1]]
    assert not challenge(rows, worse, PRIOR, None).passed
    assert not challenge([], [], PRIOR, None).passed


def test_off_policy_finds_the_value_of_ways_of_choosing():
    """Slots that hold with their stated chance; the log drew them unevenly. Truth: best .9, random .7, earliest .5."""
    rng = np.random.default_rng(3)
    logged = []
    for number in range(6000):
        chance, start = (0.5, 0.7, 0.9), (1, 2, 3)
        odds = (0.2, 0.2, 0.6)
        chosen = int(rng.choice(3, p=odds))
        logged.append(
            Logged(chance, start, chosen, odds[chosen], bool(rng.random() < chance[chosen]), str(number % 50))
        )
    found = compare_choices(logged)
    truth = {"ranked": 0.9, "earliest": 0.5, "random": 0.7}
    for name, value in truth.items():
        assert found.snips[name].value == pytest.approx(value, abs=0.03)
        assert found.snips[name].low <= value <= found.snips[name].high
        assert found.ips[name] == pytest.approx(value, abs=0.05)
    assert compare_choices([]) is None
    assert "too few" in compare_choices(logged[:10]).claims()[0]
    with pytest.raises(ValueError, match="propensity"):
        compare_choices([Logged((0.5,), (1,), 0, 0.0, True, "p")])


def test_the_diagram_shows_every_bin(effects):
    bins = effects[2].reliability
    lines = as_text(bins)
    assert len(lines) == len(bins) + 1
    assert all("|" in line or "*" in line for line in lines[1:])
    svg = as_svg(bins)
    assert svg.count("<circle") == len(bins)
    assert svg.startswith("<svg")
    assert "style=" not in svg
    assert as_svg([]).count("<circle") == 0
    assert wilson(1.0, 10)[1] <= 1.0
    assert wilson(0.0, 10)[0] >= 0.0


def test_a_verdict_becomes_plain_json(effects, nothing):
    import json

    for _, _, verdict in (effects, nothing):
        told = json.loads(json.dumps(verdict.document(), allow_nan=False))
        assert told["claims"]
        assert told["within_pair_at_equal_lead"]["auc"]["low"] < 1
