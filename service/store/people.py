"""People."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.store.paging import page
from service.store.plain import Plain, look_in
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


class Mailable(NamedTuple):
    """What decides when a person may be asked something."""

    working_hours: list[Any]
    holidays: str | None
    time_zone: str
    mails_per_week: int
    quiet_from: int
    quiet_until: int
    erased_at: int | None


_columns = Person.__table__.c  # type: ignore[attr-defined]
_MAILABLE = Plain(
    select_columns(cast(_columns.working_hours, Text), *(_columns[name] for name in Mailable._fields[1:])).where(
        _columns.id == bindparam("person_id")
    )
)


def mailable(session: Session, person_id: str) -> Mailable:
    """The same of one person, forgotten or not. Raises ``NotFound``."""
    rows = look_in(session).rows(_MAILABLE, person_id=person_id)
    if not rows:
        raise NotFound(f"There is no person {person_id}.")
    return Mailable(json.loads(rows[0][0]), *rows[0][1:])


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
