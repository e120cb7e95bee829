"""Local calendars: the events of people without an account, kept here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select, update

from service.domain.errors import Changed, Gone, NotFound
from service.domain.timespan import Span
from service.ports.local_events import LocalRecord
from service.store.engine import reading, writing
from service.store.paging import page
from service.store.tables import Calendar, LocalEvent, Meeting


def get(session: Session, calendar_id: str, event_id: str) -> LocalEvent:
    """One event that is not deleted. Raises ``NotFound``."""
    row = session.get(LocalEvent, event_id)
    if row is None or row.calendar_id != calendar_id or row.deleted:
        raise NotFound(f"There is no event {event_id} in calendar {calendar_id}.")
    return row


def listing(
    session: Session, calendar_id: str, *, cursor: str | None, limit: int
) -> tuple[list[LocalEvent], str | None]:
    """A page of a calendar's events."""
    where = [LocalEvent.calendar_id == calendar_id, col(LocalEvent.deleted).is_(False)]
    return page(session, LocalEvent, where=where, cursor=cursor, limit=limit)


def between(session: Session, calendar_ids: Iterable[str], start: int, end: int) -> list[LocalEvent]:
    """What stands in these calendars between two instants, by time."""
    query = select(LocalEvent).where(
        col(LocalEvent.calendar_id).in_(list(calendar_ids)),
        col(LocalEvent.deleted).is_(False),
        LocalEvent.start < end,
        LocalEvent.end > start,
    )
    return list(session.exec(query.order_by(col(LocalEvent.start), col(LocalEvent.end))).all())


def next_change(session: Session, calendar_id: str) -> int:
    """Raises and returns the calendar's counter. Locks the calendar's row first: numbers commit in their order."""
    session.exec(update(Calendar).where(col(Calendar.id) == calendar_id).values(version=col(Calendar.version) + 1))
    newest = session.exec(select(func.max(LocalEvent.change)).where(LocalEvent.calendar_id == calendar_id)).one()
    return int(newest or 0) + 1


def erase(session: Session, row: LocalEvent) -> None:
    """Deletes an event: a tombstone without its title stays."""
    row.deleted, row.title, row.version = True, "", row.version + 1
    row.change = next_change(session, row.calendar_id)


def standing(session: Session, calendar_ids: Sequence[str]) -> list[LocalEvent]:
    """All events of some calendars that were not deleted."""
    query = select(LocalEvent).where(
        col(LocalEvent.calendar_id).in_(list(calendar_ids)), col(LocalEvent.deleted).is_(False)
    )
    return list(session.exec(query.order_by(col(LocalEvent.id))).all())


def neutralise(session: Session, pair_ids: Sequence[str]) -> None:
    """Takes the names out of the titles of these pairs' meetings, in whosever local calendar they stand."""
    about = select(Meeting.id).where(col(Meeting.pair_id).in_(pair_ids))
    ours = update(LocalEvent).where(col(LocalEvent.meeting_id).in_(about), col(LocalEvent.deleted).is_(False))
    session.exec(ours.values(title="A meeting"))


class StoredLocalEvents:
    """``ports.local_events.LocalEvents`` on the database."""

    def __init__(self, engine: Engine, new_id: Callable[[str], str]) -> None:
        self._engine = engine
        self._new_id = new_id

    def changed_since(self, calendar_id: str, counter: int) -> list[LocalRecord]:
        """See the port."""
        query = select(LocalEvent).where(LocalEvent.calendar_id == calendar_id, LocalEvent.change > counter)
        with reading(self._engine) as session:
            return [_record(row) for row in session.exec(query.order_by(col(LocalEvent.change))).all()]

    def by_uid(self, calendar_id: str, uid: str) -> LocalRecord | None:
        """See the port."""
        with reading(self._engine) as session:
            row = _find(session, calendar_id, uid)
            return _record(row) if row else None

    def put(
        self, calendar_id: str, uid: str, span: Span, *, title: str, meeting_id: str, sequence: int, version: int | None
    ) -> LocalRecord:
        """See the port."""
        with writing(self._engine) as session:
            change = next_change(session, calendar_id)
            row = _find(session, calendar_id, uid)
            if row is None:
                if version is not None:
                    raise Gone("The event is no longer in the local calendar.")
                row = LocalEvent(
                    id=self._new_id("evt"),
                    calendar_id=calendar_id,
                    uid=uid,
                    start=span.start,
                    end=span.end,
                    change=change,
                    meeting_id=meeting_id,
                )
                session.add(row)
            elif row.deleted:
                raise Gone("The event was deleted from the local calendar.")
            elif version is None:
                return _record(row)
            elif version != row.version:
                raise Changed("The event was changed in the local calendar in between.")
            else:
                row.version += 1
            row.title, row.start, row.end, row.sequence, row.change = title, span.start, span.end, sequence, change
            session.flush()
            return _record(row)

    def delete(self, calendar_id: str, uid: str, *, version: int | None) -> None:
        """See the port."""
        with writing(self._engine) as session:
            row = _find(session, calendar_id, uid)
            if row is None or row.deleted:
                return
            if version is not None and version != row.version:
                raise Changed("The event was changed in the local calendar in between.")
            erase(session, row)


def _find(session: Session, calendar_id: str, uid: str) -> LocalEvent | None:
    query = select(LocalEvent).where(LocalEvent.calendar_id == calendar_id, LocalEvent.uid == uid)
    return session.exec(query).first()


def _record(row: LocalEvent) -> LocalRecord:
    return LocalRecord(
        id=row.id,
        uid=row.uid,
        span=Span(row.start, row.end),
        transparent=row.transparent,
        sequence=row.sequence,
        version=row.version,
        change=row.change,
        deleted=row.deleted,
    )
