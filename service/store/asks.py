"""What people are asked: open until answered, withdrawn or useless; mailed once, in a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select, update

from service.store.mails import NEUTRAL
from service.store.plain import Plain, PlainInsert, look_in
from service.store.tables import AskRow, MailRow

_ASK = PlainInsert(AskRow, unless_there=True)
_PLANNED = Plain(
    select(AskRow.due_at)
    .where(AskRow.person_id == bindparam("person_id"), col(AskRow.due_at).is_not(None))
    .order_by(col(AskRow.due_at))
    .limit(1)
)
_MAILED = Plain(
    select(MailRow.sent_at).where(
        MailRow.person_id == bindparam("person_id"), col(MailRow.asks), col(MailRow.sent_at) >= bindparam("since")
    )
)


def add(session: Session, row: dict[str, Any]) -> str:
    """Writes it unless the person was asked this before; returns the id of the one that stands there."""
    if _ASK.into(session, row):
        return str(row["id"])
    query = select(AskRow.id).where(
        AskRow.person_id == row["person_id"], AskRow.kind == row["kind"], AskRow.about == row["about"]
    )
    return session.exec(query).one()


def find(session: Session, person_id: str, kind: str, about: str) -> AskRow | None:
    """The ask, whatever became of it."""
    query = select(AskRow).where(AskRow.person_id == person_id, AskRow.kind == kind, AskRow.about == about)
    return session.exec(query).first()


def open_of(session: Session, person_id: str) -> list[AskRow]:
    """What a person is asked at present, oldest first: mailed or not."""
    query = select(AskRow).where(AskRow.person_id == person_id, col(AskRow.closed_at).is_(None))
    return list(session.exec(query.order_by(col(AskRow.id))).all())


def planned_for(session: Session, person_id: str) -> int | None:
    """When the person's next bundle is planned for, if one is."""
    rows = look_in(session).rows(_PLANNED, person_id=person_id)
    return rows[0][0] if rows else None


def due(session: Session, now: int) -> list[tuple[str, int]]:
    """Whose bundle is due, with the moment it was planned for."""
    query = select(AskRow.person_id, AskRow.due_at).where(col(AskRow.due_at) <= now)
    soonest: dict[str, int] = {}
    for person_id, at in session.exec(query).all():
        soonest[person_id] = min(at or 0, soonest.get(person_id, at or 0))
    return sorted(soonest.items())


def close(session: Session, now: int, *, about: str | None = None, pair_id: str | None = None) -> None:
    """Withdraws what is asked about a thing, or everything that is asked about a pair."""
    where: list[Any] = [col(AskRow.closed_at).is_(None)]
    if about is not None:
        where.append(col(AskRow.about) == about)
    if pair_id is not None:
        where.append(col(AskRow.pair_id) == pair_id)
    session.exec(update(AskRow).where(*where).values(closed_at=now, due_at=None))


def mailed_at(session: Session, person_id: str, *, since: int) -> list[int]:
    """When bundles went to a person, from ``since`` on."""
    return [at for (at,) in look_in(session).rows(_MAILED, person_id=person_id, since=since) if at is not None]


def envelope(session: Session, person_id: str) -> MailRow | None:
    """The person's bundle that was written and has not gone yet."""
    query = select(MailRow).where(MailRow.person_id == person_id, col(MailRow.asks), MailRow.status == "queued")
    return session.exec(query).first()


def mail_status(session: Session, mail_ids: Sequence[str]) -> dict[str, str]:
    """What became of some bundles."""
    if not mail_ids:
        return {}
    return dict(session.exec(select(MailRow.id, MailRow.status).where(col(MailRow.id).in_(mail_ids))).all())


def everything_of(session: Session, person_id: str) -> list[AskRow]:
    """All that a person was ever asked, oldest first."""
    return list(session.exec(select(AskRow).where(AskRow.person_id == person_id).order_by(col(AskRow.id))).all())


def forget(session: Session, person_id: str, pair_ids: Sequence[str]) -> None:
    """Takes out what a person was asked, what their partners were asked about their pairs, and the words of the bundles
    that it stood in."""
    theirs = (col(AskRow.person_id) == person_id) | col(AskRow.pair_id).in_(pair_ids)
    bundles = select(AskRow.mail_id).where(theirs, col(AskRow.mail_id).is_not(None))
    waiting = delete(MailRow).where(col(MailRow.id).in_(bundles), col(MailRow.status) == "queued")
    session.exec(waiting)  # the partner's next bundle is written without it
    session.exec(update(MailRow).where(col(MailRow.id).in_(bundles)).values(NEUTRAL))
    session.exec(delete(AskRow).where(theirs))
