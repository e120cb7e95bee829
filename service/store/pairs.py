"""Pairs, and their ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, bindparam, cast
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.domain.ledger import Entry, EntryType
from service.store.paging import page
from service.store.plain import Plain, PlainInsert, look_in
from service.store.tables import LedgerEntry, Pair, Person

# Asked at every turn, so made once: an alias has a column of its own for each of the table's.
_MENTOR, _MENTEE = aliased(Person), aliased(Person)
_WITH_PEOPLE = (
    select(Pair, _MENTOR, _MENTEE)
    .join(_MENTOR, col(_MENTOR.id) == col(Pair.mentor_id))
    .join(_MENTEE, col(_MENTEE.id) == col(Pair.mentee_id))
    .where(col(Pair.id) == bindparam("pair_id"))
)


def get(session: Session, pair_id: str) -> Pair:
    """One pair. Raises ``NotFound``."""
    row = session.get(Pair, pair_id)
    if row is None:
        raise NotFound(f"There is no pair {pair_id}.")
    return row


def with_people(session: Session, pair_id: str) -> tuple[Pair, Person, Person]:
    """The pair, its mentor and its mentee, in one query. Raises ``NotFound``."""
    row = session.exec(_WITH_PEOPLE, params={"pair_id": pair_id}).first()
    if row is None:
        raise NotFound(f"There is no pair {pair_id}.")
    return row[0], row[1], row[2]


def locked(session: Session, pair_id: str) -> Pair:
    """The same, after locking it: changes of one pair happen one after the other."""
    session.exec(update(Pair).where(col(Pair.id) == pair_id).values(lock=col(Pair.lock) + 1))
    session.expire_all()
    return get(session, pair_id)


def listing(
    session: Session, *, person_id: str | None, cursor: str | None, limit: int
) -> tuple[list[Pair], str | None]:
    """Pairs, all or those of one person."""
    where: list[Any] = []
    if person_id:
        where.append((col(Pair.mentor_id) == person_id) | (col(Pair.mentee_id) == person_id))
    return page(session, Pair, where=where, cursor=cursor, limit=limit)


def of_person(session: Session, person_id: str) -> list[Pair]:
    """Every pair in which someone has a seat."""
    either = (col(Pair.mentor_id) == person_id) | (col(Pair.mentee_id) == person_id)
    return list(session.exec(select(Pair).where(either).order_by(col(Pair.id))).all())


def neutralise(session: Session, pair_ids: Sequence[str]) -> None:
    """Takes the free text out of these pairs: what two people wrote of themselves may name them."""
    words: dict[str, Any] = {
        "focus": None,
        "objectives": [],
        "next_step": None,
        "next_step_at": None,
        "review_due_at": None,
    }
    session.exec(update(Pair).where(col(Pair.id).in_(list(pair_ids))).values(words))


def rested(session: Session, now: int) -> list[str]:
    """Ids of paused pairs whose pause has run out."""
    query = select(Pair.id).where(Pair.status == "paused", col(Pair.paused_until) <= now)
    return sorted(session.exec(query).all())


_ENTRY = PlainInsert(LedgerEntry)
_LAST = Plain(
    select(LedgerEntry.id, LedgerEntry.at, LedgerEntry.type, cast(LedgerEntry.data, Text))
    .where(LedgerEntry.pair_id == bindparam("pair_id"), LedgerEntry.type == bindparam("kind"))
    .order_by(col(LedgerEntry.seq).desc())
    .limit(bindparam("most"))
)


def write(session: Session, pair_id: str, entry_id: str, at: int, kind: EntryType, data: dict[str, Any]) -> None:
    """Adds a line to the ledger."""
    _ENTRY.into(session, {"id": entry_id, "pair_id": pair_id, "at": at, "type": kind.value, "data": data})


def latest(session: Session, pair_id: str, kind: EntryType, *, most: int) -> list[Entry]:
    """The newest lines of a kind in a pair's ledger, oldest first."""
    rows = look_in(session).rows(_LAST, pair_id=pair_id, kind=kind.value, most=most)
    return [Entry(id_, at, EntryType(type_), json.loads(data)) for id_, at, type_, data in reversed(rows)]


def ledger(session: Session, pair_id: str) -> list[Entry]:
    """The whole history of a pair, oldest first, for the pure functions of the domain."""
    query = (
        select(LedgerEntry.id, LedgerEntry.at, LedgerEntry.type, LedgerEntry.data)
        .where(LedgerEntry.pair_id == pair_id)
        .order_by(col(LedgerEntry.seq))
    )
    return [Entry(id_, at, EntryType(kind), data) for id_, at, kind, data in session.exec(query).all()]


def in_ledger(session: Session, pair_id: str, entry_id: str) -> bool:
    """Whether this line belongs to this pair's ledger."""
    query = select(LedgerEntry.seq).where(LedgerEntry.id == entry_id, LedgerEntry.pair_id == pair_id)
    return session.exec(query).first() is not None


def ledger_page(
    session: Session, pair_id: str, *, cursor: str | None, limit: int
) -> tuple[list[LedgerEntry], str | None]:
    """A page of the ledger, newest last."""
    after = select(LedgerEntry.seq).where(LedgerEntry.id == cursor).scalar_subquery()
    query = select(LedgerEntry).where(LedgerEntry.pair_id == pair_id).order_by(col(LedgerEntry.seq))
    if cursor:
        query = query.where(col(LedgerEntry.seq) > after)
    rows = list(session.exec(query.limit(limit + 1)).all())
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None
