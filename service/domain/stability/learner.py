"""Learning as time goes by: forecasts each meeting with what was known when it was booked, then learns what became of it.

The nightly refit runs it over all that is recorded and keeps what it ends with; the back-test keeps what it said on the
way. So what is judged is what is used. Each meeting costs the same however many came before; the global terms are fitted
afresh whenever the known meetings have grown by a seventh.

Nothing that becomes known later touches an earlier forecast, bit for bit: every sum runs in the order of time, and no
arithmetic mixes meetings but the fits, which see known ones only.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from math import exp, inf, log
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.domain.stability.experts import (
    DECAY,
    EXPERTS,
    HANDICAP,
    SPREAD_PAIRS,
    SPREAD_PEOPLE,
    SPREAD_WINDOWS,
    USUAL_EXPERT,
    Expert,
)
from service.domain.stability.features import FEATURE_NAMES, SEATS, USUAL
from service.domain.stability.fit import Fit, fit
from service.domain.stability.frailty import fading
from service.domain.stability.memory import SHORTEST_LEAD, MeetingRow, Outcome
from service.domain.stability.terms import (
    COEFFICIENTS,
    FEATURE_ROWS,
    PRIOR,
    WEEKDAY_ROWS,
    WINDOW_ROWS,
    GlobalTerms,
)
from service.domain.timespan import DAY, local
from service.domain.windows import WINDOW_KINDS

Floats = npt.NDArray[np.float64]

FIRST_FIT = 40  # known meetings; before it the prior speaks
GROWTH, MOST_BETWEEN, LARGE = 1.15, 200, 10_000  # the next fit: a share more, or so many more while they are not many
CHOOSE_EVERY = 25  # known meetings between two looks at which expert does best
K_LEVEL = 8.0  # the level's prior: as if so many moves had come as expected
K_PLACEHOLDER = 1.0
USUAL_RATE, USUAL_WEIGHT = 0.3, 10.0  # the base rate before anything is known, and how many meetings that counts for
DRIFT_STEP = 14 * DAY
_LOW, _HIGH = 1e-6, 50.0  # of a hazard
_RANGE = (-30.0, 6.0)  # of a log-hazard, as in ``scores``
_BLOCK = 4096  # meetings at a time
_DEVIATION: Floats = np.sqrt(np.diag(PRIOR.uncertainty))
_LEAD_ONLY: Floats = np.isin(np.arange(len(COEFFICIENTS)), (0, 1)).astype(np.float64)
_PLACEHOLDER_SPREAD: Floats = np.full(1, 1.0 / K_PLACEHOLDER)


class Forecast(NamedTuple):
    """The chance that a meeting holds: the model's, that of how often meetings held so far, and that of a model which
    knows the lead alone. ``slot``: the part of the log-hazard that tells the slots of one list at one lead apart
    (window, weekday, surroundings, the pair in that window). ``past``: how many earlier meetings of the pair were
    known."""

    hold: float
    baseline: float
    lead_only: float
    slot: float
    past: int


class _Said(NamedTuple):
    """What was forecast of a meeting, kept until its outcome is known: the hazard of the global terms, and by expert the
    frailties' factor and the whole hazard."""

    hazard: float
    factor: Floats
    whole: Floats


@dataclass(slots=True)
class _Memory:
    """The sums of one frailty: the weighted count of moves, and the exposure by expert. See ``frailty``."""

    moved: float = 0.0
    exposure: Floats | float = 0.0
    at: int = 0

    def factor(self, spread: Floats, now: int) -> Floats:
        weight = spread * fading(self.at, now)
        found: Floats = (1.0 + weight * self.moved) / (1.0 + weight * self.exposure)
        return found

    def take(self, moved: bool, exposure: Floats, at: int) -> None:
        ours = fading(self.at, at)
        self.moved = self.moved * ours + moved
        self.exposure = self.exposure * ours + exposure
        self.at = at


