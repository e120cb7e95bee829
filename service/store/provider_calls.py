"""How often what came of which call to a provider: the table and its two queries."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col, select


class ProviderCall(SQLModel, table=True):
    """One outcome of one operation, over all processes and since the beginning."""

    __tablename__ = "provider_call"
    provider: str = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    total: int = Field(sa_column=Column(BigInteger, nullable=False))


def add(session: Session, counts: Mapping[tuple[str, str, str], int]) -> None:
    """Adds to the totals of ``(provider, operation, outcome)``; always in one order, so that two cannot deadlock."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"provider": provider, "operation": operation, "outcome": outcome, "total": number}
        for (provider, operation, outcome), number in sorted(counts.items())
    ]
    adding = insert(ProviderCall).values(rows)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["provider", "operation", "outcome"],
            set_={"total": col(ProviderCall.total) + adding.excluded.total},
        )
    )


def totals(session: Session) -> list[tuple[str, str, str, int]]:
    """``(provider, operation, outcome, how often)``."""
    query = select(ProviderCall.provider, ProviderCall.operation, ProviderCall.outcome, ProviderCall.total)
    rows = session.exec(query.order_by(col(ProviderCall.provider), col(ProviderCall.operation))).all()
    return [(a, b, c, n) for a, b, c, n in rows]
