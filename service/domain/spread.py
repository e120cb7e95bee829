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

_NEVER = np.iinfo(np.int64).max
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
) -> Choice:
    """Up to ``limit`` candidates; ``probability`` (one each) never rises down the list, ties earlier first.

    In this order of weight:

    1. No two overlap.
    2. From three on, one is offered as breakfast and one as coffee where such candidates exist (of two, one as
       either); what is breakfast for one person and coffee for the other serves for whichever is needed.
    3. On everybody's own calendar (``zones``, one per party) no day is used twice while another is left, none
       three times while one is left that is used less, and so on.
    4. The most probable, then the earliest.

    Fewer come back only when every other candidate overlaps a chosen one. Raises ``ValueError`` when the
    sizes differ."""
    if probability.shape != candidates.starts.shape or len(zones) != candidates.kinds.shape[0]:
        raise ValueError("one probability per candidate and one zone per party are needed")
    best_first = np.lexsort((candidates.starts, -probability))
    board = _Board(
        candidates.starts[best_first],
        candidates.duration,
        np.stack([day_of(zone, candidates.starts)[best_first] for zone in zones]),
    )
    kinds = candidates.kind[best_first]
    wanted = np.zeros(kinds.size, np.bool_)
    for rank, code in _wanted(board, candidates.kinds[:, best_first], limit):
        board.take(rank)
        kinds[rank], wanted[rank] = code, True
    while len(board.taken) < limit and (best := board.next()) is not None:
        board.take(best)
    ranks = np.array(sorted(board.taken), np.int64)
    return Choice(best_first[ranks], kinds[ranks], wanted[ranks])


class _Board:
    """Candidates in order of rank (best first) and what taking some of them does to the others."""

    def __init__(self, starts: Ints, duration: int, days: Ints) -> None:
        self.starts, self.duration = starts, duration
        self.days = days  # [party, rank]
        self.taken: list[int] = []
        self._used = np.zeros(days.shape, np.int64)  # how many on the list share this candidate's day
        self._closed = np.zeros(starts.size, np.bool_)

    def take(self, rank: int) -> None:
        """Puts a candidate on the list."""
        self.taken.append(rank)
        self._used += self.days == self.days[:, rank, None]
        self._closed |= self.overlapping(rank)

    def next(self) -> int | None:
        """The best candidate on the least used day, or ``None`` when all others overlap."""
        if self._closed.all():
            return None
        # The fuller of the parties' days counts; argmin gives the first, hence the most probable.
        return int(np.argmin(np.where(self._closed, _NEVER, self._used.max(axis=0))))

    def overlapping(self, rank: int) -> npt.NDArray[np.bool_]:
        """Which candidates share time with this one (itself included)."""
        near: npt.NDArray[np.bool_] = np.abs(self.starts - self.starts[rank]) < self.duration
        return near

    def same_day(self, rank: int) -> npt.NDArray[np.bool_]:
        """Which candidates lie on the same day for at least one party."""
        same: npt.NDArray[np.bool_] = (self.days == self.days[:, rank, None]).any(axis=0)
        return same


def _wanted(board: _Board, kinds: Ints, limit: int) -> Iterator[tuple[int, int]]:
    """The ``(rank, code)`` that rule 2 asks for."""
    breakfasts, coffees = (np.flatnonzero((kinds == code).any(axis=0)) for code in (BREAKFAST, COFFEE))
    if limit < _ONE_KIND_FROM:
        return
    pair = _pair(board, breakfasts, coffees) if limit >= _BOTH_KINDS_FROM else None
    if pair is not None:
        yield pair[0], BREAKFAST
        yield pair[1], COFFEE
        return
    firsts = [(int(ranks[0]), code) for ranks, code in ((breakfasts, BREAKFAST), (coffees, COFFEE)) if ranks.size]
    if firsts:
        yield min(firsts)


def _pair(board: _Board, breakfasts: Ints, coffees: Ints) -> tuple[int, int] | None:
    """The best breakfast with the best coffee that goes with it: on another day if any do, else not
    overlapping.

    Taken from either side, for the best of one kind may stand in the way of the other. Each search ends
    soon: only candidates that share their day (or their time) with all of the other kind are passed over."""
    if not (breakfasts.size and coffees.size):
        return None
    for apart in (board.same_day, board.overlapping):
        found = []
        for ours, theirs in ((breakfasts, coffees), (coffees, breakfasts)):
            for rank in ours.tolist():
                partners = theirs[~apart(rank)[theirs]]
                if partners.size:
                    pair = (rank, int(partners[0]))
                    found.append(pair if ours is breakfasts else pair[::-1])
                    break
        if found:
            # Ranks stand for probabilities: the pair whose weaker half is better, then the stronger.
            return min(found, key=lambda pair: (max(pair), min(pair), pair))
    return None
