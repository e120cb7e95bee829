"""Webhook endpoints: make, change, rotate, test, replay."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, delete, select

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.record import EVENT_TYPES, TEST_TYPE, emit, enqueue_delivery
from service.domain.errors import BadInput, FieldProblem, NotNow, Stale
from service.domain.timespan import DAY
from service.store import webhooks
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint

OVERLAP = DAY


def _types(types: list[str] | None) -> list[str]:
    for index, kind in enumerate(types or []):
        if kind not in EVENT_TYPES:
            raise BadInput.of(f"types[{index}]", f"{kind!r} is none of {', '.join(EVENT_TYPES)}")
    return list(dict.fromkeys(types or []))


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _check_url(house: House, url: str) -> str:
    try:
        house.webhooks.check(url)
    except BadInput as trouble:
        raise type(trouble)(trouble.detail, fields=[FieldProblem("url", trouble.detail)]) from None
    return url


def create_endpoint(house: House, facts: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Makes an endpoint; returns its id. ``reveal_secret`` shows its secret to the one who made it."""
    seen_before(house, once)
    _check_url(house, facts["url"])
    endpoint_id = house.new_id("wh")
    with house.writing() as session:
        keep(session, once, endpoint_id, house.now())
        session.add(
            WebhookEndpoint(
                id=endpoint_id,
                url=facts["url"],
                types=_types(facts.get("types")),
                secret=house.vault.seal(_new_secret(), endpoint_id),
                created_at=house.now(),
            )
        )
    return endpoint_id


def reveal_secret(house: House, endpoint_id: str) -> str:
    """The current secret: for the answers that create or rotate it, and no other."""
    with house.reading() as session:
        row = webhooks.endpoint(session, endpoint_id)
    return house.vault.open(row.secret, row.id)


def change_endpoint(house: House, endpoint_id: str, facts: Mapping[str, Any], *, if_version: int | None = None) -> None:
    """Changes its address or types, or switches it (``status``: enabled, disabled)."""
    if "url" in facts:
        _check_url(house, facts["url"])
    with house.writing() as session:
        row = webhooks.endpoint(session, endpoint_id)
        if if_version is not None and row.version != if_version:
            raise Stale("This endpoint was changed in between; read again and send your change once more.")
        if "url" in facts:
            row.url = facts["url"]
        if "types" in facts:
            row.types = _types(facts["types"])
        if "status" in facts:
            if facts["status"] not in ("enabled", "disabled"):
                raise BadInput.of("status", "must be enabled or disabled")
            row.status = facts["status"]
            row.disabled_because = None if row.status == "enabled" else "switched off by its owner"
        row.version += 1


def rotate_secret(house: House, endpoint_id: str, *, once: Once | None = None) -> str:
    """A new secret; the old one signs beside it for a day. Returns the endpoint's id."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, endpoint_id, house.now())
        row = webhooks.endpoint(session, endpoint_id)
        row.previous_secret, row.previous_until = row.secret, house.now() + OVERLAP
        row.secret = house.vault.seal(_new_secret(), endpoint_id)
        row.version += 1
    return endpoint_id


def send_test(house: House, endpoint_id: str, *, once: Once | None = None) -> str:
    """Sends a ``webhook.test`` event to one endpoint; returns the event's id (its ``webhook-id``)."""
    seen_before(house, once)
    with house.writing() as session:
        if webhooks.endpoint(session, endpoint_id).status != "enabled":
            raise NotNow("This endpoint is switched off.")
        event_id = emit(house, session, TEST_TYPE, {"endpoint_id": endpoint_id}, only=endpoint_id)
        keep(session, once, event_id, house.now())
    return event_id


def replay(house: House, delivery_id: str, *, once: Once | None = None) -> str:
    """Delivers once more, with the same ``webhook-id`` and the same body; returns the delivery's id."""
    seen_before(house, once)
    with house.writing() as session:
        row = webhooks.delivery(session, delivery_id)
        keep(session, once, delivery_id, house.now())
        if webhooks.endpoint(session, row.endpoint_id).status != "enabled":
            raise NotNow("The endpoint is switched off.")
        if row.status == "pending":
            raise NotNow("This delivery is still under way.")
        row.status, row.attempts, row.run, row.next_attempt_at = "pending", 0, row.run + 1, house.now()
        enqueue_delivery(house, session, row, delay=0)
    return delivery_id


def delete_endpoint(house: House, endpoint_id: str) -> None:
    """Takes it out with its log."""
    with house.writing() as session:
        webhooks.alone(session, endpoint_id)  # whoever writes down what came of a try holds the endpoint first, too
        row = webhooks.endpoint(session, endpoint_id)
        _drop_log(session, endpoint_id)
        session.delete(row)


def _drop_log(session: Session, endpoint_id: str) -> None:
    ids = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint_id)
    session.exec(delete(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(ids)))
    session.exec(delete(WebhookDelivery).where(col(WebhookDelivery.endpoint_id) == endpoint_id))
