"""The answer to "that time has gone": a 409 that carries fresh slots, so that nobody has to ask again."""

from __future__ import annotations

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.show_slots import slot_words
from service.domain.errors import HoldfastError, TimeGone


def gone(house: House, pair_id: str, trouble: HoldfastError, *, duration_minutes: int | None = None) -> TimeGone:
    """The problem to raise, with ``slots`` as in ``GET /v1/pairs/{id}/slots``."""
    situation = read_situation(house, pair_id, horizon_days=28, duration_minutes=duration_minutes)
    found = find_slots(house, situation, limit=5)
    slots = [slot_words(slot, situation.zones) for slot in found.slots]
    return TimeGone(trouble.detail, extra={**trouble.extra, "slots": slots, "complete": found.complete})
