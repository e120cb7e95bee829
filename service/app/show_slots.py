"""Slots in the words of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from service.app.rank_slots import Slot
from service.domain.ledger import Seat
from service.domain.timespan import local, rfc3339

if TYPE_CHECKING:  # `holdfast propose` shows slots too, and needs no database for it
    from service.app.find_slots import Found, Situation


def local_words(start: int, zones: Mapping[Seat, str]) -> dict[str, str]:
    """The start on each one's own clock, RFC 3339 with that clock's offset."""
    return {seat.value: local_text(start, zone) for seat, zone in zones.items()}


@lru_cache(maxsize=1 << 14)
def local_text(start: int, zone: str) -> str:
    """An instant on a zone's clock, RFC 3339."""
    return local(start, zone).isoformat()


utc_text = lru_cache(maxsize=1 << 14)(rfc3339)  # slots begin at the same few times of day for everybody


def slot_words(slot: Slot, zones: Mapping[Seat, str]) -> dict[str, Any]:
    """One slot."""
    return {
        "start": utc_text(slot.start),
        "end": utc_text(slot.end),
        "kind": slot.kind,
        "hold_probability": round(slot.hold_probability, 4),
        "interval": [round(slot.low, 4), round(slot.high, 4)],
        "reasons": [{"code": r.code, "text": r.text, "effect": round(r.effect, 4)} for r in slot.reasons],
        "local": local_words(slot.start, zones),
    }


def found_words(found: Found, situation: Situation) -> dict[str, Any]:
    """The answer of ``GET /v1/pairs/{id}/slots``."""
    words: dict[str, Any] = {
        "complete": found.complete,
        "slots": [slot_words(slot, situation.zones) for slot in found.slots],
        "basis": found.basis,
    }
    if found.unknown:
        words["unknown"] = [{"calendar_id": u.calendar_id, "reason": u.reason} for u in found.unknown]
    if found.declined_because:
        words["declined_because"] = asdict(found.declined_because)
    return words
