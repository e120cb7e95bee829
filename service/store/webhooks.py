"""Webhook endpoints, events, deliveries and their log."""

from __future__ import annotations

import json

from sqlalchemy import Text, bindparam, cast
from sqlmodel import Session, col, select

from service.domain.errors import NotFound
from service.store.paging import page
from service.store.plain import Plain, PlainInsert, look_in
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent


def endpoint(session: Session, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint. Raises ``NotFound``."""
    row = session.get(WebhookEndpoint, endpoint_id)
    if row is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.")
    return row


def endpoints(session: Session, *, cursor: str | None, limit: int) -> tuple[list[WebhookEndpoint], str | None]:
    """A page of endpoints."""
    return page(session, WebhookEndpoint, cursor=cursor, limit=limit)


_EVENT, _DELIVERY = PlainInsert(WebhookEvent), PlainInsert(WebhookDelivery)
_ENABLED = Plain(
    select(WebhookEndpoint.id, cast(WebhookEndpoint.types, Text))
    .where(WebhookEndpoint.status == bindparam("status"))
    .order_by(col(WebhookEndpoint.id))
)


def wanting(session: Session, kind: str) -> list[str]:
    """The ids of the endpoints that take events of this type."""
    rows = look_in(session).rows(_ENABLED, status="enabled")
    return [id_ for id_, types in rows if kind in (json.loads(types) or [kind])]


def enabled(session: Session) -> list[WebhookEndpoint]:
    """Those that take events."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.status == "enabled").order_by(col(WebhookEndpoint.id))
    return list(session.exec(query).all())


def write_event(session: Session, event_id: str, kind: str, body: str, now: int) -> None:
    """Keeps an event."""
    _EVENT.into(session, {"id": event_id, "type": kind, "body": body, "created_at": now})


def write_delivery(session: Session, delivery_id: str, endpoint_id: str, event_id: str, now: int) -> None:
    """Keeps that an event is to go to an endpoint, from now on."""
    row = {"id": delivery_id, "endpoint_id": endpoint_id, "event_id": event_id}
    _DELIVERY.into(session, {**row, "created_at": now, "next_attempt_at": now})


def event(session: Session, event_id: str) -> WebhookEvent:
    """One event. Raises ``NotFound``."""
    row = session.get(WebhookEvent, event_id)
    if row is None:
        raise NotFound(f"There is no webhook event {event_id}.")
    return row


def delivery(session: Session, delivery_id: str) -> WebhookDelivery:
    """One delivery. Raises ``NotFound``."""
    row = session.get(WebhookDelivery, delivery_id)
    if row is None:
        raise NotFound(f"There is no webhook delivery {delivery_id}.")
    return row


def tries(session: Session, delivery_id: str) -> list[WebhookAttempt]:
    """The tries of one delivery, oldest first."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return list(session.exec(query.order_by(col(WebhookAttempt.id))).all())


def log(
    session: Session, endpoint_id: str, *, cursor: str | None, limit: int
) -> tuple[list[tuple[WebhookDelivery, WebhookEvent, list[WebhookAttempt]]], str | None]:
    """A page of an endpoint's deliveries, newest first, each with its event and its tries: three queries a page."""
    query = (
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, col(WebhookEvent.id) == col(WebhookDelivery.event_id))
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(col(WebhookDelivery.id).desc())
        .limit(limit + 1)
    )
    if cursor:
        query = query.where(col(WebhookDelivery.id) < cursor)
    rows = list(session.exec(query).all())
    shown = rows[:limit]
    ids = [row.id for row, _ in shown]
    tries: dict[str, list[WebhookAttempt]] = {id_: [] for id_ in ids}
    order = col(WebhookAttempt.id)
    for row in session.exec(
        select(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(ids)).order_by(order)
    ).all():
        tries[row.delivery_id].append(row)
    return [(d, e, tries[d.id]) for d, e in shown], ids[-1] if len(rows) > limit else None


def pending_of(session: Session, endpoint_id: str) -> list[WebhookDelivery]:
    """What is still on its way to an endpoint."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == "pending"
    )
    return list(session.exec(query).all())
