"""The tables of what is learned: versions of the hold model, and what looks at free time saw."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, Text
from sqlmodel import Field, SQLModel

from service.store.columns import instant, json


class ChurnRow(SQLModel, table=True):
    """What daily looks at a person's free/busy saw (``domain.churn``): hours, never events. There is none for a person who
    does not want it. ``calendars`` tells which calendars were looked at, ``zone`` on which clock; ``totals`` are the person's
    part in everyone's mean."""

    __tablename__ = "churn"
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    next_look_at: int = Field(default=0, sa_column=instant(index=True))
    zone: str = ""
    calendars: str = Field(default="", sa_column=Column(Text, nullable=False))
    totals: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    looks: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))


class ModelVersion(SQLModel, table=True):
    """The global terms of the hold model as they were fitted once, with what they were trained on. Kept; at most one is
    active, and with none the prior speaks."""

    __tablename__ = "model_version"
    id: str = Field(primary_key=True)
    terms: dict[str, Any] = Field(sa_column=json())
    metrics: dict[str, Any] = Field(sa_column=json())
    rows: int
    rows_from: int | None = Field(default=None, sa_column=instant(nullable=True))  # first time booked among them
    rows_to: int | None = Field(default=None, sa_column=instant(nullable=True))  # when the last of them became known
    rows_hash: str
    verdict: str  # why it was made active, or was not
    active: bool = Field(default=False, index=True)
    created_at: int = Field(sa_column=instant())
    activated_at: int | None = Field(default=None, sa_column=instant(nullable=True))