@dataclass(slots=True)
class _Level:
    """How much more was moved lately than expected, by expert: as a frailty of everybody's, each with its own memory."""

    moved: Floats = field(default_factory=lambda: np.zeros(len(EXPERTS)))
    exposure: Floats = field(default_factory=lambda: np.zeros(len(EXPERTS)))
    at: int = 0

    def factor(self, now: int) -> Floats:
        weight = np.exp2((self.at - now) * DECAY)
        found: Floats = (K_LEVEL + self.moved * weight) / (K_LEVEL + self.exposure * weight)
        return found

    def take(self, moved: bool, exposure: Floats, at: int) -> None:
        weight = np.exp2((self.at - at) * DECAY)
        self.moved = self.moved * weight + moved
        self.exposure = self.exposure * weight + exposure
        self.at = at


class _Known:
    """The known meetings, in the order in which they became known: what the fits rest on."""

    def __init__(self) -> None:
        self.size = 0
        self._design = np.zeros((256, len(COEFFICIENTS)))
        self._factor = np.ones((256, len(EXPERTS)), np.float32)  # by far the largest; seven digits are plenty
        self._moved = np.zeros(256, np.bool_)
        self._at = np.zeros(256, np.int64)

    def add(self, line: Floats, factor: Floats, moved: bool, at: int) -> None:
        if self.size == self._at.size:
            for name in ("_design", "_factor", "_moved", "_at"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
        place = self.size
        self._design[place], self._factor[place] = line, factor
        self._moved[place], self._at[place] = moved, at
        self.size += 1

    @property
    def design(self) -> Floats:
        return self._design[: self.size]

    @property
    def factor(self) -> npt.NDArray[np.float32]:
        return self._factor[: self.size]

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        return self._moved[: self.size]

    @property
    def at(self) -> npt.NDArray[np.int64]:
        return self._at[: self.size]


class Learner:
    """Takes meetings in the order of time: ``forecast`` when one is booked, ``learn`` when it begins to count
    (``MeetingRow.speaks_at``), neither ever earlier than what was taken before."""

    def __init__(self) -> None:
        self._fit = Fit(PRIOR.vector, PRIOR.uncertainty)
        self._lead = PRIOR.vector
        self._chosen = USUAL_EXPERT
        self._memories: dict[Hashable, _Memory] = {}
        self._past: dict[str, int] = {}
        self._said: dict[int, _Said] = {}
        self._level = _Level()
        self._placeholders = _Memory()
        self._known = _Known()
        self._held = 0
        self._next_fit = FIRST_FIT
        self.score: Floats = (
            -HANDICAP
        )  # what each expert's forecasts were worth, less what its assumptions have to gain

    @property
    def known(self) -> int:
        """How many meetings it has learnt from, placeholders aside."""
        return self._known.size

    @property
    def chosen(self) -> Expert:
        """The way of learning in use."""
        return EXPERTS[self._chosen]

    def forecast(self, number: int, row: MeetingRow) -> Forecast:
        """``number`` names the row for ``learn``."""
        line = design_line(row)
        hazard = _hazard(line, self._fit.vector)
        lead_only = _hazard(line * _LEAD_ONLY, self._lead)
        base = (self._held + USUAL_WEIGHT * (1.0 - USUAL_RATE)) / (self.known + USUAL_WEIGHT)
        if row.placeholder:
            factor = self._placeholders.factor(_PLACEHOLDER_SPREAD, row.booked_at)
            whole = hazard * factor
            mine = float(whole[0])
        else:
            factor = self._frailties(row, row.booked_at)
            whole = hazard * factor * self._level.factor(row.booked_at)
            mine = float(whole[self._chosen])
        if row.speaks_at is not None:
            self._said[number] = _Said(hazard, factor, whole)
        past = self._past.get(row.pair_id, 0)
        return Forecast(_holding(mine), base, _holding(lead_only), self._slot_part(row, line), past)

    def learn(self, number: int, row: MeetingRow) -> None:
        """What became of a meeting that was forecast and that speaks."""
        at, said = row.speaks_at, self._said.pop(number)
        if at is None:
            raise ValueError("this meeting says nothing")
        moved = row.outcome is not Outcome.HELD
        if row.placeholder:
            factor = self._placeholders.factor(_PLACEHOLDER_SPREAD, at)
            self._placeholders.take(moved, _met(moved, said.hazard * factor) / factor, at)
            return
        whole = np.clip(said.whole, _LOW, _HIGH)
        self.score = self.score + (np.log(-np.expm1(-whole)) if moved else -whole)
        self._known.add(design_line(row), said.factor, moved, at)
        self._held += not moved
        self._past[row.pair_id] = self._past.get(row.pair_id, 0) + 1
        self._remember(row, moved, at)
        if self.known >= self._next_fit:
            self.refit()
        elif self.known > FIRST_FIT and self.known % CHOOSE_EVERY == 0:
            self._choose()

    def waits_for(self, number: int) -> bool:
        """Whether this meeting was forecast, speaks, and has not been learnt yet."""
        return number in self._said

    def refit(self) -> None:
        """Chooses the way of learning that has forecast best so far, and fits the global terms to what is known."""
        self._choose()
        known = self._known
        more = int(known.size * (GROWTH - 1.0))
        self._next_fit = known.size + max(10, more if known.size > LARGE else min(more, MOST_BETWEEN))
        offset = np.log(known.factor[:, self._chosen].astype(np.float64))
        self._fit = _rounded(fit(known.design, known.moved, offset, PRIOR.vector, _DEVIATION))
        alone = fit(known.design * _LEAD_ONLY, known.moved, np.zeros(known.size), PRIOR.vector, _DEVIATION * _LEAD_ONLY)
        self._lead = _rounded(alone).vector * _LEAD_ONLY
        self._recount_level()

    def _choose(self) -> None:
        self._chosen = int(np.argmax(self.score))

    def terms(self, version: str) -> GlobalTerms:
        """What it has learnt, as terms to score with."""
        if not self.known:
            return PRIOR
        self.refit()
        vector, expert = self._fit.vector, self.chosen
        drift = self._drift_path() if expert.drift < inf else ()
        covariance = self._fit.covariance.copy()
        if drift:
            covariance[0, 0] += 1.0 / (K_LEVEL + float(self._level.moved[self._chosen]))
        return GlobalTerms(
            version=version,
            alpha=float(vector[0]),
            gamma=float(vector[1]),
            window=MappingProxyType(dict(zip(WINDOW_KINDS, vector[WINDOW_ROWS].tolist(), strict=True))),
            weekday=tuple(vector[WEEKDAY_ROWS].tolist()),
            beta=MappingProxyType(dict(zip(FEATURE_NAMES, vector[FEATURE_ROWS].tolist(), strict=True))),
            covariance=covariance,
            trained_on=self.known,
            k_person=expert.people,
            k_pair=expert.pairs,
            k_window=expert.windows,
            drift=drift,
        )

    def _keys(self, row: MeetingRow) -> list[tuple[Hashable, Floats]]:
        keys: list[tuple[Hashable, Floats]] = [
            (("person", row.mentor_id), SPREAD_PEOPLE),
            (("pair", row.pair_id), SPREAD_PAIRS),
        ]
        if row.mentee_id is not None:
            keys.append((("person", row.mentee_id), SPREAD_PEOPLE))
        if row.kind is not None:
            keys.append((("window", row.pair_id, row.kind), SPREAD_WINDOWS))
        return keys

    def _frailties(self, row: MeetingRow, now: int) -> Floats:
        factor = np.ones(len(EXPERTS))
        for key, spread in self._keys(row):
            memory = self._memories.get(key)
            if memory is not None:
                factor *= memory.factor(spread, now)
        return factor

    def _slot_part(self, row: MeetingRow, line: Floats) -> float:
        part = float((line * self._fit.vector)[WINDOW_ROWS.start :].sum())
        memory = self._memories.get(("window", row.pair_id, row.kind))
        if memory is None:
            return part
        return part + log(float(memory.factor(SPREAD_WINDOWS, row.booked_at)[self._chosen]))

    def _remember(self, row: MeetingRow, moved: bool, at: int) -> None:
        """Tells each frailty, and the level, the hazard that the others leave to it."""
        memories = [(self._memories.setdefault(key, _Memory()), spread) for key, spread in self._keys(row)]
        factors = [memory.factor(spread, at) for memory, spread in memories]
        level = self._level.factor(at)
        whole = _hazard(design_line(row), self._fit.vector) * level
        for factor in factors:
            whole = whole * factor
        met = _met(moved, whole)
        for (memory, _), factor in zip(memories, factors, strict=True):
            memory.take(moved, met / factor, at)
        self._level.take(moved, met / level, at)

    def _recount_level(self) -> None:
        """The level is told in terms of the latest fit: counted again from all that is known."""
        at = int(self._known.at[-1])
        moved, exposure = np.zeros(len(EXPERTS)), np.zeros(len(EXPERTS))
        for begin in range(0, self.known, _BLOCK):
            part = slice(begin, begin + _BLOCK)
            met, went = self._met(part), self._known.moved[part]
            for decay in np.unique(DECAY):
                which = decay == DECAY
                weight = np.exp2((self._known.at[part] - at) * decay)
                moved[which] += weight[went].sum()
                exposure[which] += (weight[:, None] * met[:, which]).sum(axis=0)
        self._level = _Level(moved, exposure, at)

    def _met(self, part: slice, expert: int | None = None) -> Floats:
        """The exposure of known meetings to the level, by expert."""
        known, experts = self._known, slice(None) if expert is None else slice(expert, expert + 1)
        hazard = np.exp(np.clip((known.design[part] * self._fit.vector).sum(axis=1), *_RANGE))
        whole: Floats = hazard[:, None] * known.factor[part, experts]
        went = known.moved[part]
        whole[went] = _met(True, whole[went])
        return whole

    def _drift_path(self) -> tuple[tuple[int, float], ...]:
        """The level that the chosen expert saw, a step a fortnight."""
        met = self._met(slice(None), self._chosen)[:, 0].tolist()
        decay, path = float(DECAY[self._chosen]), [(0, 0.0)]
        moved = exposure = 0.0
        last = 0
        for at, went, hazard in zip(self._known.at.tolist(), self._known.moved.tolist(), met, strict=True):
            weight = 0.5 ** ((at - last) * decay)
            moved, exposure, last = moved * weight + went, exposure * weight + hazard, at
            if at - path[-1][0] >= DRIFT_STEP:
                path.append((at, round(log((K_LEVEL + moved) / (K_LEVEL + exposure)), 6)))
        path.append((last, round(log((K_LEVEL + moved) / (K_LEVEL + exposure)), 6)))
        return tuple(path[1:])


def design_line(row: MeetingRow) -> Floats:
    """What a meeting weighs each global term with, in the order of ``COEFFICIENTS``. What is not known counts as usual."""
    line = np.zeros(len(COEFFICIENTS))
    line[0] = 1.0
    line[1] = log(max(row.first_start - row.booked_at, SHORTEST_LEAD) / DAY)
    if row.kind is not None:
        line[WINDOW_ROWS.start + WINDOW_KINDS.index(row.kind)] = 1.0
    if row.zone is not None:
        line[WEEKDAY_ROWS.start + local(row.first_start, row.zone).weekday()] = 1.0
    if row.facts is not None:
        for place, (name, usual) in enumerate(zip(FEATURE_NAMES, USUAL.tolist(), strict=True)):
            if name in row.facts:
                line[FEATURE_ROWS.start + place] = sum(row.facts[name]) - SEATS * usual
    return line


def _hazard(line: Floats, vector: Floats) -> float:
    return exp(min(max(float((line * vector).sum()), _RANGE[0]), _RANGE[1]))


def _met(moved: bool, whole: Floats) -> Floats:
    """How much of a hazard was met: see ``frailty.exposed``."""
    if not moved:
        return whole
    within: Floats = np.clip(whole, _LOW, _HIGH)
    found: Floats = 1.0 - within / np.expm1(within)
    return found


def _holding(hazard: float) -> float:
    return exp(-min(max(hazard, 1e-9), _HIGH))


def _rounded(found: Fit) -> Fit:
    """Rounded far below any meaning, so that the last bit of a matrix product can never tell two machines apart."""
    return Fit(found.vector.round(9), found.covariance.round(12))
