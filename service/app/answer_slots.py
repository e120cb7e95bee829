"""The answer of ``GET /v1/pairs/{id}/slots`` as the bytes that are sent, without objects in between.

A test holds it against ``show_slots.found_words``, which says what the answer is.

The newest answer of each pair is kept in this process, for when the same is asked again within the minute. Everything is
read each time all the same: an answer is used again only where what was just read gives the very outlook and memory that it
was made from (``outlooks``, ``memory``, both of which compare), at the same minute, with the same terms. So nothing has to
be told of a change, whoever made it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple
from weakref import ref

from service.app.find_slots import Situation, find_slots, read_situation
from service.app.house import House
from service.app.outlooks import kept_outlook
from service.app.rank_slots import Search, Slot, check_limit
from service.app.show_slots import found_words, local_text, utc_text
from service.domain.ledger import Seat
from service.domain.stability import GlobalTerms, Outlook, PairMemory, Reason
from service.store.plain import Look

MOST_KEPT = 2048  # answers: some 10 MB

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted = lru_cache(maxsize=4096)(_encode)  # what reasons are called, and their few hundred texts


def answer_slots(
    house: House,
    pair_id: str,
    *,
    horizon_days: int = 28,
    limit: int = 5,
    duration_minutes: int | None = None,
    look: Look | None = None,
) -> bytes:
    """What ``find_slots`` finds, in JSON; ``look``: where it is read, if one is open. Raises as they do."""
    situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes, look=look)
    check_limit(limit)
    if situation.unknown:
        return _answer(house, situation, limit)
    search, terms = situation.search, house.terms
    outlook = kept_outlook(situation.ground, search)
    kept = _kept.get((pair_id, limit))
    if (
        kept is not None
        and kept.outlook() is outlook
        and kept.memory is situation.memory
        and kept.terms is terms
        and kept.search == search
    ):
        return kept.answer
    answer = _answer(house, situation, limit)
    with _lock:
        _kept[pair_id, limit] = _Kept(ref(outlook), situation.memory, terms, search, answer)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return answer


class _Kept(NamedTuple):
    """An answer and all that it was made from. It keeps no outlook alive: they are many times its size."""

    outlook: ref[Outlook]
    memory: PairMemory
    terms: GlobalTerms
    search: Search
    answer: bytes


_kept: OrderedDict[tuple[str, int], _Kept] = OrderedDict()
_lock = threading.Lock()


def _answer(house: House, situation: Situation, limit: int) -> bytes:
    found = find_slots(house, situation, limit=limit)
    if not found.slots:
        return _encode(found_words(found, situation)).encode()
    zones = situation.zones[Seat.MENTOR], situation.zones[Seat.MENTEE]
    slots = ",".join([_slot(slot, *zones) for slot in found.slots])
    return f'{{"complete":true,"slots":[{slots}],"basis":{_encode(found.basis)}}}'.encode()


def _slot(slot: Slot, mentor: str, mentee: str) -> str:
    reasons = ",".join([_reason(reason) for reason in slot.reasons])
    return (
        f'{{"start":"{utc_text(slot.start)}","end":"{utc_text(slot.end)}","kind":"{slot.kind}",'
        f'"hold_probability":{rounded(slot.hold_probability)},'
        f'"interval":[{rounded(slot.low)},{rounded(slot.high)}],"reasons":[{reasons}],'
        f'"local":{{"mentor":"{local_text(slot.start, mentor)}","mentee":"{local_text(slot.start, mentee)}"}}}}'
    )


def _reason(reason: Reason) -> str:
    return f'{{"code":{_quoted(reason.code)},"text":{_quoted(reason.text)},"effect":{rounded(reason.effect)}}}'


def rounded(value: float) -> str:
    """``repr(round(value, 4))`` of a number that is not huge, at half the cost: an answer has dozens."""
    text = f"{value:.4f}".rstrip("0")
    return text + "0" if text[-1] == "." else text
