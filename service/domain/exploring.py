"""Exploring: now and then another time of the same day is offered in place of one that is hardly better, by a known chance.

Whoever only ever offers what the model likes best never learns whether something else would have held as well. So each place
of a list has a few *options*: the time that ``spread.choose`` put there, and times of the same day on everybody's clock, at
least a meeting apart, that are at most ``NEAR`` less likely to hold. One is drawn. All options of a place are equally far
ahead, so that what comes of them can be compared; the list obeys the same rules as before, and is still best first.

Nothing here draws by itself: numbers come in, so that the same numbers give the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from math import prod

import numpy as np
import numpy.typing as npt

from service.domain.busy import Ints
from service.domain.slots import Candidates
from service.domain.spread import Choice
from service.domain.wall_clock import day_of

NEAR = 0.02  # in probability, from the best of the place
MOST_OPTIONS = 4
SHARE = 1 / 3  # of places are drawn from all options alike; the others keep the best

_Rank = tuple[float, int, int]  # less its chance to hold, its start, its index: what stands before what
Floats = npt.NDArray[np.float64]
Draw = Callable[[int], float]
"""A number from 0 up to 1 for each place of the list; nothing else about it matters."""


def draws_from(seed: str) -> Draw:
    """Numbers that nobody can foresee and everybody who knows the seed can tell again."""

    def draw(place: int) -> float:
        return int.from_bytes(sha256(f"{seed}:{place}".encode()).digest()[:6]) / 2**48

    return draw


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate that a place might have shown: ``index`` into the candidates, the window code it is offered as, its
    probability to hold; ``shown``: how likely it was to be drawn; ``first``: to be drawn and stand first on the list."""

    index: int
    kind: int
    probability: float
    shown: float
    first: float


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """A list as it is shown, best first, and for each of its places the options it was drawn from, best first."""

    choice: Choice
    options: tuple[tuple[Option, ...], ...]


class Places:
    """The places of a list with their options: all of exploring that no draw changes."""

    def __init__(
        self,
        candidates: Candidates,
        probability: Floats,
        choice: Choice,
        *,
        zones: Sequence[str],
        share: float = SHARE,
        days: Ints | None = None,
    ) -> None:
        if not 0.0 <= share <= 1.0:
            raise ValueError("a share lies between 0 and 1")
        if days is None:
            days = np.stack([day_of(zone, candidates.starts) for zone in zones])
        places = [
            _Place(ranks, _chances(len(ranks), share)) for ranks in _ranks(candidates, probability, choice, days, share)
        ]
        self._places, self._wanted = places, choice.wanted
        self._options = [
            _options(candidates, place, code, places[:number] + places[number + 1 :])
            for number, (place, code) in enumerate(zip(places, choice.kinds.tolist(), strict=True))
        ]

    def drawn(self, draw: Draw) -> Explored:
        """The list with each place drawn anew."""
        places, options = self._places, self._options
        taken = [_drawn(place.chances, draw(number)) for number, place in enumerate(places)]
        order = sorted(range(len(places)), key=lambda number: places[number].ranks[taken[number]])
        listed = [options[number][taken[number]] for number in order]
        indices = np.array([one.index for one in listed], np.int64)
        codes = np.array([one.kind for one in listed], np.int64)
        found = Choice(indices, codes, self._wanted[np.array(order, np.int64)])
        return Explored(found, tuple([options[number] for number in order]))


def explore(
    candidates: Candidates,
    probability: Floats,
    choice: Choice,
    *,
    zones: Sequence[str],
    draw: Draw,
    share: float = SHARE,
    days: Ints | None = None,
) -> Explored:
    """``choice`` with each place drawn anew from its options. ``share`` of 0 changes nothing, and says so. ``days``: on which
    local day each candidate lies, a row for each party, where that is known already; like the candidates, they rise.

    Raises ``ValueError`` for a share that is none."""
    return Places(candidates, probability, choice, zones=zones, share=share, days=days).drawn(draw)


