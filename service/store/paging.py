"""Cursor paging: the next page begins after the last id of this one. Ids sort by time, so pages stay stable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

Row = TypeVar("Row", bound=SQLModel)
MOST = 200


def page(
    session: Session, table: type[Row], *, where: Sequence[Any] = (), cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """Up to ``limit`` rows of ``table`` by ascending id, and the cursor of the next page (``None`` on the last)."""
    key = col(table.id)  # type: ignore[attr-defined]
    query = select(table).where(*where).order_by(key).limit(min(limit, MOST) + 1)
    if cursor:
        query = query.where(key > cursor)
    rows = list(session.exec(query).all())
    more = len(rows) > min(limit, MOST)
    rows = rows[: min(limit, MOST)]
    return rows, rows[-1].id if more else None  # type: ignore[attr-defined]
