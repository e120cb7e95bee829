"""Worlds whose truth is known: the memory learns what is there, and sees little where nothing is.

The bounds were set with room around what these very worlds (fixed seeds) gave when they were written.
"""

from math import exp

import numpy as np
import pytest
from stability_maker import at, party, slots, usual

from service.domain.stability import NO_MEMORY, PRIOR, GlobalTerms, MeetingRow, MemoryFold, Outcome, score
from service.domain.stability.frailty import K_PAIR, K_PERSON, K_WINDOW
from service.domain.stability.memory import usual_hazard
from service.domain.timespan import DAY, HOUR
from service.domain.windows import WINDOW_KINDS

ROUNDS = 14


def world(*, people, pair, window, mentors=60, fan=2, seed=1):
    """Meetings of many pairs in order of time: ``[round, predicted, held, truth, lead-only]``. ``people``,
    ``pair``, ``window``: the gamma shapes of the true frailties; ``None``: no differences."""
    rng = np.random.default_rng(seed)

    def draw(shape, size=None):
        return np.ones(size or ()) if shape is None else rng.gamma(shape, 1 / shape, size)

    found = []
    for _ in range(mentors):
        fold, mentor = MemoryFold(), draw(people)
        pairs = [(str(n), draw(people) * draw(pair), draw(window, 4)) for n in range(fan)]
        for number in range(ROUNDS):
            for hours, (name, factor, windows) in enumerate(pairs):
                kind = int(rng.integers(4))
                start = at(7 * number, 8 + hours)
                booked = start - int(rng.choice([1, 3, 6])) * DAY
                row = MeetingRow(booked, start, 30, WINDOW_KINDS[kind], None, pair_id=name, mentee_id=name)
                usual_part, known = usual_hazard(row, PRIOR), fold.pair(name, "mentor", name)
                parts = (known.mentor, known.mentee, known.pair, known.windows[kind])
                learned = usual_part * np.prod([part.frailty.r(booked) for part in parts])
                truth = usual_part * mentor * factor * windows[kind]
                held = rng.random() < exp(-truth)
                found.append((number, exp(-learned), held, exp(-truth), exp(-usual_part)))
                outcome = Outcome.HELD if held else Outcome.MOVED
                fold.add(MeetingRow(booked, start, 30, row.kind, outcome, start + HOUR, pair_id=name, mentee_id=name))
    table = np.array(found, float)
    return table[table[:, 0] >= 3]


def log_loss(predicted, held):
    return -np.mean(held * np.log(predicted) + (1 - held) * np.log(1 - predicted))


def test_where_people_differ_it_learns_who_and_stays_calibrated():
    table = world(people=3, pair=3, window=20)
    predicted, held, truth, lead_only = table[:, 1:].T
    assert log_loss(predicted, held) < log_loss(lead_only, held) - 0.02
    assert log_loss(truth, held) < log_loss(predicted, held)
    assert predicted.mean() == pytest.approx(held.mean(), abs=0.04)
    for part in np.array_split(np.argsort(predicted), 4):
        assert predicted[part].mean() == pytest.approx(held[part].mean(), abs=0.08)


def test_where_nobody_differs_it_neither_drifts_nor_raves():
    table = world(people=None, pair=None, window=None)
    predicted, held, _, lead_only = table[:, 1:].T
    assert predicted.mean() == pytest.approx(lead_only.mean(), abs=0.01)
    assert log_loss(predicted, held) < log_loss(lead_only, held) + 0.025
    assert predicted.std() < 0.12


def test_four_intervals_in_five_hold_the_truth():
    """Truths drawn from the prior itself, one slot each: what 80 % is to mean."""
    rng = np.random.default_rng(2)
    start, inside, worlds = at(2, 12), 0, 400
    people = (party(*usual(start)), party(*usual(start)))
    claimed = score(slots(start), people, NO_MEMORY, start - 7 * DAY)
    for _ in range(worlds):
        terms = GlobalTerms(
            "drawn",
            alpha=rng.normal(PRIOR.alpha, 0.5),
            gamma=rng.normal(PRIOR.gamma, 0.15),
            weekday=(0.0, 0.0, rng.normal(0, 0.1), 0.0, 0.0, 0.0, 0.0),
        )
        hazard = exp(score(slots(start), people, NO_MEMORY, start - 7 * DAY, terms).log_hazard[0])
        for shape in (K_PERSON, K_PERSON, K_PAIR, K_WINDOW):
            hazard *= rng.gamma(shape, 1 / shape)
        inside += claimed.low[0] <= exp(-hazard) <= claimed.high[0]
    assert inside / worlds == pytest.approx(0.8, abs=0.05)
