"""A pair's patterns: computed from its ledger each time, never stored as truth."""

from __future__ import annotations

from typing import Any

from service.app.house import House
from service.domain.cadence import Cadence
from service.domain.pair import CadenceUnit, PairStatus
from service.domain.patterns import as_words, patterns
from service.store import pairs, people


def read_patterns(house: House, pair_id: str) -> dict[str, Any]:
    """The answer of ``GET /v1/pairs/{id}/patterns``."""
    with house.reading() as session:
        pair = pairs.get(session, pair_id)
        zone = people.get_many(session, [pair.mentor_id])[pair.mentor_id].time_zone
        ledger = pairs.ledger(session, pair_id)
    found = patterns(
        ledger,
        cadence=Cadence(pair.cadence_every, CadenceUnit(pair.cadence_unit)),
        zone=zone,
        status=PairStatus(pair.status),
        now=house.now(),
        move_budget=pair.move_budget,
    )
    return as_words(found)
