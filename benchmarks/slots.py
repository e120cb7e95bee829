"""How fast all free slots are found, beside what it could cost at least and what plain Python costs, in one run.

``python -m benchmarks.slots [--json] [--workloads FOLDER] [--pairs 10000]``; times are medians over rounds in which the
four take turns, in microseconds a case, of processor time: on a quiet machine what a clock shows, and on one that others use
too not far from it. Every answer is compared first.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cases import (
    DURATION,
    STEP,
    W1_FROM,
    W1_PEOPLE,
    W2_FROM,
    W2_PEOPLE,
    WORK_ONLY,
    Case,
    make,
    pairs,
    read,
    slow_starts,
    spans_one_by_one,
)
from service.domain.busy import Busy, Ints
from service.domain.slots import Party, find
from service.domain.stability import NO_MEMORY, Ask, score, score_many
from service.domain.time_text import epochs, rfc3339_all
from service.domain.timespan import DAY
from service.domain.windows import Timetable, WeeklyHours, as_words, weekly_hours

SEED = 20260301
ROUNDS = 60
BLOCK = 200  # pairs made, and then worked through, at a time


def product(case: Case) -> Ints:
    """The search as the service runs it: rules in, windows from its cache."""
    return find(case.parties, duration=case.duration, not_before=case.start, until=case.end, step=case.step).starts


def floor_of(case: Case) -> Callable[[], Ints]:
    """A bare kernel for one case: windows given as a mask of starts, busy time as arrays; nothing but the arithmetic."""
    first, count = -(-case.start // case.step), (case.end - case.duration) // case.step + 1
    count -= first
    open_to_all = np.ones(count, np.bool_)
    for party in case.parties:
        mask = np.zeros(count, np.bool_)
        for low, high in spans_one_by_one(party, case.start, case.end):
            begin, end = -(-low // case.step) - first, (high - case.duration) // case.step + 1 - first
            mask[max(begin, 0) : max(end, 0)] = True
        open_to_all &= mask
    busy = [(party.busy.starts, party.busy.ends) for party in case.parties]
    step, duration = case.step, case.duration

    def kernel() -> Ints:
        low = (np.concatenate([each[0] for each in busy]) + (step - duration)) // step - first
        high = (np.concatenate([each[1] for each in busy]) + (step - 1)) // step - first
        np.minimum(np.maximum(low, 0, out=low), count, out=low)
        np.minimum(np.maximum(high, 0, out=high), count, out=high)
        change = np.bincount(low, minlength=count + 1)
        change -= np.bincount(high, minlength=count + 1)
        return (np.flatnonzero((np.add.accumulate(change)[:count] == 0) & open_to_all) + first) * step

    return kernel


def sweep_of(case: Case) -> Callable[[], list[int]]:
    """Plain Python over sorted intervals, windows given."""
    windows = [spans_one_by_one(party, case.start, case.end) for party in case.parties]
    tables = [list(zip(p.busy.starts.tolist(), p.busy.ends.tolist(), strict=True)) for p in case.parties]
    step, duration = case.step, case.duration

    def sweep() -> list[int]:
        free = [(case.start, case.end)]
        for spans in windows:
            free = _common(free, spans)
        for taken in tables:
            free = _without(free, taken)
        found: list[int] = []
        for low, high in free:
            found.extend(range(-(-low // step) * step, high - duration + 1, step))
        return found

    return sweep


def json_to_json(text: str) -> str:
    """A whole request in RFC 3339 to a whole answer, validated hours and all."""
    request = json.loads(text)
    parties = []
    for person in request["people"]:
        hours = weekly_hours("hours", person["working_hours"])
        times = epochs(person["busy"])
        busy = Busy(times[0::2], times[1::2], np.ones(times.size // 2, np.int64))
        parties.append(Party(_timetable(person["time_zone"], hours), busy))
    start, end = epochs(request["horizon"]).tolist()
    duration = request["duration_minutes"] * 60
    found = find(parties, duration=duration, not_before=start, until=end, step=request["step_minutes"] * 60)
    begins, ends = rfc3339_all(found.starts), rfc3339_all(found.starts + duration)
    return json.dumps({"items": [{"start": a, "end": b} for a, b in zip(begins, ends, strict=True)]})


def request_of(case: Case) -> str:
    """The case as a request; busy times are start, end, start, end …"""
    return json.dumps(
        {
            "horizon": rfc3339_all(np.array([case.start, case.end])),
            "duration_minutes": case.duration // 60,
            "step_minutes": case.step // 60,
            "people": [
                {
                    "time_zone": party.timetable.zone,
                    "working_hours": as_words(party.timetable.working_hours[0]),
                    "busy": rfc3339_all(np.stack([party.busy.starts, party.busy.ends], axis=1).ravel()),
                }
                for party in case.parties
            ],
        }
    )


def measure(cases: list[Case], rounds: int = ROUNDS) -> dict[str, Any]:
    """One workload: all four, in turn, round after round."""
    floors, sweeps = [floor_of(case) for case in cases], [sweep_of(case) for case in cases]
    requests = [request_of(case) for case in cases]
    correct = all(
        product(case).tolist() == floor().tolist() == sweep() == case.expected
        and [item["start"] for item in json.loads(json_to_json(request))["items"]]
        == rfc3339_all(np.array(case.expected, np.int64))
        for case, floor, sweep, request in zip(cases, floors, sweeps, requests, strict=True)
    )
    runs: dict[str, Callable[[], object]] = {
        "median_us": lambda: [product(case) for case in cases],
        "floor_us": lambda: [floor() for floor in floors],
        "sweep_us": lambda: [sweep() for sweep in sweeps],
        "json_to_json_us": lambda: [json_to_json(request) for request in requests],
    }
    taken: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.thread_time_ns()
            run()
            taken[name].append((time.thread_time_ns() - began) / 1000 / len(cases))
    return {name: round(median(times), 2) for name, times in taken.items()} | {"correct": correct}


def measure_pairs(count: int, seed: int = SEED, *, checked: int = 5) -> dict[str, Any]:
    """W3: many different pairs, found and scored, by as many processes as there are cores (two at most). Making the pairs is
    not counted: each process makes a block, says so, and works through it when all have one. Every 97th pair of each is
    looked at minute by minute, and its scores against those of the pair alone."""
    context = multiprocessing.get_context("spawn")
    workers = min(2, os.cpu_count() or 1)
    barrier = context.Barrier(workers)
    results: Any = context.Queue()
    shares = [count // workers + (number < count % workers) for number in range(workers)]
    processes = [
        context.Process(target=_share, args=(share, seed + number, checked, barrier, results))
        for number, share in enumerate(shares)
    ]
    for process in processes:
        process.start()
    parts = [results.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    return {
        "pairs_per_s": round(count / max(part["seconds"] for part in parts)),
        "scored": True,
        "peak_mib": round(sum(part["peak_mib"] for part in parts), 1),
        "correct": all(part["correct"] for part in parts),
    }


def _share(count: int, seed: int, checked: int, barrier: Any, results: Any) -> None:
    """One process's part of W3; ``peak_mib`` is the most memory that it ever had."""
    until, seconds, done, correct = W1_FROM + 28 * DAY, 0.0, 0, True
    now = W1_FROM - DAY
    blocks = pairs(count, seed, block=BLOCK)
    barrier.wait()
    for block in blocks:
        began = time.thread_time()
        asks = [
            Ask(find(parties, duration=DURATION, not_before=W1_FROM, until=until, step=STEP), parties, NO_MEMORY)
            for parties in block
        ]
        scores = score_many(asks, now)
        seconds += time.thread_time() - began
        for index, (ask, scored) in enumerate(zip(asks, scores, strict=True)):
            if checked and (done + index) % 97 == 0:
                checked -= 1
                found = ask.candidates.starts.tolist()
                truth = slow_starts(list(ask.parties), W1_FROM, until, DURATION, STEP)
                alone = score(ask.candidates, ask.parties, NO_MEMORY, now).probability
                correct = correct and found == truth and bool(np.allclose(alone, scored.probability, rtol=1e-12))
        done += len(block)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.put({"seconds": seconds, "peak_mib": peak, "correct": correct and done == count})


