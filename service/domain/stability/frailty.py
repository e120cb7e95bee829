"""Frailties: how much more or less often than expected something moved, shrunk towards "as expected".

A frailty is a gamma posterior with prior shape and rate ``k``: ``r = (k + moved) / (k + exposure)``. Two sums
are all it keeps, so that another meeting costs the same however many there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1

from service.domain.timespan import DAY

HALF_LIFE = 180 * DAY
# A pair's meetings spread about the mean like a gamma with K = 3. Mentor, mentee and pair learn from the very
# same meetings, so they share that spread: three with K = 9 make together (10/9)^3 - 1 = 0.37, about 1/3.
# With K = 3 for each, a world without any differences looked full of them (docs/stability.md).
K_TOGETHER = 3.0
K_PERSON = K_PAIR = 3 * K_TOGETHER
K_WINDOW = 20.0
_CERTAIN = 50.0  # a hazard at which a move is as good as sure


@dataclass(frozen=True, slots=True)
class Frailty:
    """``moved`` is the weighted count of meetings that did not hold, ``exposure`` the weighted hazard that
    the meetings were exposed to; both as of ``at`` (epoch seconds), halving in ``HALF_LIFE``. With an infinite
    ``k`` it stays 1, whatever happens."""

    k: float
    moved: float = 0.0
    exposure: float = 0.0
    at: int = 0

    def r(self, now: int) -> float:
        """The factor on the hazard at ``now``: 1 is as expected, below 1 holds better."""
        weight = fading(self.at, now) / self.k  # with an infinite k nothing has any weight, and 1 is exact
        return (1.0 + self.moved * weight) / (1.0 + self.exposure * weight)

    def after(self, moved: bool, hazard: float, at: int) -> Frailty:
        """The frailty when one more meeting has become known at ``at``.

        ``hazard`` is all of the meeting's hazard but this frailty's own part: the global terms' times the
        other frailties' factors. For a meeting still standing it is the part met so far (0 changes nothing).
        Meetings may come in any order of time; each weighs by its own age. Raises ``ValueError`` for a
        negative hazard."""
        if hazard < 0:
            raise ValueError("a hazard is never negative")
        sums = Sums(self.k, self.moved, self.exposure, self.at)
        sums.take(moved, hazard, at, sums.reach(at))
        return sums.frailty


class Sums:
    """A frailty while many meetings are folded into it: the same two sums, changed in place."""

    __slots__ = ("at", "exposure", "k", "moved")

    def __init__(self, k: float, moved: float = 0.0, exposure: float = 0.0, at: int = 0) -> None:
        self.k, self.moved, self.exposure, self.at = k, moved, exposure, at

    @property
    def frailty(self) -> Frailty:
        """As it stands."""
        return Frailty(self.k, self.moved, self.exposure, self.at)

    def reach(self, at: int) -> float:
        """Fades to ``at``, where that is later than what it holds; returns ``Frailty.r(at)``."""
        ours = fading(self.at, at)
        weight = ours / self.k
        r = (1.0 + self.moved * weight) / (1.0 + self.exposure * weight)
        if at > self.at:
            self.moved *= ours
            self.exposure *= ours
            self.at = at
        return r

    def take(self, moved: bool, hazard: float, at: int, r: float) -> None:
        """Takes in a meeting as ``Frailty.after`` does, with the ``r`` that ``reach(at)`` gave just before."""
        its = fading(at, self.at) if at < self.at else 1.0
        if moved:
            self.moved += its
        self.exposure += its * exposed(moved, hazard, r)


def fading(since: int, now: int) -> float:
    """The weight at ``now`` of what became known at ``since``: 1 when fresh, halving in ``HALF_LIFE``."""
    return float(0.5 ** ((now - since) / HALF_LIFE)) if now > since else 1.0


def exposed(moved: bool, hazard: float, r: float) -> float:
    """How much of ``hazard`` a meeting has met: all of it when it held; when it moved, what is to be expected
    up to the move, given that it came (at rate ``r``).

    To count all of it for a moved meeting too would let ``r`` of an ordinary pair sink towards
    ``(1 - exp(-H)) / H`` instead of 1: a meeting can move but once."""
    if not moved:
        return hazard
    full = hazard * r
    if full < 1e-6:
        return hazard / 2
    return (1.0 - (full / expm1(full) if full < _CERTAIN else 0.0)) / r
