"""Which few of all candidates to offer: the ones most likely to hold, spread over days and windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.busy import Ints
from service.domain.openings import BREAKFAST, COFFEE
from service.domain.slots import Candidates
from service.domain.wall_clock import day_of

_ONE_KIND_FROM, _BOTH_KINDS_FROM = 2, 3


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What to offer, best first: ``indices`` into the candidates and the window code each is offered as
    (``kinds``). ``wanted``: it is there for the sake of that kind (rule 2)."""

    indices: Ints
    kinds: Ints
    wanted: npt.NDArray[np.bool_]


def choose(
    candidates: Candidates,
    probability: npt.NDArray[np.float64],
    *,
    limit: int,
    zones: Sequence[str],
    days: Ints | None = None,
) -> Choice:
    """Up to ``limit`` candidates; ``probability`` (one each) never rises down the list, ties earlier first.

    In this order of weight:

    1. No two overlap.
    2. From three on, one is offered as breakfast and one as coffee where such candidates exist (of two, one as
       either); what is breakfast for one person and coffee for the other serves for whichever is needed.
    3. On everybody's own calendar (``zones``, one per party) no day is used twice while another is left, none
       three times while one is left that is used less, and so on.
    4. The most probable, then the earliest.

    ``days``: ``day_of`` each candidate in each zone, where it is known already.

    Fewer come back only when every other candidate overlaps a chosen one. Raises ``ValueError`` when the
    sizes differ."""
    if probability.shape != candidates.starts.shape or len(zones) != candidates.kinds.shape[0]:
        raise ValueError("one probability per candidate and one zone per party are needed")
    best_first = (-probability).argsort(kind="stable")  # candidates are in order of time
    if days is None:
        days = np.stack([day_of(zone, candidates.starts) for zone in zones])
    board = _Board(candidates.starts.take(best_first), candidates.duration, days.take(best_first, axis=1))
    wanted: dict[int, int] = {}
    for rank, code in _wanted(board, candidates.kinds.take(best_first, axis=1), limit):
        board.take(rank)
        wanted[rank] = code
    while len(board.taken) < limit and (best := board.next()) is not None:
        board.take(best)
    ranks = sorted(board.taken)
    indices = best_first[np.array(ranks, np.int64)]
    kinds = [wanted.get(rank, kind) for rank, kind in zip(ranks, candidates.kind[indices].tolist(), strict=True)]
    return Choice(indices, np.array(kinds, np.int64), np.array([rank in wanted for rank in ranks], np.bool_))


class _Board:
    """Candidates in order of rank (best first) and what taking some of them does to the others.

    A few are taken of hundreds, and most often from among the first: so they are looked at one by one, and no further than
    needed. A day is never used less than before, so what was passed over at one level of use need not be looked at again."""

    def __init__(self, starts: Ints, duration: int, days: Ints) -> None:
        self.starts: list[int] = starts.tolist()
        self.duration = duration
        self.days: list[list[int]] = days.tolist()  # [party][rank]
        self.taken: list[int] = []
        # For each party: on which day each candidate lies, and how many on the list lie on a day.
        self._calendars: list[tuple[list[int], dict[int, int]]] = [(each, {}) for each in self.days]
        self._level = self._passed = 0

    def take(self, rank: int) -> None:
        """Puts a candidate on the list."""
        self.taken.append(rank)
        for days, used in self._calendars:
            used[days[rank]] = used.get(days[rank], 0) + 1

    def next(self) -> int | None:
        """The best candidate on the least used day, or ``None`` when all others overlap."""
        while True:
            for rank in range(self._passed, len(self.starts)):
                if self._use(rank) <= self._level and not self._closed(rank):
                    self._passed = rank + 1
                    return rank
            others = [self._use(rank) for rank in range(len(self.starts)) if not self._closed(rank)]
            if not others:
                return None
            self._level, self._passed = min(others), 0

    def _use(self, rank: int) -> int:
        """How many lie on this candidate's day: the fuller of the parties' days counts."""
        return max([used.get(days[rank], 0) for days, used in self._calendars])

    def _closed(self, rank: int) -> bool:
        start, duration = self.starts[rank], self.duration
        return any(-duration < start - self.starts[one] < duration for one in self.taken)

    def overlapping(self, rank: int, other: int) -> bool:
        """Whether the two share time."""
        return -self.duration < self.starts[rank] - self.starts[other] < self.duration

    def same_day(self, rank: int, other: int) -> bool:
        """Whether the two lie on the same day for at least one party."""
        return any(days[rank] == days[other] for days in self.days)


def _wanted(board: _Board, kinds: Ints, limit: int) -> Iterator[tuple[int, int]]:
    """The ``(rank, code)`` that rule 2 asks for."""
    if limit < _ONE_KIND_FROM:
        return
    breakfasts, coffees = (_offered(kinds, code) for code in (BREAKFAST, COFFEE))
    pair = _pair(board, breakfasts, coffees) if limit >= _BOTH_KINDS_FROM else None
    if pair is not None:
        yield pair[0], BREAKFAST
        yield pair[1], COFFEE
        return
    firsts = [(ranks[0], code) for ranks, code in ((breakfasts, BREAKFAST), (coffees, COFFEE)) if ranks]
    if firsts:
        yield min(firsts)


def _offered(kinds: Ints, code: int) -> list[int]:
    """The ranks of those that are of a kind for somebody."""
    found: list[int] = np.logical_or.reduce(kinds == code).nonzero()[0].tolist()
    return found


def _pair(board: _Board, breakfasts: list[int], coffees: list[int]) -> tuple[int, int] | None:
    """The best breakfast with the best coffee that goes with it: on another day if any do, else not
    overlapping.

    Taken from either side, for the best of one kind may stand in the way of the other. Each search ends
    soon: only candidates that share their day (or their time) with all of the other kind are passed over."""
    for near in (board.same_day, board.overlapping):
        found = []
        for ours, theirs in ((breakfasts, coffees), (coffees, breakfasts)):
            pair = next(((rank, other) for rank in ours for other in theirs if not near(rank, other)), None)
            if pair is not None:
                found.append(pair if ours is breakfasts else pair[::-1])
        if found:
            # Ranks stand for probabilities: the pair whose weaker half is better, then the stronger.
            return min(found, key=lambda pair: (max(pair), min(pair), pair))
    return None
