"""The tables of what is learned: versions of the hold model, programmes with the history they brought, and what looks at free
time saw."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.store.columns import instant, json


class ChurnRow(SQLModel, table=True):
    """What daily looks at a person's free/busy saw (``domain.churn``): hours, never events. There is none for a person who
    does not want it. ``calendars`` tells which calendars were looked at, ``zone`` on which clock; ``totals`` are the person's
    part in everyone's mean, ``told`` is what may be told to them, both as of the last look."""

    __tablename__ = "churn"
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    next_look_at: int = Field(default=0, sa_column=instant(index=True))
    zone: str = ""
    calendars: str = Field(default="", sa_column=Column(Text, nullable=False))
    totals: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    told: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
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


class Programme(SQLModel, table=True):
    """Many pairs under one coordinator. ``link_generation`` is raised to withdraw its coordinators' links."""

    __tablename__ = "programme"
    id: str = Field(primary_key=True)
    version: int = 1
    name: str
    time_zone: str
    cadence_every: int
    cadence_unit: str
    duration_minutes: int
    horizon_days: int
    move_budget: int | None = None
    minimum_group: int
    link_generation: int = 1
    created_at: int = Field(sa_column=instant())


class HistoryImport(SQLModel, table=True):
    """A history file that was taken, in figures."""

    __tablename__ = "history_import"
    id: str = Field(primary_key=True)
    programme_id: str = Field(foreign_key="programme.id", index=True)
    rows: int
    added: int
    replaced: int
    already_recorded: int
    placeholders: int
    people_matched: int
    pairs_matched: int
    created_at: int = Field(sa_column=instant())


class PastMeeting(SQLModel, table=True):
    """A meeting from before, out of a history file, as it was first booked. Pair and people are ours where the file named
    ours, else pseudonyms: what the file called them is not kept."""

    __tablename__ = "past_meeting"
    __table_args__ = (UniqueConstraint("programme_id", "pair_id", "booked_at", "first_start"),)
    id: int | None = Field(default=None, primary_key=True)
    programme_id: str = Field(foreign_key="programme.id")
    import_id: str = Field(foreign_key="history_import.id", index=True)
    pair_id: str
    mentor_id: str = Field(index=True)
    mentee_id: str | None = Field(default=None, index=True)
    booked_at: int = Field(sa_column=instant())
    first_start: int = Field(sa_column=instant())
    minutes: int
    time_zone: str
    kind: str
    placeholder: bool
    outcome: str | None = None
    outcome_at: int | None = Field(default=None, sa_column=instant(nullable=True))
