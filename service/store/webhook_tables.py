"""The tables of the webhooks (see ``tables``)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from service.store.columns import instant, json

_PENDING = text("status = 'pending'")


class WebhookEndpoint(SQLModel, table=True):
    """Somebody's receiver. While a secret is rotated, the old one signs too until ``previous_until``."""

    __tablename__ = "webhook_endpoint"
    id: str = Field(primary_key=True)
    version: int = 1
    url: str = Field(sa_column=Column(Text, nullable=False))
    types: list[Any] = Field(sa_column=json())  # empty: all
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    previous_secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    previous_until: int | None = Field(default=None, sa_column=instant(nullable=True))
    status: str = "enabled"  # enabled | disabled
    disabled_because: str | None = None
    served: bool = False  # whether a job is there that takes its new deliveries along
    created_at: int = Field(sa_column=instant())


class WebhookEvent(SQLModel, table=True):
    """One event: its ``id`` is the ``webhook-id`` on every try, its ``body`` the very bytes that are signed."""

    __tablename__ = "webhook_event"
    id: str = Field(primary_key=True)
    type: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    created_at: int = Field(sa_column=instant(index=True))


class WebhookDelivery(SQLModel, table=True):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_log", "endpoint_id", "id"),
        Index("ix_webhook_delivery_pending", "endpoint_id", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    )
    id: str = Field(primary_key=True)
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id")
    event_id: str = Field(foreign_key="webhook_event.id", index=True)
    status: str = "pending"  # pending | delivered | failed | dropped
    attempts: int = 0
    run: int = 0  # raised by a replay, so that its jobs are new jobs
    next_attempt_at: int | None = Field(default=None, sa_column=instant(nullable=True))
    created_at: int = Field(sa_column=instant())
    delivered_at: int | None = Field(default=None, sa_column=instant(nullable=True))


class WebhookAttempt(SQLModel, table=True):
    """One try, as the delivery log shows it."""

    __tablename__ = "webhook_attempt"
    id: int | None = Field(default=None, primary_key=True)
    delivery_id: str = Field(foreign_key="webhook_delivery.id", index=True)
    number: int
    at: int = Field(sa_column=instant())
    status: int | None = None
    error: str | None = None
    milliseconds: int
