"""The score: ``P(hold) = exp(-H)``, ``log H`` = global terms + what lies around + the logs of four frailties.

Nothing here loops over slots, and ``score_many`` does not compute per pair either: what small arrays cost is
calls, so many pairs are laid end to end and go through the same few calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from service.domain.busy import Ints
from service.domain.slots import Candidates, Party
from service.domain.stability.features import SEATS, USUAL, Case, Floats, Surroundings, surroundings
from service.domain.stability.frailty import HALF_LIFE
from service.domain.stability.memory import SHORTEST_LEAD, PairMemory
from service.domain.stability.outlook import Outlook
from service.domain.stability.scores import FIRST_WINDOW, Batch, Frailties, Scores, holding
from service.domain.stability.terms import FEATURE_ROWS, PRIOR, WEEKDAY_ROWS, WINDOW_ROWS, GlobalTerms
from service.domain.timespan import DAY

BATCH_SLOTS = 8192  # so many slots at a time stay in the processor's cache


class Ask(NamedTuple):
    """One pair of a batch: what ``score`` takes for it."""

    candidates: Candidates
    parties: Sequence[Party]
    memory: PairMemory


def score(
    candidates: Candidates,
    parties: Sequence[Party],
    memory: PairMemory,
    now: int,
    terms: GlobalTerms = PRIOR,
) -> Scores:
    """The chance, for each candidate, that a meeting booked there at ``now`` (epoch seconds) takes place at
    that time. ``parties`` are mentor and mentee; a meeting's own time must not be in their busy tables.

    Raises ``ValueError`` unless there are two parties."""
    return Outlook(candidates, parties).score(slice(None), memory, now, terms)


def score_many(asks: Sequence[Ask], now: int, terms: GlobalTerms = PRIOR) -> list[Scores]:
    """``score`` for many pairs, at a fraction of the cost for each."""
    return [scores for batch in _batches(asks) for scores in _score(batch, now, terms)]


def _batches(asks: Sequence[Ask]) -> Iterator[Sequence[Ask]]:
    begin = size = 0
    for at, ask in enumerate(asks):
        size += ask.candidates.starts.size
        if size >= BATCH_SLOTS:
            yield asks[begin : at + 1]
            begin, size = at + 1, 0
    if begin < len(asks):
        yield asks[begin:]


def _score(asks: Sequence[Ask], now: int, terms: GlobalTerms) -> list[Scores]:
    if any(len(ask.parties) != SEATS for ask in asks):
        raise ValueError("the model is of two people: mentor and mentee")
    sizes = np.array([ask.candidates.starts.size for ask in asks])
    starts = np.concatenate([ask.candidates.starts for ask in asks])
    ends = starts + np.repeat([ask.candidates.duration for ask in asks], sizes)
    kind = np.concatenate([ask.candidates.kind for ask in asks])
    around = surroundings([Case(ask.candidates, ask.parties) for ask in asks], starts, ends, sizes, now)
    log_lead = np.log(np.maximum(starts - now, SHORTEST_LEAD) / DAY)
    frailties = _frailties([ask.memory for ask in asks], now)
    owner = np.repeat(np.arange(len(asks)), sizes)
    log_hazard = _global_log_hazard(log_lead, kind, around, terms)
    log_hazard += frailties.log_r[:, :FIRST_WINDOW].sum(axis=1).take(owner)
    log_hazard += frailties.log_r[owner, kind + FIRST_WINDOW]
    probability = holding(log_hazard)
    batch = Batch(starts - now, log_lead, kind, around, frailties, terms)
    found, end = [], 0
    for number, (ask, size) in enumerate(zip(asks, sizes.tolist(), strict=True)):
        rows = slice(end, end := end + size)
        found.append(Scores(probability[rows], log_hazard[rows], partial(batch.part, number, rows, ask.memory)))
    return found


def _global_log_hazard(log_lead: Floats, kind: Ints, around: Surroundings, terms: GlobalTerms) -> Floats:
    vector = terms.vector
    beta = vector[FEATURE_ROWS]
    base = vector[0] - SEATS * float(beta @ USUAL)
    by_seat = beta @ around.values.reshape(beta.size, -1)
    by_seat += (vector[WEEKDAY_ROWS] / SEATS).take(around.weekdays.reshape(-1))
    found: Floats = by_seat.reshape(SEATS, -1).sum(axis=0)
    found += vector[1] * log_lead
    found += (vector[WINDOW_ROWS] + base).take(kind)
    return found


def _frailties(memories: Sequence[PairMemory], now: int) -> Frailties:
    """``log r`` and its variance (by the delta method: 1 / shape) at ``now``, a row for each memory."""
    table = np.array([memory.numbers for memory in memories]).reshape(len(memories), -1, 4)
    k, moved, exposure, at = (table[:, :, column] for column in range(4))
    fading = np.exp2(np.maximum(now - at, 0.0) / -HALF_LIFE)
    weight = fading / k  # an infinite k gives no weight to anything: r is 1 and certain
    more = 1.0 + moved * weight
    return Frailties(np.log(more / (1.0 + exposure * weight)), 1.0 / (k * more))
