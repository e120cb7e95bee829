"""Pairs: two people begin to meet, and settle how. How they rest, start afresh and end: ``rest_pair``, ``end_pair``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.app.agree_on import agree_on
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.pair_rules import set_rules
from service.app.record import note
from service.domain.errors import BadInput, Stale
from service.domain.ledger import EntryType
from service.domain.pair import CadenceUnit, PairKind
from service.store import loops, pairs, people, programmes
from service.store.tables import Pair

SHORTEST, LONGEST = 15, 240


def _cadence(raw: Mapping[str, Any]) -> tuple[int, str]:
    every = raw.get("every", 1)
    if not isinstance(every, int) or not 1 <= every <= 52:
        raise BadInput.of("cadence.every", "must be from 1 to 52")
    if raw.get("unit") not in {unit.value for unit in CadenceUnit}:
        raise BadInput.of("cadence.unit", "must be week or month")
    return every, str(raw["unit"])


def _duration(minutes: int) -> int:
    if not SHORTEST <= minutes <= LONGEST or minutes % 5:
        raise BadInput.of("duration_minutes", f"must be from {SHORTEST} to {LONGEST}, in steps of 5")
    return minutes


def create_pair(house: House, facts: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Makes a pair as in ``POST /v1/pairs``; returns its id."""
    seen_before(house, once)
    if facts["mentor_id"] == facts["mentee_id"]:
        raise BadInput.of("mentee_id", "must be someone else than the mentor")
    kind = facts.get("kind", PairKind.MENTORING)
    if kind not in {k.value for k in PairKind}:
        raise BadInput.of("kind", "must be mentoring or coaching")
    every, unit = _cadence(facts.get("cadence") or {"every": 1, "unit": "month"})
    pair_id = house.new_id("pair")
    with house.writing() as session:
        keep(session, once, pair_id, house.now())
        for field in ("mentor_id", "mentee_id"):
            if facts[field] not in people.get_many(session, [facts[field]]):
                raise BadInput.of(field, f"there is no person {facts[field]}")
            people.get(session, facts[field])
        if facts.get("programme_id") is not None and not programmes.exists(session, facts["programme_id"]):
            raise BadInput.of("programme_id", f"there is no programme {facts['programme_id']}")
        session.add(
            Pair(
                id=pair_id,
                mentor_id=facts["mentor_id"],
                mentee_id=facts["mentee_id"],
                kind=str(kind),
                cadence_every=every,
                cadence_unit=unit,
                duration_minutes=_duration(facts.get("duration_minutes", 60)),
                focus=facts.get("focus"),
                objectives=[],
                programme_id=facts.get("programme_id"),
                move_budget=facts.get("move_budget"),
                conference=bool(facts.get("conference", False)),
                rules={},
                created_at=house.now(),
            )
        )
        session.flush()
        agree_on(house, session, pairs.get(session, pair_id), facts)
        set_rules(pairs.get(session, pair_id), facts.get("rules") or {})
        loops.begin(session, pair_id, house.now())
        note(house, session, pair_id, EntryType.PAIR_CREATED)
    return pair_id


def change_pair(house: House, pair_id: str, facts: Mapping[str, Any], *, if_version: int | None = None) -> None:
    """Changes cadence, length, focus, objectives, sessions, next step, move budget, or whether new bookings bear a link to
    meet at."""
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        if if_version is not None and pair.version != if_version:
            raise Stale("This pair was changed in between; read again and send your change once more.")
        if "cadence" in facts:
            pair.cadence_every, pair.cadence_unit = _cadence(facts["cadence"])
        if "duration_minutes" in facts:
            pair.duration_minutes = _duration(facts["duration_minutes"])
        for name in ("focus", "move_budget", "conference"):
            if name in facts:
                setattr(pair, name, facts[name])
        agree_on(house, session, pair, facts)
        set_rules(pair, facts.get("rules") or {})
        pair.version += 1
        loops.touch(session, pair_id, house.now())
