"""What ranking is worth where the truth is known: moves per 100 meetings when the slot is chosen by Holdfast, earliest first,
at random, or by someone who knows the truth.

Every pair books 20 meetings, one a week, a week ahead each; on the day in question eight times are free for both, so that
all of a list are equally far ahead. Holdfast learns from what became of its own choices, from nothing at the start, and the
prior is all it has then. What is reported is the true chance to move of what was chosen, not the luck of the draw.

    .venv/bin/python -m benchmarks.judge --json
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.worlds import START, WORLDS, ZONE, Candidate, World
from service.domain.judging.measures import Interval, ratio
from service.domain.stability import MeetingRow
from service.domain.stability.learner import Learner
from service.domain.timespan import DAY, HOUR, WEEK

MEETINGS, CHOICES, LEAD = 20, 8, 7 * DAY
POLICIES = ("holdfast", "prior", "earliest", "random", "oracle")
PARTS = ((1, 5), (6, 10), (11, 20))  # of a pair's meetings
SHOWN = ("effects", "contrary", "drift", "last_minute", "seasonal", "none")

Choose = Callable[[int, Sequence[Candidate], int], int]


@dataclass
class Run:
    """A learner in a world, and what it has still to learn."""

    world: World
    learner: Learner = field(default_factory=Learner)
    waiting: list[tuple[int, int, MeetingRow]] = field(default_factory=list)  # speaks at, number, row
    booked: int = 0

    def choose(self, pair: int, candidates: Sequence[Candidate], now: int) -> int:
        """The candidate with the best forecast."""
        holds = [self.learner.forecast(-1, self._row(pair, one, now)).hold for one in candidates]
        return int(np.argmax(holds))

    def book(self, pair: int, candidate: Candidate, now: int, rng: np.random.Generator) -> None:
        """Books it, and keeps what will become of it for later."""
        row = self.world.meeting(pair, candidate, now, rng)
        self.learner.forecast(self.booked, row)
        if row.speaks_at is not None:
            self.waiting.append((row.speaks_at, self.booked, row))
        self.booked += 1

    def catch_up(self, now: int) -> None:
        """Learns what has become known by now."""
        self.waiting.sort(key=lambda item: item[:2])
        while self.waiting and self.waiting[0][0] <= now:
            _, number, row = self.waiting.pop(0)
            self.learner.learn(number, row)

    def _row(self, pair: int, candidate: Candidate, now: int) -> MeetingRow:
        mentor = self.world.mentor_of(pair)
        return MeetingRow(
            booked_at=now,
            first_start=candidate.start,
            minutes=60,
            kind=candidate.kind,
            outcome=None,
            zone=ZONE,
            pair_id=f"pair-{pair}",
            mentor_id=f"mentor-{mentor}",
            mentee_id=f"mentee-{pair}",
            facts=candidate.facts,
        )


def play(name: str, *, pairs: int, seed: int) -> dict[str, np.ndarray]:
    """``[pair, meeting]`` of the true chance to move, for each policy, in one world."""
    world = World(WORLDS[name], pairs, seed, (MEETINGS + 2) * WEEK)
    rng = np.random.default_rng(seed + 1000)
    run, still = Run(world), Learner()
    found = {policy: np.zeros((pairs, MEETINGS)) for policy in POLICIES}
    for number in range(MEETINGS):
        for pair in range(pairs):
            day = 7 * number + 7 + pair % 5
            now = START + (day - 7) * DAY + 6 * HOUR
            run.catch_up(now)
            candidates = [world.candidate(day, rng) for _ in range(CHOICES)]
            moves = [1.0 - math.exp(-world.hazard(pair, one, now)) for one in candidates]
            mine = run.choose(pair, candidates, now)
            as_assumed = [still.forecast(-1, run._row(pair, one, now)).hold for one in candidates]
            found["holdfast"][pair, number] = moves[mine]
            found["prior"][pair, number] = moves[int(np.argmax(as_assumed))]
            found["earliest"][pair, number] = moves[int(np.argmin([one.start for one in candidates]))]
            found["random"][pair, number] = float(np.mean(moves))
            found["oracle"][pair, number] = min(moves)
            run.book(pair, candidates[mine], now, rng)
    return found


def share(worlds: Sequence[dict[str, np.ndarray]], policy: str, first: int = 1, last: int = MEETINGS) -> Interval:
    """Which part of the possible gain, from random to oracle, a policy reaches; worlds are resampled for the interval."""
    part = slice(first - 1, last)
    upper = np.array([(one["random"] - one[policy])[:, part].mean() for one in worlds])
    lower = np.array([(one["random"] - one["oracle"])[:, part].mean() for one in worlds])
    return ratio(upper, lower)


def judge_world(name: str, *, pairs: int, seeds: int) -> dict[str, Any]:
    """The figures of a world, over several draws of it."""
    worlds = [play(name, pairs=pairs, seed=seed) for seed in range(seeds)]
    moves = {policy: 100.0 * float(np.mean([one[policy] for one in worlds])) for policy in POLICIES}
    shares = {f"{first}-{last}": share(worlds, "holdfast", first, last)._asdict() for first, last in PARTS}
    return {
        "moves_per_100": moves,
        "share_of_gain": share(worlds, "holdfast")._asdict(),
        "share_of_gain_prior": share(worlds, "prior")._asdict(),
        "share_by_meeting": shares,
        "meetings": seeds * pairs * MEETINGS,
    }


def _table(found: dict[str, dict[str, Any]]) -> str:
    heads = (
        "world",
        "random",
        "earliest",
        "Holdfast",
        "prior alone",
        "oracle",
        "share of the possible gain",
        "by meeting",
    )
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    for name, one in found.items():
        moves, gain = one["moves_per_100"], one["share_of_gain"]
        parts = ", ".join(f"{part['value']:.0%}" for part in one["share_by_meeting"].values())
        cells = [f"{moves[policy]:.1f}" for policy in ("random", "earliest", "holdfast", "prior", "oracle")]
        total = f"{gain['value']:.0%} ({gain['low']:.0%} to {gain['high']:.0%})"
        if moves["random"] - moves["oracle"] < 0.5:
            total, parts = "there is none", ""
        lines.append(f"| {name} | {' | '.join(cells)} | {total} | {parts} |")
    return "\n".join(lines)


def main() -> None:
    """Prints the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=20, help="draws of each world")
    parser.add_argument("--worlds", nargs="*", default=SHOWN, choices=WORLDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {name: judge_world(name, pairs=asked.pairs, seeds=asked.seeds) for name in asked.worlds}
    print(json.dumps(found, indent=2) if asked.json else _table(found))


if __name__ == "__main__":
    main()
