"""People."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.store.paging import page
from service.store.tables import Person


def get(session: Session, person_id: str) -> Person:
    """One person. Raises ``NotFound`` for an unknown or forgotten one."""
    row = session.get(Person, person_id)
    if row is None or row.erased_at is not None:
        raise NotFound(f"There is no person {person_id}.")
    return row


def get_many(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """Several by id, in one query; forgotten ones included (they still have a seat in their pairs)."""
    rows = session.exec(select(Person).where(col(Person.id).in_(list(ids)))).all()
    return {row.id: row for row in rows}


def by_feed(session: Session, feed_hash: str) -> Person | None:
    """Whose secret feed address this is."""
    query = select(Person).where(Person.feed_hash == feed_hash, col(Person.erased_at).is_(None))
    return session.exec(query).first()


def listing(session: Session, *, cursor: str | None, limit: int) -> tuple[list[Person], str | None]:
    """Everyone who is not forgotten."""
    return page(session, Person, where=[col(Person.erased_at).is_(None)], cursor=cursor, limit=limit)


def lock_time(session: Session, ids: Iterable[str]) -> None:
    """Locks these people's time until the transaction ends. Always in the same order, so that two cannot deadlock."""
    for person_id in sorted(set(ids)):
        session.exec(update(Person).where(col(Person.id) == person_id).values(claim_lock=col(Person.claim_lock) + 1))
