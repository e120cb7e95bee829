"""Webhook endpoints, deliveries and keys in the words of the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from service.domain.timespan import rfc3339
from service.store.tables import ApiKey
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent


def _at(instant: int | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def endpoint(row: WebhookEndpoint, *, now: int) -> dict[str, Any]:
    """An endpoint, without its secret."""
    rotating = row.previous_until is not None and row.previous_until > now
    return {
        "id": row.id,
        "url": row.url,
        "types": row.types,
        "status": row.status,
        "disabled_because": row.disabled_because,
        "previous_secret_until": _at(row.previous_until) if rotating else None,
        "created_at": rfc3339(row.created_at),
        "version": row.version,
    }


def delivery(row: WebhookDelivery, event: WebhookEvent, tries: Sequence[WebhookAttempt]) -> dict[str, Any]:
    """A delivery with its tries."""
    return {
        "id": row.id,
        "endpoint_id": row.endpoint_id,
        "webhook_id": event.id,
        "type": event.type,
        "status": row.status,
        "attempts": [
            {
                "number": item.number,
                "at": rfc3339(item.at),
                "status": item.status,
                "error": item.error,
                "milliseconds": item.milliseconds,
            }
            for item in tries
        ],
        "next_attempt_at": _at(row.next_attempt_at),
        "created_at": rfc3339(row.created_at),
        "delivered_at": _at(row.delivered_at),
        "payload": json.loads(event.body),
    }


def key(row: ApiKey) -> dict[str, Any]:
    """A key, without the key itself."""
    return {
        "id": row.id,
        "name": row.name,
        "scope": row.scope,
        "created_at": rfc3339(row.created_at),
        "revoked_at": _at(row.revoked_at),
    }
