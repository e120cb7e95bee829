"""What a pair's and two people's earlier meetings say, folded from rows, each with only what was known then.

A row speaks once its first time has come and its outcome is known, never before: moves become known early and
meetings held late, and taking each as it comes would make everyone look unsteady.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from math import exp, log, prod
from typing import NamedTuple, TypeVar

from service.domain.stability.features import FEATURES, SEATS
from service.domain.stability.frailty import K_PAIR, K_PERSON, K_WINDOW, Frailty, Sums
from service.domain.stability.terms import PRIOR, GlobalTerms
from service.domain.timespan import DAY, HOUR, MINUTE, local
from service.domain.windows import WINDOW_KINDS, WindowKind

_Key = TypeVar("_Key", str, tuple[str, int])
SHORTEST_LEAD = HOUR  # below it the logarithm would run away; what is booked for now has about this lead


class Outcome(StrEnum):
    """What became of a meeting at the time first booked; the words of the history file. Only ``held`` is
    holding: a meeting missed did not take place then either."""

    HELD = "held"
    MOVED = "moved"
    CANCELLED = "cancelled"
    MISSED = "missed"


class MeetingRow(NamedTuple):
    """One meeting as it was first booked: ``first_start`` (epoch seconds, as all instants) is the time first
    booked, never the final one; ``outcome`` ``None`` is not known (yet). ``zone``: the clock that tells its
    weekday, where known. The ids may stay as they are when all rows are of one pair. ``facts``: what lay around it
    when it was booked, ``{feature: (mentor, mentee)}``, where that was kept. A ``placeholder`` (midnight, a whole
    day) is no time that anybody meant: nobody's memory hears of it."""

    booked_at: int
    first_start: int
    minutes: int
    kind: WindowKind | None
    outcome: Outcome | None
    outcome_at: int | None = None
    zone: str | None = None
    pair_id: str = "pair"
    mentor_id: str = "mentor"
    mentee_id: str | None = "mentee"
    facts: Mapping[str, Sequence[float]] | None = None
    placeholder: bool = False

    @property
    def speaks_at(self) -> int | None:
        """When it begins to count; ``None`` while its outcome is unknown, and for one entered after it had
        begun, of which nobody can say how long it stood."""
        if self.outcome is None or self.booked_at >= self.first_start:
            return None
        over = self.first_start + self.minutes * MINUTE
        known = over if self.outcome_at is None else self.outcome_at
        return max(known, over if self.outcome is Outcome.HELD else self.first_start)


@dataclass(frozen=True, slots=True)
class History:
    """A frailty and the plain counts behind it: ``held`` of ``known`` meetings took place at their first
    time."""

    frailty: Frailty
    held: int = 0
    known: int = 0


_PERSON, _PAIR, _WINDOW = History(Frailty(K_PERSON)), History(Frailty(K_PAIR)), History(Frailty(K_WINDOW))


@dataclass(frozen=True)
class PairMemory:
    """All that a pair's score remembers. ``windows`` are in the order of ``WINDOW_KINDS``. Without arguments:
    nothing is known yet, and frailties spread as ``PRIOR`` has it."""

    mentor: History = _PERSON
    mentee: History = _PERSON
    pair: History = _PAIR
    windows: tuple[History, ...] = (_WINDOW,) * len(WINDOW_KINDS)

    @property
    def blank(self) -> bool:
        """Whether no meeting has spoken yet."""
        return not (self.mentor.known or self.mentee.known or self.pair.known)

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """``k, moved, exposure, at`` of mentor, mentee, pair and each window, flat: how a batch reads it."""
        frailties = (one.frailty for one in (self.mentor, self.mentee, self.pair, *self.windows))
        return tuple(number for f in frailties for number in (f.k, f.moved, f.exposure, float(f.at)))


NO_MEMORY = PairMemory()


class _Tally(Sums):
    """A ``History`` while it is being folded."""

    __slots__ = ("held", "known")

    def __init__(self, k: float) -> None:
        super().__init__(k)
        self.held = self.known = 0

    @property
    def history(self) -> History:
        return History(self.frailty, self.held, self.known)


