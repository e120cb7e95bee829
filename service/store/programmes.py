"""Programmes."""

from __future__ import annotations

from sqlmodel import Session, col, update

from service.domain.errors import NotFound
from service.store.paging import page
from service.store.tables import Programme


def get(session: Session, programme_id: str) -> Programme:
    """One programme. Raises ``NotFound``."""
    row = session.get(Programme, programme_id)
    if row is None:
        raise NotFound(f"There is no programme {programme_id}.")
    return row


def exists(session: Session, programme_id: str) -> bool:
    """Whether there is such a programme."""
    return session.get(Programme, programme_id) is not None


def locked(session: Session, programme_id: str) -> Programme:
    """The same, after locking it: changes of one programme happen one after the other."""
    mine = update(Programme).where(col(Programme.id) == programme_id)
    session.exec(mine.values(link_generation=col(Programme.link_generation)))
    session.expire_all()
    return get(session, programme_id)


def listing(session: Session, *, cursor: str | None, limit: int) -> tuple[list[Programme], str | None]:
    """A page of programmes, oldest first."""
    return page(session, Programme, where=[], cursor=cursor, limit=limit)
