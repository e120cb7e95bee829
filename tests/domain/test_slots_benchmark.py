"""The benchmark answers correctly, notices a wrong answer, and prints what it promises."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def slots(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import slots

    return slots


def test_small_workloads_are_measured_and_right(slots):
    cases = slots.make(slots.W1_PEOPLE, start=slots.W1_FROM + 5 * slots.DAY, days=9, events=40, cases=2, seed=7)
    assert all(case.expected for case in cases)
    figures = slots.measure(cases, rounds=1)
    assert figures["correct"] is True
    assert {"median_us", "floor_us", "sweep_us", "json_to_json_us"} < set(figures)
    wrong = replace(cases[0], expected=cases[0].expected[1:])
    assert slots.measure([wrong], rounds=1)["correct"] is False


def test_prints_one_json_object(slots, monkeypatch, capsys):
    monkeypatch.setattr(
        slots,
        "run",
        lambda workloads, pairs: {
            "W3": slots.measure_pairs(pairs, checked=1),
            "score": slots.measure_scoring(rounds=1),
        },
    )
    assert slots.main(["--json", "--pairs", "3"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["W3"]["correct"] is True
    assert printed["W3"]["pairs_per_s"] > 0
    assert printed["W3"]["scored"] is True
    assert set(printed["W3"]) == {"pairs_per_s", "scored", "peak_mib", "correct"}
    assert printed["score"]["ns_per_candidate"] > 0
    monkeypatch.setattr(slots, "run", lambda workloads, pairs: {"W3": {"correct": False}})
    assert slots.main([]) == 1
    assert "W3 correct False" in capsys.readouterr().out