class MemoryFold:
    """Many pairs' memories, kept up row by row at constant cost. Rows must come in the order of
    ``speaks_at``; ``terms`` give the hazard that was to be expected."""

    def __init__(self, terms: GlobalTerms = PRIOR) -> None:
        self.terms = terms
        self._people: dict[str, _Tally] = {}
        self._pairs: dict[str, _Tally] = {}
        self._windows: dict[tuple[str, int], _Tally] = {}
        self._blank = _blank(terms.k_person, terms.k_pair, terms.k_window)

    def add(self, row: MeetingRow) -> None:
        """Takes in a row that speaks; one that does not changes nothing."""
        at = row.speaks_at
        if at is not None:
            self.hear(row, at)

    def hear(self, row: MeetingRow, at: int) -> None:
        """Takes in a row that speaks at ``at``.

        Each of the four frailties is told the hazard that the other three, as they stood before, leave to
        it: together they explain a meeting once, not four times over."""
        if row.placeholder:
            return
        terms, moved = self.terms, row.outcome is not Outcome.HELD
        parts = [_of(self._pairs, row.pair_id, terms.k_pair), _of(self._people, row.mentor_id, terms.k_person)]
        if row.mentee_id is not None:
            parts.append(_of(self._people, row.mentee_id, terms.k_person))
        if row.kind is not None:
            parts.append(_of(self._windows, (row.pair_id, WINDOW_KINDS.index(row.kind)), terms.k_window))
        factors = [part.reach(at) for part in parts]
        full = usual_hazard(row, terms) * prod(factors)
        for part, r in zip(parts, factors, strict=True):
            part.take(moved, full / r, at, r)
            part.held += not moved
            part.known += 1

    def pair(self, pair_id: str, mentor_id: str, mentee_id: str | None) -> PairMemory:
        """The memory of one pair as it stands."""
        blank = self._blank
        mentor, pair = self._people.get(mentor_id), self._pairs.get(pair_id)
        mentee = None if mentee_id is None else self._people.get(mentee_id)
        windows = [self._windows.get((pair_id, code)) for code in range(len(WINDOW_KINDS))]
        return PairMemory(
            mentor=mentor.history if mentor else blank.mentor,
            mentee=mentee.history if mentee else blank.mentee,
            pair=pair.history if pair else blank.pair,
            windows=tuple([tally.history if tally else blank.windows[0] for tally in windows]),
        )


@lru_cache(maxsize=8)
def _blank(k_person: float, k_pair: float, k_window: float) -> PairMemory:
    """Nothing known yet."""
    person, pair, window = (History(Frailty(k)) for k in (k_person, k_pair, k_window))
    return PairMemory(person, person, pair, (window,) * len(WINDOW_KINDS))


def _of(tallies: dict[_Key, _Tally], key: _Key, k: float) -> _Tally:
    found = tallies.get(key)
    if found is None:
        found = tallies[key] = _Tally(k)
    return found


def memory_from(
    rows: Iterable[MeetingRow],
    now: int,
    *,
    pair_id: str = "pair",
    mentor_id: str = "mentor",
    mentee_id: str | None = "mentee",
    terms: GlobalTerms = PRIOR,
) -> PairMemory:
    """What was known of a pair at ``now`` (epoch seconds) from ``rows`` in any order: the pair's own, and
    the two people's with others where there are some. Nothing that became known later has any influence."""
    return memory_of_spoken(spoken(rows), now, pair_id=pair_id, mentor_id=mentor_id, mentee_id=mentee_id, terms=terms)


Spoken = tuple[int, int, int, int, MeetingRow]
"""A row behind what orders it: when it speaks, was booked and was to start, and its number."""


def spoken(rows: Iterable[MeetingRow]) -> list[Spoken]:
    """The rows that speak, ever, in the order in which a fold takes them in."""
    return sorted(
        [
            (at, row.booked_at, row.first_start, number, row)
            for number, row in enumerate(rows)
            if (at := row.speaks_at) is not None
        ]
    )


def memory_of_spoken(
    rows: Iterable[Spoken], now: int, *, pair_id: str, mentor_id: str, mentee_id: str | None, terms: GlobalTerms
) -> PairMemory:
    """``memory_from`` rows that are in order already."""
    fold = MemoryFold(terms)
    for at, _, _, _, row in rows:
        if at > now:
            break
        fold.hear(row, at)
    return fold.pair(pair_id, mentor_id, mentee_id)


def usual_hazard(row: MeetingRow, terms: GlobalTerms) -> float:
    """The hazard that the global terms give a booked meeting: lead, window, weekday, and what lay around it then
    (as usual, where that was not kept). The drift is that of its time."""
    lead = max(row.first_start - row.booked_at, SHORTEST_LEAD) / DAY
    effect = terms.alpha + terms.drift_at(row.first_start) + terms.gamma * log(lead)
    if row.kind is not None:
        effect += terms.window.get(row.kind, 0.0)
    if row.zone is not None:
        effect += terms.weekday[local(row.first_start, row.zone).weekday()]
    if row.facts is not None:
        for feature in FEATURES:
            if feature.name in row.facts:
                unusual = sum(row.facts[feature.name]) - SEATS * feature.usual
                effect += terms.beta.get(feature.name, 0.0) * unusual
    return exp(effect)
