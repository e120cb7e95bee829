"""Programmes: many pairs under one coordinator, with what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.rank_slots import check_horizon, check_minutes
from service.domain.errors import BadInput, Stale
from service.domain.pair import CadenceUnit
from service.domain.timespan import known_zones
from service.store import programmes
from service.store.tables import Programme

DEFAULTS: Mapping[str, Any] = {
    "time_zone": "UTC",
    "cadence": {"every": 1, "unit": "month"},
    "duration_minutes": 60,
    "horizon_days": 28,
    "move_budget": None,
    "minimum_group": 5,
}
MOST_EVERY = 52


def create_programme(house: House, facts: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Makes a programme as in ``POST /v1/programmes``; returns its id. Raises ``BadInput``."""
    seen_before(house, once)
    columns = _columns({**DEFAULTS, **facts})
    programme_id = house.new_id("prog")
    with house.writing() as session:
        keep(session, once, programme_id, house.now())
        session.add(Programme(id=programme_id, created_at=house.now(), **columns))
    return programme_id


def change_programme(
    house: House, programme_id: str, facts: Mapping[str, Any], *, if_version: int | None = None
) -> None:
    """What is not named stays. Raises ``BadInput``, ``Stale``, ``NotFound``."""
    columns = _columns(facts)
    with house.writing() as session:
        row = programmes.locked(session, programme_id)
        if if_version is not None and row.version != if_version:
            raise Stale("This programme was changed in between; read again and send your change once more.")
        for name, value in columns.items():
            setattr(row, name, value)
        row.version += 1


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: facts[name] for name in ("move_budget", "minimum_group") if name in facts}
    if "name" in facts:
        columns["name"] = facts["name"].strip()
        if not columns["name"]:
            raise BadInput.of("name", "must not be empty")
    if "time_zone" in facts:
        columns["time_zone"] = facts["time_zone"]
        if facts["time_zone"] not in known_zones():
            raise BadInput.of("time_zone", "is not an IANA time zone such as Europe/Berlin")
    if "cadence" in facts:
        cadence = facts["cadence"]
        every, unit = cadence.get("every", 1), cadence.get("unit")
        if not isinstance(every, int) or not 1 <= every <= MOST_EVERY:
            raise BadInput.of("cadence.every", f"must be from 1 to {MOST_EVERY}")
        if unit not in {one.value for one in CadenceUnit}:
            raise BadInput.of("cadence.unit", "must be week or month")
        columns["cadence_every"], columns["cadence_unit"] = every, unit
    if "duration_minutes" in facts:
        columns["duration_minutes"] = check_minutes(facts["duration_minutes"])
    if "horizon_days" in facts:
        columns["horizon_days"] = check_horizon(facts["horizon_days"])
    return columns
