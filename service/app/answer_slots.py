"""The answer of ``GET /v1/pairs/{id}/slots`` as the bytes that are sent, without objects in between.

A test holds it against ``show_slots.found_words``, which says what the answer is.
"""

from __future__ import annotations

import json
from functools import lru_cache

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.rank_slots import Slot
from service.app.show_slots import found_words, local_text, utc_text
from service.domain.ledger import Seat
from service.domain.stability import Reason

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted = lru_cache(maxsize=4096)(_encode)  # what reasons are called, and their few hundred texts


def answer_slots(
    house: House, pair_id: str, *, horizon_days: int = 28, limit: int = 5, duration_minutes: int | None = None
) -> bytes:
    """What ``find_slots`` finds, in JSON. Raises as it and ``read_situation`` do."""
    situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes)
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
        f'"hold_probability":{round(slot.hold_probability, 4)!r},'
        f'"interval":[{round(slot.low, 4)!r},{round(slot.high, 4)!r}],"reasons":[{reasons}],'
        f'"local":{{"mentor":"{local_text(slot.start, mentor)}","mentee":"{local_text(slot.start, mentee)}"}}}}'
    )


def _reason(reason: Reason) -> str:
    return f'{{"code":{_quoted(reason.code)},"text":{_quoted(reason.text)},"effect":{round(reason.effect, 4)!r}}}'
