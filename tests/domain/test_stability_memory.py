"""What the model remembers: only what was known at the time, and only of the time first booked."""

from itertools import pairwise
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stability_maker import BERLIN, NEW_YORK, at, row

from service.domain.stability import NO_MEMORY, PRIOR, GlobalTerms, MemoryFold, Outcome, memory_from
from service.domain.stability.frailty import Frailty
from service.domain.stability.memory import usual_hazard
from service.domain.timespan import DAY, HOUR, MINUTE
from service.domain.windows import WINDOW_KINDS, WindowKind

HELD, MOVED, CANCELLED, MISSED = Outcome
NOW = at(100, 12)
WINDOW = WINDOW_KINDS.index


def r(memory, now=NOW):
    return memory.pair.frailty.r(now)


@st.composite
def meeting_rows(draw):
    day, lead = draw(st.integers(0, 200)), draw(st.sampled_from([0.02, 1, 7, 40]))
    outcome = draw(st.sampled_from([*Outcome, None]))
    one = row(
        day,
        outcome,
        lead_days=lead,
        hour=draw(st.integers(0, 23)),
        kind=draw(st.sampled_from([*WindowKind, None])),
        zone=draw(st.sampled_from([BERLIN, NEW_YORK, None])),
        pair_id=draw(st.sampled_from(["pair", "other"])),
        mentee_id=draw(st.sampled_from(["mentee", None])),
    )
    known = draw(st.none() | st.integers(-30, 30))
    return one._replace(outcome_at=None if known is None else max(one.booked_at, one.first_start + known * DAY))


@given(st.lists(meeting_rows(), max_size=12), st.data())
def test_nothing_that_became_known_later_has_any_influence(rows, data):
    before = memory_from(rows, NOW)
    changed = []
    for one in rows:
        at_ = one.speaks_at
        if at_ is not None and at_ <= NOW:
            changed.append(one)
            continue
        if data.draw(st.booleans(), label="dropped"):
            continue
        known_later = one.outcome_at is not None and one.outcome_at > NOW
        begins_later = one.first_start > NOW
        outcome = data.draw(st.sampled_from([*Outcome, None])) if known_later or begins_later else one.outcome
        changed.append(one._replace(outcome=outcome))
    assert memory_from(changed, NOW) == before


@given(st.lists(meeting_rows(), max_size=12))
def test_folding_in_place_is_taking_in_one_meeting_after_the_other(rows):
    rows = sorted((one for one in rows if one.speaks_at is not None), key=lambda one: one.speaks_at)
    fold, kept = MemoryFold(), {}
    for one in rows:
        fold.add(one)
        at_ = one.speaks_at
        names = [("pair", one.pair_id), ("person", one.mentor_id), ("person", one.mentee_id), ("window", one.kind)]
        keys = [(what, name, one.pair_id if what == "window" else "") for what, name in names if name is not None]
        spreads = {"pair": PRIOR.k_pair, "person": PRIOR.k_person, "window": PRIOR.k_window}
        before = [kept.get(key, Frailty(spreads[key[0]])) for key in keys]
        hazard = usual_hazard(one, PRIOR) * prod(frailty.r(at_) for frailty in before)
        for key, frailty in zip(keys, before, strict=True):
            kept[key] = frailty.after(one.outcome is not HELD, hazard / frailty.r(at_), at_)
    memory = fold.pair("pair", "mentor", "mentee")
    found = {("pair", "pair", ""): memory.pair, ("person", "mentor", ""): memory.mentor}
    found[("person", "mentee", "")] = memory.mentee
    found |= {("window", kind, "pair"): one for kind, one in zip(WINDOW_KINDS, memory.windows, strict=True)}
    for key, history in found.items():
        assert history.frailty == kept.get(key, Frailty(history.frailty.k))
    ours = [one for one in rows if one.pair_id == "pair"]
    assert (memory.pair.known, memory.pair.held) == (len(ours), sum(one.outcome is HELD for one in ours))


@given(st.lists(meeting_rows(), max_size=10, unique_by=lambda one: (one.booked_at, one.first_start)), st.randoms())
def test_the_order_of_rows_says_nothing(rows, random):
    assert memory_from(random.sample(rows, len(rows)), NOW) == memory_from(rows, NOW)


def test_a_meeting_counts_as_held_only_once_it_is_over():
    one = row(100, hour=12)  # begins now
    assert memory_from([one], NOW).blank
    assert memory_from([one], NOW + HOUR).pair.held == 1
    early = one._replace(outcome_at=NOW - 5 * DAY)  # a word given too early changes nothing
    assert memory_from([early], NOW).blank


def test_a_move_is_counted_when_its_first_time_has_come():
    one = row(100, MOVED, hour=12, outcome_at=NOW - 5 * DAY)
    assert memory_from([one], NOW - 1).blank
    assert memory_from([one], NOW).pair.known == 1


def test_a_move_seen_after_its_time_is_known_only_then():
    one = row(90, MOVED, outcome_at=at(95, 0))
    assert memory_from([one], at(94, 0)).blank
    assert r(memory_from([one], at(95, 0))) > 1


