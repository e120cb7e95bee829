"""The answer of ``GET /v1/pairs/{id}/slots`` as the bytes that are sent."""

from __future__ import annotations

import json

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.show_slots import found_words

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def answer_slots(
    house: House, pair_id: str, *, horizon_days: int = 28, limit: int = 5, duration_minutes: int | None = None
) -> bytes:
    """What ``find_slots`` finds, in JSON. Raises as it and ``read_situation`` do."""
    situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes)
    return _encode(found_words(find_slots(house, situation, limit=limit), situation)).encode()
