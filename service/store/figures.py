"""Counts for whoever watches over an installation."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from service.store.tables import Calendar, Pair
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery


def calendars(session: Session) -> list[tuple[str, str, str | None, int]]:
    """``(provider, status, problem, how many)``."""
    query = select(Calendar.provider, Calendar.status, Calendar.problem, func.count()).group_by(
        col(Calendar.provider), col(Calendar.status), col(Calendar.problem)
    )
    return [(a, b, c, n) for a, b, c, n in session.exec(query).all()]


def pairs(session: Session) -> list[tuple[str, int]]:
    """``(status, how many)``."""
    query = select(Pair.status, func.count()).group_by(col(Pair.status))
    return [(status, n) for status, n in session.exec(query).all()]


def deliveries_waiting(session: Session) -> int:
    """Webhook deliveries under way."""
    query = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.status == "pending")
    return int(session.exec(query).one())


def attempts_since(session: Session, last: int | None) -> tuple[int, list[int | None]]:
    """The newest attempt's number, and the statuses of those after ``last`` (``None``: count from now on)."""
    if last is None:
        return int(session.exec(select(func.max(WebhookAttempt.id))).one() or 0), []
    key = col(WebhookAttempt.id)
    rows = session.exec(select(WebhookAttempt.id, WebhookAttempt.status).where(key > last).order_by(key)).all()
    return (int(rows[-1][0] or last) if rows else last), [status for _, status in rows]
