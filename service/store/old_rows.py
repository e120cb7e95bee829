"""What is taken out when it has grown old. Each call handles one small batch, so that no writer is kept waiting for long."""

from __future__ import annotations

from sqlalchemy import null, tuple_
from sqlmodel import Session, col, delete, select, update

from service.store.tables import AskRow, IdempotencyRow, MailRow
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEvent


def drop_idempotency(session: Session, *, before: int, limit: int) -> int:
    """Takes out keys of POSTs that were carried out before then; returns how many."""
    key = (col(IdempotencyRow.caller), col(IdempotencyRow.key))
    old = session.execute(select(*key).where(col(IdempotencyRow.created_at) < before).limit(limit)).all()
    if old:
        session.execute(delete(IdempotencyRow).where(tuple_(*key).in_([tuple(row) for row in old])))
    return len(old)


def drop_webhook_events(session: Session, *, before: int, limit: int) -> int:
    """Takes out events of before then, with deliveries and tries, once no delivery is on its way; returns how many."""
    on_its_way = select(WebhookDelivery.id).where(
        WebhookDelivery.event_id == WebhookEvent.id, WebhookDelivery.status == "pending"
    )
    query = select(WebhookEvent.id).where(col(WebhookEvent.created_at) < before, ~on_its_way.exists()).limit(limit)
    events = session.exec(query).all()
    if events:
        deliveries = select(WebhookDelivery.id).where(col(WebhookDelivery.event_id).in_(events))
        session.execute(delete(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(deliveries)))
        session.execute(delete(WebhookDelivery).where(col(WebhookDelivery.event_id).in_(events)))
        session.execute(delete(WebhookEvent).where(col(WebhookEvent.id).in_(events)))
    return len(events)


def drop_asks(session: Session, *, before: int, limit: int) -> int:
    """Takes out what people were asked and what was settled before then; returns how many."""
    ids = session.exec(select(AskRow.id).where(col(AskRow.closed_at) < before).limit(limit)).all()
    if ids:
        session.execute(delete(AskRow).where(col(AskRow.id).in_(ids)))
    return len(ids)


def blank_sent_mails(session: Session, *, before: int, limit: int) -> int:
    """Empties mails that a mail server took before then (kept ones are all there is of them); returns how many."""
    query = (
        select(MailRow.id)
        .where(MailRow.status == "sent", col(MailRow.sent_at) < before)
        .where((MailRow.text != "") | (MailRow.html != ""))
        .limit(limit)
    )
    ids = session.exec(query).all()
    if ids:
        session.execute(update(MailRow).where(col(MailRow.id).in_(ids)).values(text="", html="", draft=null()))
    return len(ids)