@pytest.mark.parametrize("outcome", [MOVED, CANCELLED, MISSED])
def test_whatever_did_not_take_place_then_did_not_hold(outcome):
    memory = memory_from([row(90, outcome)], NOW)
    assert (memory.pair.held, memory.pair.known) == (0, 1)
    assert r(memory) > 1


def test_a_row_without_an_outcome_is_neither_good_nor_bad():
    assert memory_from([row(90, None)], NOW) == NO_MEMORY


def test_a_row_entered_after_the_fact_says_nothing():
    assert memory_from([row(90, HELD, lead_days=0)], NOW) == NO_MEMORY


def test_counts_behind_a_reason_are_of_the_pair_and_its_window():
    rows = [row(day, kind=WindowKind.BREAKFAST) for day in (70, 77, 84, 91)] + [row(80, MOVED)]
    memory = memory_from(rows, NOW)
    breakfast, core = (memory.windows[WINDOW(kind)] for kind in (WindowKind.BREAKFAST, WindowKind.CORE))
    assert (breakfast.held, breakfast.known) == (4, 4)
    assert (core.held, core.known) == (0, 1)
    assert (memory.pair.held, memory.pair.known) == (4, 5)
    assert breakfast.frailty.r(NOW) < 1 < core.frailty.r(NOW)
    assert not memory.blank


def test_a_row_without_a_kind_speaks_of_no_window():
    memory = memory_from([row(90, MOVED, kind=None)], NOW)
    assert memory.windows == NO_MEMORY.windows
    assert r(memory) > 1


def test_people_bring_what_they_did_with_others():
    rows = [row(day, MOVED, pair_id="other", mentee_id="third") for day in (70, 77, 84)]
    memory = memory_from(rows, NOW)
    assert memory.mentor.known == 3
    assert memory.mentor.frailty.r(NOW) > 1
    assert memory.mentee == NO_MEMORY.mentee
    assert memory.pair == NO_MEMORY.pair
    assert not memory.blank


def test_a_row_may_be_without_a_mentee():
    rows = [row(90, MOVED, mentee_id=None)]
    assert memory_from(rows, NOW, mentee_id=None).mentee == NO_MEMORY.mentee
    assert memory_from(rows, NOW).pair.known == 1


def test_together_the_frailties_explain_a_meeting_once():
    """The exposure of each leaves out what the others explain: told of a pair that always moves, later
    meetings raise it less and less."""
    fold, steps = MemoryFold(), []
    for day in range(0, 100, 10):
        fold.add(row(day, MOVED, outcome_at=at(day, 0)))
        steps.append(r(fold.pair("pair", "mentor", "mentee"), at(day, 10)))
    rises = [later - earlier for earlier, later in pairwise(steps)]
    assert all(rise > 0 for rise in rises)
    assert rises == sorted(rises, reverse=True)


def test_each_is_told_the_hazard_that_the_others_leave_to_it():
    rows = [row(90), row(90, hour=12)]
    first, both = memory_from(rows[:1], at(90, 13)), memory_from(rows, at(90, 13))
    known = at(90, 13)
    hazard = usual_hazard(rows[1], PRIOR)
    names = ("mentor", "mentee", "pair")
    factors = {name: getattr(first, name).frailty.r(known) for name in names}
    factors["window"] = first.windows[WINDOW(WindowKind.CORE)].frailty.r(known)
    others = factors["mentor"] * factors["mentee"] * factors["window"]
    added = both.pair.frailty.exposure - first.pair.frailty.exposure
    assert added == pytest.approx(hazard * others, rel=1e-3)  # two hours of fading apart
    assert added < hazard * 0.95


@given(st.lists(meeting_rows(), max_size=8))
def test_row_by_row_gives_what_all_at_once_gives(rows):
    fold = MemoryFold()
    for one in sorted(rows, key=lambda one: (one.speaks_at or 0, one.booked_at, one.first_start)):
        if one.speaks_at is None or one.speaks_at <= NOW:
            fold.add(one)
    assert fold.pair("pair", "mentor", "mentee") == memory_from(rows, NOW)


def test_the_hazard_of_a_row_follows_lead_window_and_weekday():
    plain = row(0, lead_days=7, kind=None)
    assert usual_hazard(plain, PRIOR) == pytest.approx(0.361, abs=0.001)
    assert usual_hazard(row(0, lead_days=30, kind=None), PRIOR) > usual_hazard(plain, PRIOR)
    assert usual_hazard(row(0, kind=WindowKind.COFFEE), PRIOR) < usual_hazard(plain, PRIOR)
    late = plain._replace(first_start=plain.first_start + 17 * HOUR, booked_at=plain.booked_at + 17 * HOUR)
    # 03:00 on Tuesday in UTC is still Monday in New York.
    monday, tuesday = (usual_hazard(late._replace(zone=zone), PRIOR) for zone in (NEW_YORK, BERLIN))
    assert monday > tuesday > usual_hazard(late, PRIOR)


def test_a_lead_of_minutes_counts_as_an_hour():
    terms = GlobalTerms("steep", alpha=0.0, gamma=1.0)
    minutes, hour = row(0, lead_days=10 * MINUTE / DAY, kind=None), row(0, lead_days=1 / 24, kind=None)
    assert usual_hazard(minutes, terms) == usual_hazard(hour, terms) == pytest.approx(1 / 24)
