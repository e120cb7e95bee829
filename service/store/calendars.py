"""Calendars and what is held of their events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, select

from service.domain.busy import Busy
from service.domain.errors import NotFound
from service.domain.timespan import Span
from service.store.situations import CALENDAR_COLUMNS, CalendarRow
from service.store.tables import Calendar, LocalEvent, Meeting, RemoteEventRow, SignInRow, WatchRow

_person_id = col(Calendar.person_id)


def get(session: Session, calendar_id: str) -> Calendar:
    """One calendar. Raises ``NotFound``."""
    row = session.get(Calendar, calendar_id)
    if row is None:
        raise NotFound(f"There is no calendar {calendar_id}.")
    return row


def locked(session: Session, calendar_id: str) -> Calendar:
    """The same, with its row locked until the transaction ends."""
    query = select(Calendar).where(Calendar.id == calendar_id).with_for_update()
    row = session.exec(query).first()
    if row is None:
        raise NotFound(f"There is no calendar {calendar_id}.")
    return row


def of_people(session: Session, person_ids: Iterable[str]) -> list[Calendar]:
    """Every calendar of these people, oldest first, in one query."""
    query = select(Calendar).where(col(Calendar.person_id).in_(list(person_ids))).order_by(col(Calendar.id))
    return list(session.exec(query).all())


def plain(session: Session, person_ids: Iterable[str]) -> dict[str, list[CalendarRow]]:
    """What is held of the calendars of these people that count, by person, in plain columns and one query."""
    query = select_columns(_person_id, *CALENDAR_COLUMNS).where(_person_id.in_(list(person_ids)), col(Calendar.counts))
    found: dict[str, list[CalendarRow]] = {}
    for owner, *row in session.execute(query.order_by(col(Calendar.id))).all():
        found.setdefault(owner, []).append(CalendarRow._make(row))
    return found


def behind(session: Session, provider: str, subject: str) -> list[Calendar]:
    """Every calendar, of whomever, that lies behind one account elsewhere."""
    query = select(Calendar).where(
        Calendar.provider == provider, col(Calendar.settings)["subject"].as_string() == subject
    )
    return list(session.exec(query.order_by(col(Calendar.id))).all())


def read_at_all(now: int) -> ColumnElement[bool]:
    """Which calendars are read: those that count, the one that new meetings are written to, and those in which a meeting of
    ours stands or is being written."""
    ours = and_(
        col(Meeting.calendar_id) == col(Calendar.id),
        or_(
            and_(col(Meeting.status) == "booked", col(Meeting.end) > now),
            col(Meeting.booking_status) == "pending",
        ),
    )
    return or_(col(Calendar.counts), col(Calendar.is_primary), exists().where(ours))


def is_read(session: Session, calendar_id: str, now: int) -> bool:
    """Whether this one is; false for one that is not there."""
    return session.exec(select(Calendar.id).where(Calendar.id == calendar_id, read_at_all(now))).first() is not None


def due(session: Session, *, synced_before: int, now: int) -> list[str]:
    """Ids of calendars to look at again. A disconnected one, or one still to be authorised, is left alone; one that has
    failed is left alone until its ``retry_at``; one that does not count is not read."""
    query = (
        select(Calendar.id)
        .where(col(Calendar.status).in_(["connected", "error"]))
        .where((col(Calendar.synced_at).is_(None)) | (col(Calendar.synced_at) <= synced_before))
        .where((col(Calendar.retry_at).is_(None)) | (col(Calendar.retry_at) <= now))
        .where(read_at_all(now))
        .order_by(col(Calendar.id))
    )
    return list(session.exec(query).all())


def events(session: Session, calendar_id: str) -> dict[str, RemoteEventRow]:
    """All that is held of a calendar, by remote id."""
    rows = session.exec(select(RemoteEventRow).where(RemoteEventRow.calendar_id == calendar_id)).all()
    return {row.remote_id: row for row in rows}


def forget_events(session: Session, calendar_id: str, remote_ids: Sequence[str] | None = None) -> None:
    """Drops what is held of some events, or of all."""
    query = delete(RemoteEventRow).where(col(RemoteEventRow.calendar_id) == calendar_id)
    if remote_ids is not None:
        for at in range(0, len(remote_ids), 500):
            session.exec(query.where(col(RemoteEventRow.remote_id).in_(remote_ids[at : at + 500])))
        return
    session.exec(query)


def drop(session: Session, calendar: Calendar) -> None:
    """Takes a calendar out with everything that is held of it."""
    forget_events(session, calendar.id)
    session.exec(delete(SignInRow).where(col(SignInRow.calendar_id) == calendar.id))
    session.exec(delete(WatchRow).where(col(WatchRow.calendar_id) == calendar.id))
    session.exec(delete(LocalEvent).where(col(LocalEvent.calendar_id) == calendar.id))
    session.delete(calendar)


def copies(session: Session, person_id: str, uid: str) -> list[Span]:
    """Where copies of an event stand in the calendars of a person, by its UID."""
    query = (
        select(RemoteEventRow.spans)
        .join(Calendar, col(Calendar.id) == col(RemoteEventRow.calendar_id))
        .where(Calendar.person_id == person_id, RemoteEventRow.uid == uid)
    )
    tables = [Busy.unpack(blob) for blob in session.exec(query).all()]
    return [
        Span(a, b) for table in tables for a, b in zip(table.starts.tolist(), table.ends.tolist(), strict=True) if a < b
    ]
