"""What a back-test shows, in figures and in plain words, and what it does not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from service.domain.judging import measures
from service.domain.judging.measures import Bin, Interval, WithinPair
from service.domain.judging.off_policy import Choice
from service.domain.judging.rolling import can_be_judged, recorded_until
from service.domain.stability import MeetingRow, Outcome
from service.domain.stability.experts import Expert
from service.domain.stability.learner import Forecast, Learner
from service.domain.stability.memory import SHORTEST_LEAD
from service.domain.timespan import DAY, rfc3339

Floats = npt.NDArray[np.float64]

PAST = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))  # earlier meetings of the pair, from and to
FEW_MEETINGS, FEW_PAIRS = 100, 10  # below these nothing is claimed
MODELS = ("holdfast", "base_rate", "lead_only")


@dataclass(frozen=True, slots=True)
class Figures:
    """One model's figures. Log loss and Brier: lower is better; ``ece`` 0 is perfectly calibrated."""

    log_loss: float
    brier: float
    ece: float
    auc: float | None


@dataclass(frozen=True, slots=True)
class ByPast:
    """The AUC over meetings of pairs with ``first`` to ``last`` earlier ones known."""

    first: int
    last: int | None
    meetings: int
    auc: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A back-test. ``gain``: by how much the log loss was lower than the other model's, per meeting. ``within``: by what
    tells the slots of a list apart; ``within_whole``: by the whole forecast (see docs/backtest.md)."""

    rows: int
    placeholders: int
    unknown: int
    judged: int
    pairs: int
    held: float | None
    first: int | None
    last: int | None
    until: int
    figures: dict[str, Figures]
    gain: dict[str, Interval]
    reliability: list[Bin]
    by_past: list[ByPast]
    within: WithinPair
    within_whole: WithinPair
    learnt: Expert
    known: int
    choice: Choice | None
    claims: list[str]

    @property
    def predicts(self) -> bool:
        """Whether it may be said to predict which of two times holds: the lower bound must exceed chance."""
        return not self.too_few and _predicts(self.within)

    @property
    def too_few(self) -> bool:
        """Whether there are too few meetings, or pairs, for anything to be said."""
        return self.judged < FEW_MEETINGS or self.pairs < FEW_PAIRS

    def document(self) -> dict[str, Any]:
        """For JSON: what the command prints and the API answers."""
        spread = {"people": self.learnt.people, "pairs": self.learnt.pairs, "pair_windows": self.learnt.windows}
        return {
            "rows": self.rows,
            "judged": self.judged,
            "pairs": self.pairs,
            "placeholders": self.placeholders,
            "outcome_unknown": self.unknown,
            "held_share": self.held,
            "first_booked_at": None if self.first is None else rfc3339(self.first),
            "last_booked_at": None if self.last is None else rfc3339(self.last),
            "recorded_until": rfc3339(self.until),
            "models": {
                name: {"log_loss": f.log_loss, "brier": f.brier, "ece": f.ece, "auc": f.auc}
                for name, f in self.figures.items()
            },
            "log_loss_gain": {name: gain._asdict() for name, gain in self.gain.items()},
            "reliability": [one._asdict() for one in self.reliability],
            "auc_by_past_meetings": [
                {"from": one.first, "to": one.last, "meetings": one.meetings, "auc": one.auc} for one in self.by_past
            ],
            "within_pair_at_equal_lead": _within_words(self.within),
            "within_pair_at_equal_lead_whole_forecast": _within_words(self.within_whole),
            "predicts": self.predicts,
            "learnt": {
                "from": self.known,
                "k": {name: None if value == inf else value for name, value in spread.items()},
                "drift_half_life_days": None if self.learnt.drift == inf else self.learnt.drift / DAY,
            },
            "choice": None if self.choice is None else self.choice.document(),
            "claims": list(self.claims),
        }


def _within_words(within: WithinPair) -> dict[str, Any]:
    auc = None if within.auc is None else within.auc._asdict()
    return {"auc": auc, "comparisons": within.comparisons, "pairs": within.pairs}


def judge(
    rows: Sequence[MeetingRow], forecasts: Sequence[Forecast], learner: Learner, choice: Choice | None = None
) -> Verdict:
    """``forecasts`` are of ``rows``, in the same order, and ``learner`` made them (``rolling.roll``)."""
    at = [number for number, can in enumerate(can_be_judged(rows)) if can]
    mine, said = [rows[number] for number in at], [forecasts[number] for number in at]
    held = np.array([row.outcome is Outcome.HELD for row in mine], np.float64)
    names = {name: number for number, name in enumerate(sorted({row.pair_id for row in mine}))}
    pair = np.array([names[row.pair_id] for row in mine], np.int64)
    chances = {
        "holdfast": np.array([one.hold for one in said]),
        "base_rate": np.array([one.baseline for one in said]),
        "lead_only": np.array([one.lead_only for one in said]),
    }
    lead = np.array([max(row.first_start - row.booked_at, SHORTEST_LEAD) for row in mine], np.float64)
    enough = bool(at)
    own = chances["holdfast"]
    figures = {name: _figures(held, chance) for name, chance in chances.items()} if enough else {}
    gain = (
        {
            name: measures.mean_by_pair(measures.losses(held, chances[name]) - measures.losses(held, own), pair)
            for name in MODELS[1:]
        }
        if enough
        else {}
    )
    past = np.array([one.past for one in said], np.int64)
    within = measures.within_pair(held, -np.array([one.slot for one in said], np.float64), lead, pair)
    found = Verdict(
        rows=len(rows),
        placeholders=sum(row.placeholder for row in rows),
        unknown=sum(row.outcome is None for row in rows),
        judged=len(at),
        pairs=len(names),
        held=float(held.mean()) if enough else None,
        first=min((row.booked_at for row in mine), default=None),
        last=max((row.booked_at for row in mine), default=None),
        until=recorded_until(rows),
        figures=figures,
        gain=gain,
        reliability=measures.reliability(held, own) if enough else [],
        by_past=[_by_past(first, last, past, held, own) for first, last in PAST] if enough else [],
        within=within,
        within_whole=measures.within_pair(held, own, lead, pair),
        learnt=learner.chosen,
        known=learner.known,
        choice=choice,
        claims=[],
    )
    found.claims.extend(_claims(found))
    return found


def _figures(held: Floats, chance: Floats) -> Figures:
    bins = measures.reliability(held, chance)
    loss = float(measures.losses(held, chance).mean())
    return Figures(loss, measures.brier(held, chance), measures.calibration_error(bins), measures.auc(held, chance))


def _by_past(first: int, last: int | None, past: npt.NDArray[np.int64], held: Floats, chance: Floats) -> ByPast:
    inside = (past >= first) & (past <= (past.max() if last is None else last))
    return ByPast(first, last, int(inside.sum()), measures.auc(held[inside], chance[inside]))


def _predicts(within: WithinPair) -> bool:
    return within.auc is not None and within.pairs >= FEW_PAIRS and within.auc.low > 0.5


def _claims(v: Verdict) -> list[str]:
    """What may be said, most important first, a sentence each."""
    if v.too_few or v.held is None:
        return [
            f"{v.judged} meetings of {v.pairs} pairs can be judged. That is too few to say anything: "
            f"{FEW_MEETINGS} meetings of {FEW_PAIRS} pairs are the least. Until then the forecasts rest on assumptions."
        ]
    found = [f"{v.judged} meetings of {v.pairs} pairs were judged; {v.held:.0%} of them held at the time first booked."]
    found.append(_ranking(v.within))
    found += [_compared(name, v.gain[name], v.figures[name].log_loss) for name in MODELS[1:]]
    error = v.figures["holdfast"].ece
    how = "well calibrated" if error <= 0.03 else "roughly calibrated" if error <= 0.06 else "not calibrated"
    found.append(f"The forecasts are {how}: they lie {error * 100:.1f} points off on average.")
    found += _differences(v)
    if v.choice is not None:
        found += v.choice.claims()
    return found


def _ranking(within: WithinPair) -> str:
    if within.auc is None:
        return "No two meetings of a pair were booked equally far ahead, so nothing shows which time holds better."
    auc = within.auc
    shown = f"in {auc.value:.1%} of comparisons (95 %: {auc.low:.1%} to {auc.high:.1%}; chance is 50 %)"
    if _predicts(within):
        return f"It predicts which of two times holds better for a pair, equally far ahead: it was right {shown}."
    return (
        "It has not been shown to predict which of two times holds better for a pair, equally far ahead: "
        f"it was right {shown}."
    )


def _compared(name: str, gain: Interval, loss: float) -> str:
    other = {"base_rate": "how often meetings held so far", "lead_only": "how far ahead a meeting is booked, alone"}[
        name
    ]
    how = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not shown to be better"
    value, low, high = (_side(part / loss) for part in gain)
    return f"Its forecasts are {how} than {other}: the log loss is {value} (95 %: {low} to {high})."


def _side(lower: float) -> str:
    return f"{abs(lower):.1%} {'lower' if lower > 0 else 'higher'}"


def _differences(v: Verdict) -> list[str]:
    words = {"people": v.learnt.people, "pairs": v.learnt.pairs, "windows": v.learnt.windows}
    if v.known < FEW_MEETINGS:
        return []
    found = []
    if words["people"] == inf and words["pairs"] == inf:
        found.append("The history shows no lasting differences between pairs, so none are assumed.")
    else:
        found.append("Pairs differ in how often they move, and what a pair did before helps.")
    if v.learnt.drift < inf:
        found.append("How often meetings move changes over time, and the forecasts follow it.")
    return found
