"""Worlds whose truth is known: meetings with outcomes drawn from it, as rows of the hold model or as a history file.

``effects``: lead, people, pairs, windows, weekdays, hours and surroundings all matter; ``none``: lead alone; ``drift``:
effects, and moves become likelier from the middle on; ``last_minute``: effects, and one mentor in four moves most meetings
in the last hours; ``seasonal``: effects, with a bad season; ``placeholders``: effects, and some are entered at midnight,
to be moved to the real time; ``contrary``: effects that are the opposite of what the prior assumes.

    .venv/bin/python -m benchmarks.worlds effects --pairs 100 --meetings 40 --seed 1 > history.csv
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from service.domain.history_file import COLUMNS
from service.domain.stability import FEATURES, MeetingRow, Outcome
from service.domain.timespan import DAY, HOUR, local, rfc3339
from service.domain.windows import WindowKind

START = int(datetime(2024, 1, 8, tzinfo=UTC).timestamp())  # a Monday
ZONE = "Europe/Berlin"
HOURS = {
    WindowKind.BREAKFAST: (7.5, 8.0),
    WindowKind.CORE: (9.0, 10.0, 11.0, 13.0, 14.0, 15.0, 16.0),
    WindowKind.LUNCH: (12.0,),
    WindowKind.COFFEE: (17.0, 17.5),
}
LEADS = (1, 2, 3, 5, 7, 10, 14, 21, 28)
FACTS = ((0, 1, 2, 3), (1, 2, 3, 4, 5, 6), (0, 1), (0, 1), (0, 0, 0, 1))  # by feature, as they occur


@dataclass(frozen=True)
class Truth:
    """What is true in a world, in log-hazard; ``people``, ``pairs``, ``windows`` are the shapes of the gammas that
    frailties are drawn from (infinite: nobody differs)."""

    alpha: float = -1.7
    gamma: float = 0.3
    window: Mapping[WindowKind, float] = field(default_factory=dict)
    weekday: tuple[float, ...] = (0.0,) * 7
    hour: Mapping[float, float] = field(default_factory=dict)
    beta: Mapping[str, float] = field(default_factory=dict)
    people: float = math.inf
    pairs: float = math.inf
    windows: float = math.inf
    drift: float = 0.0  # from the middle on
    season: float = 0.0  # amplitude over a year
    last_minute: float = 0.0  # share of mentors whose meetings mostly move, whatever the lead
    placeholders: float = 0.0  # share of meetings entered at midnight


EFFECTS = Truth(
    window={WindowKind.BREAKFAST: -0.25, WindowKind.LUNCH: 0.3, WindowKind.COFFEE: 0.15},
    weekday=(0.25, 0.0, -0.1, 0.0, 0.3, 0.0, 0.0),
    hour={9.0: 0.2, 14.0: -0.15, 16.0: 0.2},
    beta={"near": 0.12, "load": 0.04, "back_to_back": 0.15, "away": 0.2},
    people=4.0,
    pairs=4.0,
    windows=6.0,
)
WORLDS: dict[str, Truth] = {
    "effects": EFFECTS,
    "none": Truth(),
    "drift": replace(EFFECTS, drift=0.7),
    "last_minute": replace(EFFECTS, last_minute=0.25),
    "seasonal": replace(EFFECTS, season=0.5),
    "placeholders": replace(EFFECTS, placeholders=0.1),
    "contrary": replace(
        EFFECTS,
        window={WindowKind.BREAKFAST: 0.4, WindowKind.LUNCH: -0.3, WindowKind.COFFEE: 0.2},
        beta={"near": -0.04, "load": -0.02, "back_to_back": -0.1, "edge": -0.2},
    ),
}


@dataclass(frozen=True)
class Candidate:
    """A time that could be booked: ``hour`` on the local clock."""

    start: int
    kind: WindowKind
    hour: float
    facts: Mapping[str, tuple[int, int]]


@dataclass
class World:
    """People and pairs of a world, their frailties drawn once from a seed."""

    truth: Truth
    pairs: int
    seed: int
    length: int  # seconds from ``START`` to the end
    mentees_a_mentor: int = 2

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        truth, mentors = self.truth, -(-self.pairs // self.mentees_a_mentor)
        self.mentor = self._gamma(truth.people, mentors)
        self.mentee = self._gamma(truth.people, self.pairs)
        self.pair = self._gamma(truth.pairs, self.pairs)
        self.window = self._gamma(truth.windows, (self.pairs, len(WindowKind)))
        self.last_minute = self.rng.random(mentors) < truth.last_minute

    def _gamma(self, shape: float, size: int | tuple[int, ...]) -> np.ndarray:
        return np.ones(size) if math.isinf(shape) else self.rng.gamma(shape, 1 / shape, size)

    def mentor_of(self, pair: int) -> int:
        return pair // self.mentees_a_mentor

    def candidate(self, day: int, rng: np.random.Generator) -> Candidate:
        """A random time on a local working day ``day`` days after ``START``."""
        kind = list(HOURS)[int(rng.choice(4, p=(0.15, 0.55, 0.1, 0.2)))]
        hour = float(rng.choice(HOURS[kind]))
        midnight = START + day * DAY
        offset = local(midnight + 12 * HOUR, ZONE).utcoffset()
        start = midnight + int(hour * HOUR) - (int(offset.total_seconds()) if offset else 0)
        facts = {
            feature.name: (int(rng.choice(values)), int(rng.choice(values)))
            for feature, values in zip(FEATURES, FACTS, strict=False)
        }
        return Candidate(start, kind, hour, facts)

    def hazard(self, pair: int, candidate: Candidate, booked_at: int) -> float:
        """The true hazard of a meeting booked then."""
        truth, start = self.truth, candidate.start
        lead = max(start - booked_at, HOUR) / DAY
        effect = truth.alpha + truth.gamma * math.log(lead)
        effect += truth.window.get(candidate.kind, 0.0) + truth.weekday[local(start, ZONE).weekday()]
        effect += truth.hour.get(candidate.hour, 0.0)
        for feature in FEATURES:
            if feature.name in candidate.facts:
                unusual = sum(candidate.facts[feature.name]) - 2 * feature.usual
                effect += truth.beta.get(feature.name, 0.0) * unusual
        share = (start - START) / self.length
        effect += truth.drift * (share > 0.5) + truth.season * math.sin(2 * math.pi * (start - START) / (365 * DAY))
        mentor = self.mentor_of(pair)
        if self.last_minute[mentor]:
            effect = max(effect, 0.0)
        factor = self.mentor[mentor] * self.mentee[pair] * self.pair[pair]
        return float(math.exp(effect) * factor * self.window[pair, list(WindowKind).index(candidate.kind)])

    def meeting(self, pair: int, candidate: Candidate, booked_at: int, rng: np.random.Generator) -> MeetingRow:
        """The meeting booked there, with what became of it."""
        if rng.random() < self.truth.placeholders:
            day = candidate.start - int(
                candidate.hour * HOUR
            )  # midnight on the local clock, but for a change of clocks
            candidate = replace(candidate, start=day)
            moved, when = True, booked_at + int(rng.uniform(0.1, 0.9) * max(day - booked_at, HOUR))
        else:
            moved = rng.random() >= math.exp(-self.hazard(pair, candidate, booked_at))
            late = self.last_minute[self.mentor_of(pair)]
            share = rng.uniform(0.97, 1.0) if late else rng.uniform(0.05, 1.0)
            when = booked_at + int(share * (candidate.start - booked_at))
        outcome = Outcome(str(rng.choice(["moved", "moved", "cancelled"]))) if moved else Outcome.HELD
        return MeetingRow(
            booked_at=booked_at,
            first_start=candidate.start,
            minutes=60,
            kind=candidate.kind,
            outcome=outcome,
            outcome_at=min(when, candidate.start) if moved else None,
            zone=ZONE,
            pair_id=f"pair-{pair}",
            mentor_id=f"mentor-{self.mentor_of(pair)}",
            mentee_id=f"mentee-{pair}",
            facts=candidate.facts,
        )


def history(world: str | Truth, *, pairs: int, meetings: int, seed: int, tail: bool = True) -> list[MeetingRow]:
    """What a programme of a world would have recorded, in the order of booking. With ``tail`` the last fortnight's
    meetings are still to come: those moved already are known, the others are not."""
    length = meetings * 10 * DAY
    town = World(WORLDS[world] if isinstance(world, str) else world, pairs, seed, length)
    rng = np.random.default_rng(seed + 1)
    rows = []
    for pair in range(pairs):
        for _ in range(meetings):
            day = int(rng.integers(30, length // DAY))
            if day % 7 > 4:
                day -= 2
            candidate = town.candidate(day, rng)
            booked = candidate.start - int(rng.choice(LEADS)) * DAY + int(rng.integers(-6, 6)) * HOUR
            rows.append(town.meeting(pair, candidate, booked, rng))
    if tail:
        now = START + length - 14 * DAY
        rows = [_as_of(row, now) for row in rows if row.booked_at <= now]
    return sorted(rows, key=lambda row: (row.booked_at, row.pair_id))


def _as_of(row: MeetingRow, now: int) -> MeetingRow:
    known = row.outcome_at if row.outcome_at is not None else row.first_start + row.minutes * 60
    return row if known <= now else row._replace(outcome=None, outcome_at=None)


def write(rows: list[MeetingRow]) -> None:
    """The history file, to standard output."""
    out = csv.writer(sys.stdout)
    out.writerow(COLUMNS)
    for row in rows:
        at = "" if row.outcome_at is None else rfc3339(row.outcome_at)
        times = (rfc3339(row.booked_at), rfc3339(row.first_start))
        out.writerow([row.pair_id, row.mentor_id, row.mentee_id, *times, row.minutes, row.zone, row.outcome or "", at])


def main() -> None:
    """Writes a world's history file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", choices=WORLDS)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--meetings", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    write(history(asked.world, pairs=asked.pairs, meetings=asked.meetings, seed=asked.seed))


if __name__ == "__main__":
    main()