def _options(candidates: Candidates, place: _Place, code: int, rest: Sequence[_Place]) -> tuple[Option, ...]:
    """What a place may show, with the chances that follow from all the others (``rest``)."""
    found = []
    for rank, shown in zip(place.ranks, place.chances, strict=True):
        least, _, index = rank
        first = shown * prod([other.behind(rank) for other in rest])
        found.append(Option(index, _offered_as(candidates, index, code), -least, shown, first))
    return tuple(found)


def _ranks(
    candidates: Candidates, probability: Floats, choice: Choice, days: Ints, share: float
) -> Iterator[list[_Rank]]:
    """The options of each place, what stands there first."""
    listed, used = choice.indices, days[:, choice.indices]
    starts, chances = candidates.starts[listed].tolist(), probability[listed].tolist()
    by_party, taken = used.tolist(), list(starts)
    places = zip(listed.tolist(), starts, chances, *_same_days(days, used), strict=True)
    for number, (index, start, chance, first, last) in enumerate(places):
        ranks = [(-chance, start, index)]
        alone = all(row.count(row[number]) == 1 for row in by_party)
        if alone and share:  # of a day that holds several, what suits beside them depends on what else is drawn
            code = int(choice.kinds[number]) if choice.wanted[number] else None
            ranks += _near(candidates, probability, slice(first, last), ranks[0], taken, code)
            taken += [at for _, at, _ in ranks[1:]]
        yield ranks


def _same_days(days: Ints, wanted: Ints) -> tuple[list[int], list[int]]:
    """Where in ``days`` (which rise, in each row) those lie that equal a column of ``wanted``, for each of the columns."""
    firsts = [row.searchsorted(each, "left") for row, each in zip(days, wanted, strict=True)]
    lasts = [row.searchsorted(each, "right") for row, each in zip(days, wanted, strict=True)]
    return np.maximum.reduce(firsts).tolist(), np.minimum.reduce(lasts).tolist()


def _near(
    candidates: Candidates, probability: Floats, rows: slice, best: _Rank, taken: Sequence[int], code: int | None
) -> list[_Rank]:
    """Candidates in ``rows`` that hardly hold worse than ``best``, best first: off all that begins at ``taken`` (among them
    ``best`` itself) and off one another, and offered as ``code`` where one is asked for."""
    most, duration = -best[0], candidates.duration
    likely = zip(
        probability[rows].tolist(), candidates.starts[rows].tolist(), range(rows.start, rows.stop), strict=True
    )
    found: list[_Rank] = []
    for one in sorted([(-p, at, index) for p, at, index in likely if most - NEAR <= p <= most]):
        _, at, index = one
        suits = code is None or code in candidates.kinds[:, index].tolist()
        if suits and not any(-duration < at - other < duration for other in taken):
            found.append(one)
            taken = [*taken, at]
            if len(found) == MOST_OPTIONS - 1:
                break
    return found


@lru_cache(maxsize=64)
def _chances(options: int, share: float) -> tuple[float, ...]:
    each = share / options
    return (1.0 - share + each, *[each] * (options - 1))


def _drawn(chances: Sequence[float], number: float) -> int:
    for at, chance in enumerate(chances):
        number -= chance
        if number < 0:
            return at
    return 0  # what rounding left over


def _offered_as(candidates: Candidates, index: int, code: int) -> int:
    return code if code in candidates.kinds[:, index].tolist() else int(candidates.kind[index])


class _Place:
    """How likely a place of the list shows what: ``ranks`` of its options, with their ``chances``."""

    def __init__(self, ranks: Sequence[_Rank], chances: Sequence[float]) -> None:
        self.ranks, self.chances = ranks, chances
        self._best, self._worst, self._all = min(ranks), max(ranks), sum(chances)

    def behind(self, this: _Rank) -> float:
        """How likely it shows something that stands behind ``this``."""
        if self._best > this:
            return self._all
        if self._worst < this:
            return 0.0
        return sum([chance for rank, chance in zip(self.ranks, self.chances, strict=True) if rank > this])
