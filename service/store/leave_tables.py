"""More tables: what is private to one of the two, and how a pair reviews, drifts and takes leave (see ``tables``)."""

from __future__ import annotations

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from service.store.columns import instant


class WorthMark(SQLModel, table=True):
    """What a meeting was worth to one of the two, 1 to 5. For their own eyes alone; goes when they go."""

    __tablename__ = "worth_mark"
    meeting_id: str = Field(foreign_key="meeting.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True, index=True)
    worth: int
    created_at: int = Field(sa_column=instant())


class Review(SQLModel, table=True):
    """A point at which both choose how to go on. ``agreed`` is all that stays of it."""

    __tablename__ = "review"
    id: str = Field(primary_key=True)
    pair_id: str = Field(foreign_key="pair.id", index=True)
    status: str = "open"  # open | agreed | dropped
    because: str  # date | sessions | follow_up
    agreed: str | None = None
    opened_at: int = Field(sa_column=instant())
    closes_at: int = Field(sa_column=instant(index=True))
    settled_at: int | None = Field(default=None, sa_column=instant(nullable=True))


class ReviewChoice(SQLModel, table=True):
    """What one of the two chose at an open review. Taken out as soon as it is settled."""

    __tablename__ = "review_choice"
    review_id: str = Field(foreign_key="review.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True, index=True)
    choice: str
    created_at: int = Field(sa_column=instant())


class FarewellWish(SQLModel, table=True):
    """Whether one of the two would like a last meeting after the end. Taken out as soon as that is settled."""

    __tablename__ = "farewell_wish"
    pair_id: str = Field(foreign_key="pair.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True, index=True)
    wish: bool
    created_at: int = Field(sa_column=instant())


class HandoverNote(SQLModel, table=True):
    """A note to whoever coordinates, left as a pair ended. Who left it is not written down."""

    __tablename__ = "handover_note"
    id: str = Field(primary_key=True)
    pair_id: str = Field(foreign_key="pair.id", index=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    created_at: int = Field(sa_column=instant())


class DriftOffer(SQLModel, table=True):
    """Several proposals stayed unanswered: both were offered, once and privately, to rest, slow down, end or go on."""

    __tablename__ = "drift_offer"
    id: str = Field(primary_key=True)
    pair_id: str = Field(foreign_key="pair.id", index=True)
    opened_at: int = Field(sa_column=instant())
    closed_at: int | None = Field(default=None, sa_column=instant(nullable=True))
