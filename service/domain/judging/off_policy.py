"""What another way of choosing among offered slots would have reached, from choices that were logged with their chances.

An offer lists slots; each place was drawn from near-equal times of its day with a known probability
(``domain.exploring``). The meeting that came of it shows how that time did. Weighing each by how likely the other policy
would have made the same choice gives an unbiased estimate for it (IPS), and a steadier one when divided by the sum of the
weights (SNIPS).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.domain.judging.measures import Interval, ratio, totals

LARGEST_WEIGHT = 20.0
FEW_CHOICES = 50
POLICIES = ("ranked", "earliest", "random")


@dataclass(frozen=True, slots=True)
class Logged:
    """One choice among slots of equal lead. ``chance`` and ``start`` of each slot, ``chosen`` which was taken,
    ``propensity`` the probability with which it had been, ``held`` what became of it, ``pair`` whose it was."""

    chance: tuple[float, ...]
    start: tuple[int, ...]
    chosen: int
    propensity: float
    held: bool
    pair: str

    def probability(self, policy: str) -> float:
        """With which probability the policy takes the slot that was taken."""
        if policy == "random":
            return 1.0 / len(self.chance)
        best = max(self.chance) if policy == "ranked" else -min(self.start)
        values = self.chance if policy == "ranked" else tuple(-start for start in self.start)
        equal = [number for number, value in enumerate(values) if value == best]
        return 1.0 / len(equal) if self.chosen in equal else 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The share of meetings that hold under each policy. ``ips`` is unbiased, ``snips`` steadier; ``effective`` is how
    many choices of its own the evidence is worth."""

    choices: int
    pairs: int
    snips: dict[str, Interval]
    ips: dict[str, float]
    effective: dict[str, float]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "choices": self.choices,
            "pairs": self.pairs,
            "policies": {
                name: {
                    "snips": self.snips[name]._asdict(),
                    "ips": self.ips[name],
                    "effective_choices": self.effective[name],
                }
                for name in self.snips
            },
        }

    def claims(self) -> list[str]:
        """What may be said of it."""
        if self.choices < FEW_CHOICES or not self.snips:
            return [f"{self.choices} choices among offered slots were logged: too few to compare ways of choosing."]
        words = {"ranked": "the first by Holdfast", "earliest": "the earliest", "random": "a random one"}
        shown = ", ".join(
            f"{words[name]} {at.value:.0%} ({at.low:.0%} to {at.high:.0%})" for name, at in self.snips.items()
        )
        return [f"Among slots equally far ahead, this share would have held: {shown}."]


def compare_choices(logged: Sequence[Logged]) -> Choice | None:
    """``None`` where nothing was logged. Raises ``ValueError`` for a propensity that is no probability above 0."""
    if not logged:
        return None
    if any(not 0.0 < one.propensity <= 1.0 for one in logged):
        raise ValueError("a propensity lies above 0 and not above 1")
    names = {name: number for number, name in enumerate(sorted({one.pair for one in logged}))}
    pair = np.array([names[one.pair] for one in logged], np.int64)
    held = np.array([one.held for one in logged], np.float64)
    snips, ips, effective = {}, {}, {}
    for policy in POLICIES:
        weight = np.array([min(one.probability(policy) / one.propensity, LARGEST_WEIGHT) for one in logged])
        if not weight.any():
            continue
        by_pair = [totals(pair, values) for values in (weight * held, weight)]
        some = by_pair[1] > 0
        snips[policy] = ratio(by_pair[0][some], by_pair[1][some])
        ips[policy] = float((weight * held).mean())
        effective[policy] = float(weight.sum() ** 2 / (weight**2).sum())
    return Choice(len(logged), len(names), snips, ips, effective)
