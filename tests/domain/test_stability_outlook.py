"""An outlook scores what a search from scratch finds, at any moment and for any part of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from slots_reference import at

from service.app.rank_slots import Search, outlook_of
from service.domain.busy import Busy, BusyKind
from service.domain.churn.table import CELLS, NO_CHURN, ChurnTable
from service.domain.slots import Party, find
from service.domain.stability import NO_MEMORY, PRIOR, Ask, Outcome, memory_from, score, score_many
from service.domain.stability.memory import MeetingRow
from service.domain.timespan import DAY, HOUR, local
from service.domain.windows import Timetable, WeeklyHours, WindowKind

MIDDLE = at("2026-03-29")  # the clocks of Berlin change
KINDS = [BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.OUT_OF_OFFICE]


@st.composite
def parties(draw):
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]))
    hours = WeeklyHours(frozenset(range(draw(st.integers(3, 7)))), draw(st.integers(0, 20)) * 60, 1440)
    rules = Timetable(
        zone, (hours,), (), 0, draw(st.sampled_from([0, 15])), draw(st.sampled_from([None, 1, 3])),
        draw(st.sampled_from([None, "US"])),
    )  # fmt: skip
    rows = draw(st.lists(st.tuples(st.integers(-500, 700), st.integers(1, 100), st.sampled_from(KINDS)), max_size=25))
    busy = Busy.of((MIDDLE + a * 900, MIDDLE + (a + n) * 900, kind) for a, n, kind in rows)
    churn = NO_CHURN
    if draw(st.booleans()):
        seed = draw(st.integers(0, 99))
        churn = ChurnTable(np.random.default_rng(seed).integers(-64, 64, CELLS).astype(np.int8), 9)
    return Party(rules, busy, draw(st.sampled_from([True, True, False])), churn)


memories = st.lists(st.tuples(st.integers(1, 300), st.sampled_from(list(Outcome))), max_size=6).map(
    lambda rows: memory_from(
        [
            MeetingRow(
                MIDDLE - (day + 5) * DAY, MIDDLE - day * DAY, 60, WindowKind.CORE, what, MIDDLE - day * DAY + HOUR
            )
            for day, what in rows
        ],
        MIDDLE - DAY,
    )
)


@settings(max_examples=80, deadline=None)
@given(st.tuples(parties(), parties()), memories, st.integers(-3 * DAY, 2 * DAY), st.integers(1, 5 * DAY), st.data())
def test_an_outlook_is_what_a_search_from_scratch_finds(both, memory, since, length, data):
    now = MIDDLE + since
    not_before = now + data.draw(st.integers(0, 30)) * HOUR
    search = Search(now, not_before, not_before + length, data.draw(st.sampled_from([900, 3600, 9000])))
    outlook = outlook_of(both, search)
    rows = outlook.rows(search.not_before, search.until)
    part = outlook.candidates.only(rows)
    found = find(both, duration=search.duration, not_before=search.not_before, until=search.until)
    assert part.starts.tolist() == found.starts.tolist()
    assert part.kinds.tolist() == found.kinds.tolist()
    assert part.kind.tolist() == found.kind.tolist()
    scores = outlook.score(rows, memory, now)
    alone = score(found, both, memory, now)
    (batch,) = score_many([Ask(found, both, memory)], now, PRIOR)
    for other in (alone, batch):
        np.testing.assert_allclose(scores.probability, other.probability, rtol=1e-12)
        np.testing.assert_allclose(scores.low, other.low, rtol=1e-9)
        np.testing.assert_allclose(scores.contributions, other.contributions, atol=1e-12)
        np.testing.assert_array_equal(scores.inputs.values, other.inputs.values)
        assert scores.varies == other.varies
    if found.starts.size:
        few = np.arange(found.starts.size)[:: max(1, found.starts.size // 5)]
        told = scores.only(few)
        np.testing.assert_allclose(told.high, scores.high[few], rtol=1e-12)
        np.testing.assert_allclose(told.contributions, scores.contributions[few], atol=1e-15)
        assert told.varies == scores.varies == _varies(scores)


@settings(max_examples=40, deadline=None)
@given(st.tuples(parties(), parties()), memories, st.data())
def test_who_asks_again_is_told_what_an_outlook_made_anew_tells(both, memory, data):
    search = Search(MIDDLE - 2 * DAY, MIDDLE - DAY, MIDDLE + 3 * DAY, 3600)
    kept = outlook_of(both, search)
    starts = kept.candidates.starts.tolist() or [MIDDLE]
    for _ in range(3):
        not_before = data.draw(st.sampled_from(starts))
        now, until = not_before - data.draw(st.integers(0, DAY)), not_before + data.draw(st.integers(1, 30)) * HOUR
        rows, anew = kept.rows(not_before, until), outlook_of(both, search)
        ours, theirs = (one.score(rows, memory, now) for one in (kept, anew))
        assert ours.probability.tolist() == theirs.probability.tolist()
        assert ours.varies == theirs.varies
        if ours.probability.size:
            assert ours.varies == _varies(ours)


@given(st.tuples(parties(), parties()))
def test_its_days_are_those_of_each_ones_calendar(both):
    outlook = outlook_of(both, Search(MIDDLE, MIDDLE, MIDDLE + 3 * DAY, 3600))
    for party, days in zip(both, outlook.days.tolist(), strict=True):
        dates = [local(start, party.timetable.zone).date() for start in outlook.candidates.starts.tolist()]
        assert days == sorted(days)
        assert [a == b for a, b in pairwise(days)] == [a == b for a, b in pairwise(dates)]


def _varies(scores):
    return tuple((np.ptp(scores.contributions, axis=0) > 1e-9).tolist())


def test_nothing_is_nothing():
    both = (Party(Timetable("UTC", ()), Busy.empty()), Party(Timetable("UTC", ()), Busy.empty()))
    outlook = outlook_of(both, Search(MIDDLE, MIDDLE, MIDDLE + DAY, 3600))
    rows = outlook.rows(MIDDLE, MIDDLE + DAY)
    assert outlook.score(rows, NO_MEMORY, MIDDLE).probability.size == 0
    assert outlook.days.shape == (2, 0)
