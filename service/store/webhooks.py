"""Webhook endpoints, events, deliveries and their log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Text, bindparam, cast, literal_column, null
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select, update

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


CANCELLED = "57014"  # how PostgreSQL says that a statement took too long


class StillWritten(Exception):
    """There is always somebody who writes deliveries to the endpoint."""


class New(NamedTuple):
    """A delivery that was never tried, with its event."""

    id: str
    event_id: str
    body: str


_EVENT, _DELIVERY, _ATTEMPT = PlainInsert(WebhookEvent), PlainInsert(WebhookDelivery), PlainInsert(WebhookAttempt)
_TO_TELL = select(WebhookEndpoint.id, cast(WebhookEndpoint.types, Text), WebhookEndpoint.served)
# On PostgreSQL the rows are held until the writer's transaction ends (any number of writers may), so that ``rest`` waits.
_ENABLED = Plain(
    _TO_TELL.where(WebhookEndpoint.status == bindparam("status"))
    .order_by(col(WebhookEndpoint.id))
    .with_for_update(read=True, key_share=True)
)
_ONE = Plain(_TO_TELL.where(WebhookEndpoint.id == bindparam("id")).with_for_update(read=True, key_share=True))
_SERVE = Plain(
    update(WebhookEndpoint)
    .where(col(WebhookEndpoint.id) == bindparam("endpoint"), col(WebhookEndpoint.served).is_(False))
    .values(served=True)
    .returning(col(WebhookEndpoint.id))
)
_REST = Plain(update(WebhookEndpoint).where(col(WebhookEndpoint.id) == bindparam("endpoint")).values(served=False))
_ALONE = Plain(select(WebhookEndpoint.id).where(WebhookEndpoint.id == bindparam("endpoint")).with_for_update())
_IN_TURN = Plain(
    select(WebhookEndpoint.version).where(WebhookEndpoint.id == bindparam("endpoint")).with_for_update(key_share=True)
)
# Writers that come do not wait behind one who waits for them all: while there are always some, that one would never have its
# turn. So it looks again.
_NOT_FOR_LONG = (
    "SET LOCAL statement_timeout = '100ms'"  # a limit for locks would begin anew with each that is waited for
)
_AS_USUAL = "SET LOCAL statement_timeout TO DEFAULT"
# The status is written out: it is what the index of the pending ones is for.
_NEVER_TRIED = (
    (col(WebhookDelivery.endpoint_id) == bindparam("endpoint"))
    & (col(WebhookDelivery.status) == literal_column("'pending'"))
    & (col(WebhookDelivery.attempts) == bindparam("none"))
    & (col(WebhookDelivery.run) == bindparam("none"))
)
_NEW = Plain(
    select(WebhookDelivery.id, WebhookEvent.id, WebhookEvent.body)
    .join(WebhookEvent, col(WebhookEvent.id) == col(WebhookDelivery.event_id))
    .where(_NEVER_TRIED)
    .order_by(col(WebhookDelivery.id))
    .limit(bindparam("most"))
)
_STILL_NEW = Plain(select(WebhookDelivery.id).where(_NEVER_TRIED, WebhookDelivery.id <= bindparam("last")))
_DELIVERED = Plain(
    update(WebhookDelivery)
    .where(col(WebhookDelivery.id) == bindparam("delivery"))
    .values(status="delivered", attempts=1, next_attempt_at=null(), delivered_at=bindparam("at"))
)


def wanting(session: Session, kind: str) -> list[tuple[str, bool]]:
    """The endpoints that take events of this type: ``(id, served)``, see ``serve``."""
    rows = look_in(session).rows(_ENABLED, status="enabled")
    return [(id_, bool(served)) for id_, types, served in rows if kind in (json.loads(types) or [kind])]


def told_alone(session: Session, endpoint_id: str) -> tuple[str, bool]:
    """The same of one endpoint, whatever it takes. Raises ``NotFound``."""
    rows = look_in(session).rows(_ONE, id=endpoint_id)
    if not rows:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.")
    return rows[0][0], bool(rows[0][2])


def serve(session: Session, endpoint_id: str) -> bool:
    """Notes that a job takes the endpoint's new deliveries along; false where one does already."""
    return bool(look_in(session).rows(_SERVE, endpoint=endpoint_id))


def rest(session: Session, endpoint_id: str) -> bool:
    """The job that serves the endpoint would end: notes it and gives true, unless there is something new.

    It waits for whoever is writing deliveries just now: they have seen that there is a job, and count on it. Raises
    ``StillWritten`` where that takes long; then nothing can be done in this transaction any more."""
    look = look_in(session)
    if look.dialect.name == "postgresql":
        look.write(_NOT_FOR_LONG, [()])
    try:
        look.rows(_ALONE, endpoint=endpoint_id)
    except OperationalError as trouble:
        if getattr(trouble.orig, "sqlstate", None) == CANCELLED:
            raise StillWritten from trouble
        raise
    if look.dialect.name == "postgresql":
        look.write(_AS_USUAL, [()])
    if look.rows(_NEW, endpoint=endpoint_id, none=0, most=1):
        return False
    look.carry_out(_REST, endpoint=endpoint_id)
    return True


def forgotten(session: Session, before: int) -> list[str]:
    """Endpoints that have not been told of something since before then, though no try was made: their job was lost."""
    waits = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.endpoint_id == WebhookEndpoint.id,
            col(WebhookDelivery.status) == literal_column("'pending'"),
            WebhookDelivery.attempts == 0,
            WebhookDelivery.run == 0,
            WebhookDelivery.created_at < before,
        )
        .exists()
    )
    return sorted(session.exec(select(WebhookEndpoint.id).where(waits)).all())


def new_of(session: Session, endpoint_id: str, most: int) -> list[New]:
    """Deliveries of an endpoint that were never tried, oldest first."""
    return [New._make(row) for row in look_in(session).rows(_NEW, endpoint=endpoint_id, none=0, most=most)]


def in_turn(session: Session, endpoint_id: str) -> int | None:
    """The endpoint's version (``None``: it is gone). Until this transaction ends, it stays so and others who ask wait."""
    rows = look_in(session).rows(_IN_TURN, endpoint=endpoint_id)
    return rows[0][0] if rows else None


def alone(session: Session, endpoint_id: str) -> None:
    """Waits for all who write deliveries to the endpoint; until this transaction ends, nobody else does."""
    look_in(session).rows(_ALONE, endpoint=endpoint_id)


def still_new(session: Session, endpoint_id: str, last: str) -> set[str]:
    """The ids of those never tried, up to ``last``."""
    look = look_in(session)
    return {id_ for (id_,) in look.rows(_STILL_NEW, endpoint=endpoint_id, none=0, last=last)}


def note_delivered(session: Session, at: int, tried: Sequence[tuple[str, int | None, int]]) -> None:
    """First tries that were taken: ``(delivery id, HTTP status, milliseconds)``."""
    look = look_in(session)
    look.carry_out_each(_DELIVERED, [{"delivery": id_, "at": at} for id_, _, _ in tried])
    rows = [{"delivery_id": id_, "number": 1, "at": at, "status": s, "milliseconds": ms} for id_, s, ms in tried]
    _ATTEMPT.into(session, *rows)


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
