"""The tables of the post office: what people are asked; how far the mailbox was read, and which answers were taken from it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.store.columns import instant, json

_PLANNED = text("due_at IS NOT NULL")


class AskRow(SQLModel, table=True):
    """Something Holdfast asks of a person or offers to them. It is mailed in a bundle with whatever else stands then, once,
    and stands on the person's page until it is answered, withdrawn or useless."""

    __tablename__ = "ask"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "about"),
        Index("ix_ask_person", "person_id", "closed_at"),
        Index("ix_ask_planned", "person_id", "due_at", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
        Index("ix_ask_due", "due_at", "person_id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    )
    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    pair_id: str = Field(foreign_key="pair.id", index=True)
    kind: str
    about: str = Field(index=True)  # the id of what it is about
    facts: dict[str, Any] = Field(sa_column=json())
    created_at: int = Field(sa_column=instant())
    useless_after: int | None = Field(default=None, sa_column=instant(nullable=True))
    due_at: int | None = Field(default=None, sa_column=instant(nullable=True))  # of its mail, until it went
    mail_id: str | None = None
    mailed_at: int | None = Field(default=None, sa_column=instant(nullable=True))
    closed_at: int | None = Field(default=None, sa_column=instant(nullable=True))


class MailboxRow(SQLModel, table=True):
    """How far a mailbox was read: one row for each address it is read for."""

    __tablename__ = "mailbox"
    address: str = Field(primary_key=True)
    validity: int = Field(sa_column=instant())
    last: int = Field(sa_column=instant())


class MailedAnswerRow(SQLModel, table=True):
    """The newest answer that came by mail for one seat of a meeting: of which version, from when, and how many were taken."""

    __tablename__ = "mailed_answer"
    meeting_id: str = Field(foreign_key="meeting.id", primary_key=True)
    seat: str = Field(primary_key=True)
    sequence: int
    stamp: int = Field(sa_column=instant())
    taken: int = 0
