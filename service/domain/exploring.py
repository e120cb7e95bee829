"""Exploring: now and then another time of the same day is offered in place of one that is hardly better, by a known chance.

Whoever only ever offers what the model likes best never learns whether something else would have held as well. So each place
of a list has a few *options*: the time that ``spread.choose`` put there, and times of the same day on everybody's clock, at
least a meeting apart, that are at most ``NEAR`` less likely to hold. One is drawn. All options of a place are equally far
ahead, so that what comes of them can be compared; the list obeys the same rules as before, and is still best first.

Nothing here draws by itself: numbers come in, so that the same numbers give the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


def explore(
    candidates: Candidates,
    probability: npt.NDArray[np.float64],
    choice: Choice,
    *,
    zones: Sequence[str],
    draw: Draw,
    share: float = SHARE,
    days: Ints | None = None,
) -> Explored:
    """``choice`` with each place drawn anew from its options. ``share`` of 0 changes nothing, and says so. ``days``: on which
    local day each candidate lies, a row for each party, where that is known already.

    Raises ``ValueError`` for a share that is none."""
    if not 0.0 <= share <= 1.0:
        raise ValueError("a share lies between 0 and 1")
    if days is None:
        days = np.stack([day_of(zone, candidates.starts) for zone in zones])
    places = _places(candidates, probability, choice, days) if share else [[i] for i in choice.indices.tolist()]
    chances = [_chances(len(place), share) for place in places]
    taken = [_drawn(chance, draw(number)) for number, chance in enumerate(chances)]
    rank = {index: (-float(probability[index]), int(candidates.starts[index])) for place in places for index in place}
    kinds = choice.kinds.tolist()
    options = []
    for number, (place, chance) in enumerate(zip(places, chances, strict=True)):
        rest = [(places[other], chances[other]) for other in range(len(places)) if other != number]
        options.append(
            tuple(
                Option(
                    index,
                    _offered_as(candidates, index, kinds[number]),
                    float(probability[index]),
                    shown=shown,
                    first=shown * prod(_behind(rank, *other, rank[index]) for other in rest),
                )
                for index, shown in zip(place, chance, strict=True)
            )
        )
    order = sorted(range(len(places)), key=lambda number: rank[places[number][taken[number]]])
    listed = [options[number][taken[number]] for number in order]
    indices = np.array([one.index for one in listed], np.int64)
    codes = np.array([one.kind for one in listed], np.int64)
    found = Choice(indices, codes, choice.wanted[np.array(order, np.int64)])
    return Explored(found, tuple(options[number] for number in order))


def _places(
    candidates: Candidates, probability: npt.NDArray[np.float64], choice: Choice, days: Ints
) -> list[list[int]]:
    """The options of each place, what stands there first."""
    starts, listed = candidates.starts, choice.indices
    used = days[:, listed]
    spoken_for = listed.tolist()
    places = []
    for number, best in enumerate(listed.tolist()):
        place = [best]
        shared = (np.delete(used, number, axis=1) == days[:, best, None]).any()
        if not shared:  # else the day holds several already, and what suits beside them depends on what else is drawn
            like = (days == days[:, best, None]).all(axis=0)
            like &= (probability <= probability[best]) & (probability >= probability[best] - NEAR)
            if choice.wanted[number]:
                like &= (candidates.kinds == choice.kinds[number]).any(axis=0)
            near = np.flatnonzero(like)
            for index in near[np.lexsort((starts[near], -probability[near]))].tolist():
                others = starts[[other for other in spoken_for if other != best] + place]
                if len(place) < MOST_OPTIONS and (np.abs(others - starts[index]) >= candidates.duration).all():
                    place.append(index)
            spoken_for += place[1:]
        places.append(place)
    return places


def _chances(options: int, share: float) -> list[float]:
    each = share / options
    return [1.0 - share + each, *[each] * (options - 1)]


def _drawn(chances: Sequence[float], number: float) -> int:
    for at, chance in enumerate(chances):
        number -= chance
        if number < 0:
            return at
    return 0  # what rounding left over


def _offered_as(candidates: Candidates, index: int, code: int) -> int:
    return code if (candidates.kinds[:, index] == code).any() else int(candidates.kind[index])


def _behind(
    rank: dict[int, tuple[float, int]], place: Sequence[int], chances: Sequence[float], this: tuple[float, int]
) -> float:
    """How likely a place is to show something that stands behind ``this``."""
    return sum(chance for index, chance in zip(place, chances, strict=True) if rank[index] > this)
