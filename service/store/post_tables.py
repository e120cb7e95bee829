"""The tables of the mailbox: how far it was read, and which answers were taken from it."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from service.store.columns import instant


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
