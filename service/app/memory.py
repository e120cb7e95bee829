"""What the hold model remembers of a pair: the outcomes of both people's earlier meetings, each as it was first booked."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from sqlmodel import Session

from service.app.house import House
from service.domain.stability import GlobalTerms, MeetingRow, Outcome, PairMemory
from service.domain.stability.memory import memory_of_spoken, spoken
from service.domain.timespan import DAY, MINUTE
from service.domain.windows import WindowKind
from service.store import meetings
from service.store.situations import OutcomeRow
from service.store.tables import Pair, Person

# Beyond four half-lives a meeting weighs under a sixteenth.
REMEMBERED = 720 * DAY
MOST_KEPT = 2048
_KINDS, _OUTCOMES = {kind.value: kind for kind in WindowKind}, {outcome.value: outcome for outcome in Outcome}


def pair_memory(house: House, session: Session, pair: Pair, now: int, *, zone: str) -> PairMemory:
    """The memory of one pair at ``now``, in one query. ``zone`` is the clock that tells a meeting's weekday."""
    rows = meetings.outcomes(session, [pair.mentor_id, pair.mentee_id], now - REMEMBERED)
    return memory_of(house.terms, rows, (pair.id, pair.mentor_id, pair.mentee_id), now, zone=zone)


def pair_memories(
    house: House, session: Session, rows: Sequence[Pair], now: int, who: Mapping[str, Person]
) -> dict[str, PairMemory]:
    """The memories of several pairs, each as ``pair_memory`` gives it, in one query for all. ``who``: their people."""
    everybody = sorted({person for pair in rows for person in (pair.mentor_id, pair.mentee_id)})
    of_person: dict[str, list[OutcomeRow]] = {person: [] for person in everybody}
    for one in meetings.outcomes(session, everybody, now - REMEMBERED):
        for person in {one.mentor_id, one.mentee_id or ""} & of_person.keys():
            of_person[person].append(one)
    memories = {}
    for pair in rows:
        theirs = (o for o in of_person[pair.mentee_id] if pair.mentor_id not in (o.mentor_id, o.mentee_id))
        outcomes = [*of_person[pair.mentor_id], *theirs]
        ids = (pair.id, pair.mentor_id, pair.mentee_id)
        memories[pair.id] = memory_of(house.terms, outcomes, ids, now, zone=who[pair.mentor_id].time_zone)
    return memories


@dataclass(frozen=True, slots=True)
class _Kept:
    """A memory and all that it was made from. It holds from the moment its newest row began to speak until the next does."""

    terms: GlobalTerms
    rows: list[OutcomeRow]
    zone: str
    since: float
    until: float
    memory: PairMemory


_kept: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()
_lock = threading.Lock()


def memory_of(
    terms: GlobalTerms, outcomes: list[OutcomeRow], ids: tuple[str, str, str], now: int, *, zone: str
) -> PairMemory:
    """The memory of the pair ``ids`` (pair, mentor, mentee) at ``now`` from what was read of both people's meetings.

    Folding is kept per pair, and used again only where everything that it was made from is the same."""
    outcomes = sorted(outcomes)
    kept = _kept.get(ids)
    if (
        kept is not None
        and kept.terms is terms
        and kept.zone == zone
        and kept.since <= now < kept.until
        and kept.rows == outcomes
    ):
        return kept.memory
    rows = spoken([_row(one, zone) for one in outcomes])
    pair_id, mentor_id, mentee_id = ids
    memory = memory_of_spoken(rows, now, pair_id=pair_id, mentor_id=mentor_id, mentee_id=mentee_id, terms=terms)
    speaking = [row[0] for row in rows]
    heard = bisect_right(speaking, now)
    since = speaking[heard - 1] if heard else -inf
    until = speaking[heard] if heard < len(speaking) else inf
    with _lock:
        _kept[ids] = _Kept(terms, outcomes, zone, since, until, memory)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return memory


def _row(one: OutcomeRow, zone: str) -> MeetingRow:
    return MeetingRow(
        booked_at=one.created_at,
        first_start=one.first_start,
        minutes=(one.end - one.start) // MINUTE,
        kind=_KINDS[one.first_kind],
        outcome=_OUTCOMES[one.first_outcome],
        outcome_at=one.first_outcome_at,
        zone=zone,
        pair_id=one.pair_id,
        mentor_id=one.mentor_id,
        mentee_id=one.mentee_id,
    )
