"""Programmes, imports and versions of the hold model in the words of the API."""

from __future__ import annotations

from typing import Any

from service.domain.timespan import rfc3339
from service.store.tables import HistoryImport, ModelVersion, Programme


def _at(instant: int | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def programme(row: Programme) -> dict[str, Any]:
    """A programme."""
    return {
        "id": row.id,
        "name": row.name,
        "time_zone": row.time_zone,
        "cadence": {"every": row.cadence_every, "unit": row.cadence_unit},
        "duration_minutes": row.duration_minutes,
        "horizon_days": row.horizon_days,
        "move_budget": row.move_budget,
        "minimum_group": row.minimum_group,
        "created_at": rfc3339(row.created_at),
        "version": row.version,
    }


def history_import(row: HistoryImport) -> dict[str, Any]:
    """What an import brought."""
    return {
        "id": row.id,
        "programme_id": row.programme_id,
        "rows": row.rows,
        "added": row.added,
        "replaced": row.replaced,
        "already_recorded": row.already_recorded,
        "placeholders": row.placeholders,
        "people_matched": row.people_matched,
        "pairs_matched": row.pairs_matched,
        "created_at": rfc3339(row.created_at),
    }


def version(row: ModelVersion) -> dict[str, Any]:
    """A version of the hold model. The covariance stays inside; the drift is told as it stands now."""
    terms = row.terms
    drift = terms.get("drift") or []
    return {
        "id": row.id,
        "active": row.active,
        "verdict": row.verdict,
        "trained_on": {
            "rows": row.rows,
            "from": _at(row.rows_from),
            "to": _at(row.rows_to),
            "hash": row.rows_hash,
        },
        "terms": {
            "values": terms.get("values", {}),
            "k": {name: terms.get(f"k_{name}") for name in ("person", "pair", "window")},
            "drift": drift[-1][1] if drift else 0.0,
        },
        "metrics": row.metrics,
        "created_at": rfc3339(row.created_at),
        "activated_at": _at(row.activated_at),
    }