def measure_scoring(seed: int = SEED, rounds: int = 15) -> dict[str, Any]:
    """What it costs to score a candidate in a batch: all features, frailties and the probability, for a block of pairs."""
    block = next(pairs(BLOCK, seed))
    until = W1_FROM + 28 * DAY
    asks = [
        Ask(find(parties, duration=DURATION, not_before=W1_FROM, until=until, step=STEP), parties, NO_MEMORY)
        for parties in block
    ]
    candidates = sum(ask.candidates.starts.size for ask in asks)
    taken = []
    for _ in range(rounds):
        began = time.thread_time_ns()
        score_many(asks, W1_FROM - DAY)
        taken.append((time.thread_time_ns() - began) / candidates)
    return {"ns_per_candidate": round(median(taken), 1)}


def run(workloads: Path | None, count: int, rounds: int = ROUNDS) -> dict[str, Any]:
    """All three workloads, and scoring by itself."""
    if workloads is not None:
        first, second = read(workloads / "W1.json"), read(workloads / "W2.json")
    else:
        first = make(W1_PEOPLE, start=W1_FROM, days=28, events=120, cases=4, seed=SEED)
        second = make(W2_PEOPLE, start=W2_FROM, days=84, events=400, cases=1, seed=SEED)
    return {
        "W1": measure(first, rounds),
        "W2": measure(second, rounds),
        "W3": measure_pairs(count),
        "score": measure_scoring(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Prints what ``run`` measured; fails where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slots", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--workloads", type=Path, help="a folder with W1.json and W2.json")
    parser.add_argument("--pairs", type=int, default=10_000, help="how many pairs W3 has")
    options = parser.parse_args(arguments)
    results = run(options.workloads, options.pairs)
    if options.json:
        print(json.dumps(results))
    else:
        for name, figures in results.items():
            print(name, "  ".join(f"{key} {value}" for key, value in figures.items()))
    return 0 if all(figures.get("correct", True) for figures in results.values()) else 1


def _timetable(zone: str, hours: WeeklyHours) -> Timetable:
    return Timetable(zone, (hours,), WORK_ONLY)


def _common(ours: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, i, j = [], 0, 0
    while i < len(ours) and j < len(theirs):
        low, high = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if low < high:
            found.append((low, high))
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    return found


def _without(spans: list[tuple[int, int]], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Both sorted by start; what is taken may overlap."""
    found = []
    rest = iter(spans)
    low, high = next(rest, (0, 0))
    for begin, end in taken:
        while begin >= high:
            if low < high:
                found.append((low, high))
            following = next(rest, None)
            if following is None:
                return found
            low, high = max(low, following[0]), following[1]
        if end > low:
            if begin > low:
                found.append((low, begin))
            low = end
    if low < high:
        found.append((low, high))
    found.extend((max(low, begin), end) for begin, end in rest if end > low)
    return found


if __name__ == "__main__":
    sys.exit(main())
