"""What lies around a slot, in one pass for many pairs: equal to looking it up meeting by meeting."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stability_maker import BERLIN, CORE, NEW_YORK, UTC, at, churn_by_hand, party, slots, some_churn

from service.domain.busy import KINDS, Busy, BusyKind
from service.domain.churn import NO_CHURN
from service.domain.stability import FEATURES, PRIOR, Ask, memory_from, score, score_many
from service.domain.timespan import DAY, HOUR, MINUTE, local
from service.domain.windows import WINDOW_KINDS, WeeklyHours, WindowKind, window_spans

NAMES = [feature.name for feature in FEATURES]
ZONES = (UTC, BERLIN, NEW_YORK, "Pacific/Auckland", "Asia/Kathmandu")
NIGHT = (WeeklyHours(frozenset(range(7)), 22 * 60, 6 * 60),)
SPLIT = (WeeklyHours(frozenset({0, 2, 4}), 9 * 60, 12 * 60), WeeklyHours(frozenset({0, 2, 4}), 13 * 60, 18 * 60))
NOW = at(-7, 0)

quarters = st.integers(-2 * 96, 9 * 96)
busy = st.lists(
    st.tuples(quarters, st.sampled_from([1, 2, 4, 8, 96, 300]), st.sampled_from([*BusyKind, BusyKind.BUSY])),
    max_size=25,
    unique=True,
).map(lambda items: [(at(0, 0, 15 * q), at(0, 0, 15 * (q + n)), kind) for q, n, kind in items])


def someone(items, again, zone, hours, churn):
    """A person with meetings, some of which are known to recur."""
    plain = party(*items, zone=zone, **({"hours": hours} if hours else {}))
    times = Busy.union([plain.busy, Busy.of(again).in_series()]) if again else plain.busy
    return replace(plain, busy=times, churn=churn)


people = st.builds(
    someone,
    busy,
    st.one_of(st.just([]), busy),
    st.sampled_from(ZONES),
    st.sampled_from([None, NIGHT, SPLIT]),
    st.one_of(st.just(NO_CHURN), st.integers(0, 9).map(some_churn)),
)
starts = st.lists(st.integers(0, 7 * 96).map(lambda q: at(0, 0, 15 * q)), min_size=1, max_size=12, unique=True)


def by_hand(person, code, start, end):
    """The features of one slot, written out."""
    items = [
        (int(s), int(e), KINDS[c])
        for s, e, c in zip(person.busy.starts, person.busy.ends, person.busy.codes, strict=True)
    ]
    meetings = [item for item in items if item[2] is not BusyKind.OUT_OF_OFFICE]
    zone = person.timetable.zone
    date = local(start, zone).replace(tzinfo=None, fold=0, hour=0, minute=0, second=0)
    today = lambda s, e: (  # noqa: E731
        local(s, zone).replace(tzinfo=None) < date + timedelta(days=1) and local(e, zone).replace(tzinfo=None) > date
    )
    edge = 0
    if code == CORE:
        spans = window_spans(person.timetable, start - 2 * DAY, end + DAY)
        core = [(s, e) for s, e, c in zip(spans.starts, spans.ends, spans.codes, strict=True) if c == CORE]
        around = [(s, e) for s, e in core if s <= start and end <= e]
        edge = int(any(start - s < 30 * MINUTE or e - end < 30 * MINUTE for s, e in around))
    return [
        min(3, sum(s < end + 2 * HOUR and e > start - 2 * HOUR for s, e, _ in meetings)),
        min(8, sum(today(s, e) for s, e, _ in meetings)),
        int(any(start - 10 * MINUTE <= e <= start for _, e, _ in meetings)),
        edge,
        int(any(s < end + DAY and e > start - DAY for s, e, k in items if k is BusyKind.OUT_OF_OFFICE)),
        churn_by_hand(person, start, end, NOW),
        min(3, sum(s < end + 2 * HOUR and e > start - 2 * HOUR for s, e in again_and_again(person))),
    ]


def again_and_again(person):
    """The meetings known to recur."""
    busy = person.busy
    flags = [False] * busy.starts.size if busy.series is None else busy.series.tolist()
    return [
        (int(s), int(e))
        for s, e, c, flag in zip(busy.starts, busy.ends, busy.codes, flags, strict=True)
        if flag and KINDS[c] is not BusyKind.OUT_OF_OFFICE
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(people, people, starts, st.sampled_from([30, 60, 50])), min_size=1, max_size=4), st.data())
def test_in_one_pass_equals_one_by_one(pairs, data):
    asks = []
    for mentor, mentee, begins, minutes in pairs:
        kind = data.draw(st.sampled_from([CORE, CORE, *range(len(WINDOW_KINDS))]), label="kind")
        candidates = slots(*sorted(begins), kind=kind, duration=minutes * MINUTE)
        asks.append(Ask(candidates, (mentor, mentee), memory_from([], NOW)))
    for ask, scores in zip(asks, score_many(asks, NOW), strict=True):
        begins = ask.candidates.starts.tolist()
        for seat, person in enumerate(ask.parties):
            for i, start in enumerate(begins):
                end, code = start + ask.candidates.duration, int(ask.candidates.kinds[seat, i])
                # A slot is free: what overlaps it is no neighbour, and nobody asks.
                if person.busy.overlaps(start, end):
                    continue
                assert scores.inputs.values[:, seat, i].tolist() == by_hand(person, code, start, end)
                assert scores.inputs.weekdays[seat, i] == local(start, person.timetable.zone).weekday()


@settings(max_examples=60, deadline=None)
@given(people, people, starts, quarters, st.sampled_from([1, 4, 96]), st.sampled_from(list(BusyKind)), st.booleans())
def test_another_meeting_never_makes_a_slot_hold_better(mentor, mentee, begins, quarter, length, kind, first):
    candidates = slots(*sorted(begins))
    new = Busy.of([(at(0, 0, 15 * quarter), at(0, 0, 15 * (quarter + length)), kind)])
    full = replace(mentor, busy=Busy.union([mentor.busy, new]))
    seats = ((mentor, mentee), (full, mentee)) if first else ((mentee, mentor), (mentee, full))
    before, after = (score(candidates, seat, memory_from([], NOW), NOW).probability for seat in seats)
    free = ~np.array([full.busy.overlaps(s, s + HOUR) for s in begins])[np.argsort(begins)]
    assert np.all(after[free] <= before[free] + 1e-12)


@pytest.mark.parametrize(
    ("meetings", "found"),
    [
        ([(at(0, 8), at(0, 10, 15))], 1),
        ([(at(0, 8), at(0, 10))], 0),  # over just when the two hours before begin
        ([(at(0, 15), at(0, 16))], 0),  # begins just when the two hours after are over
        ([(at(0, 14, 45), at(0, 16))], 1),
        ([(at(0, 10), at(0, 11)), (at(0, 10), at(0, 11, 30))], 2),  # two at once are two
        ([(at(0, 10), at(0, 11), BusyKind.OUT_OF_OFFICE)], 0),  # an absence is no meeting
    ],
)
def test_two_hours_are_measured_from_the_slots_ends(meetings, found):
    values = score(slots(at(0, 12)), (party(*meetings), party()), memory_from([], NOW), NOW).inputs.values
    assert values[NAMES.index("near"), :, 0].tolist() == [found, 0]


@pytest.mark.parametrize(("minutes", "found"), [(0, 1), (10, 1), (11, 0)])
def test_ten_minutes_are_back_to_back_and_eleven_are_not(minutes, found):
    end = at(0, 12) - minutes * MINUTE
    values = score(slots(at(0, 12)), (party((end - HOUR, end)), party()), memory_from([], NOW), NOW).inputs.values
    assert values[NAMES.index("back_to_back"), :, 0].tolist() == [found, 0]


@pytest.mark.parametrize("day", range(-2, 33))
def test_days_are_right_wherever_a_kept_table_begins_or_ends(day):
    for hour, zone in ((2, NEW_YORK), (22, "Pacific/Auckland")):
        start = at(day, hour)
        person = party((start + HOUR, start + 90 * MINUTE), zone=zone)
        scores = score(slots(start, duration=30 * MINUTE), (person, person), memory_from([], NOW), NOW)
        assert scores.inputs.weekdays[0, 0] == local(start, zone).weekday()
        assert scores.inputs.values[NAMES.index("load"), 0, 0] == 1


def test_the_day_is_the_persons_own():
    evening = (at(0, 23), at(1, 0))  # Tuesday 01:00 in Berlin
    values = score(
        slots(at(0, 10), at(1, 10)), (party(evening), party(evening, zone=BERLIN)), memory_from([], NOW), NOW
    ).inputs.values
    assert values[NAMES.index("load")].tolist() == [[1, 0], [0, 1]]


def test_the_edge_of_working_hours_is_one_of_core_slots_alone():
    starts = (at(0, 9), at(0, 9, 30), at(0, 15, 30), at(0, 15, 45))
    edge = NAMES.index("edge")
    for kind, expected in ((CORE, [1, 0, 0, 1]), (WINDOW_KINDS.index(WindowKind.LUNCH), [0, 0, 0, 0])):
        values = score(slots(*starts, kind=kind), (party(), party()), memory_from([], NOW), NOW).inputs.values
        assert values[edge, 0].tolist() == expected


def test_a_time_outside_of_working_hours_is_not_at_their_edge():
    values = score(slots(at(0, 17, 15), at(5, 12)), (party(), party()), memory_from([], NOW), NOW).inputs.values
    assert values[NAMES.index("edge"), 0].tolist() == [0, 0]


def test_many_pairs_at_once_score_as_each_alone(monkeypatch):
    monkeypatch.setattr("service.domain.stability.model.BATCH_SLOTS", 5)
    asks = [
        Ask(
            slots(*(at(day, 9 + n) for day in range(n))),
            (party((at(n, 9), at(n, 11)), zone=ZONES[n % 5]), party((at(1, 8), at(1, 9)), hours=SPLIT)),
            memory_from([], NOW),
        )
        for n in (3, 0, 4, 1, 2)
    ]
    together = score_many(asks, NOW)
    assert len(together) == len(asks)
    for ask, scores in zip(asks, together, strict=True):
        alone = score(ask.candidates, ask.parties, ask.memory, NOW, PRIOR)
        np.testing.assert_allclose(scores.probability, alone.probability, rtol=1e-12)
        np.testing.assert_allclose(scores.low, alone.low, rtol=1e-12)
        np.testing.assert_allclose(scores.contributions, alone.contributions, atol=1e-12)
    assert score_many([], NOW) == []
