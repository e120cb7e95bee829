"""What looks at people's free time saw. A person who does not want it has no row here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, select, update

from service.domain.busy import Busy
from service.store.tables import Calendar, ChurnRow, Meeting, Pair, Person, RemoteEventRow


def get(session: Session, person_id: str) -> ChurnRow | None:
    """What is held of one person, if anything."""
    return session.get(ChurnRow, person_id)


def begin(session: Session, person_id: str) -> None:
    """From now on this person's time is looked at; nothing changes for one of whom it is already."""
    if session.get(ChurnRow, person_id) is None:
        session.add(ChurnRow(person_id=person_id))


def look_again(session: Session, person_ids: Iterable[str]) -> None:
    """Makes a look at these people due."""
    session.exec(update(ChurnRow).where(col(ChurnRow.person_id).in_(list(person_ids))).values(next_look_at=0))


def forget(session: Session, person_id: str) -> None:
    """Takes out all that looks saw of a person and what was made of it."""
    session.exec(delete(ChurnRow).where(col(ChurnRow.person_id) == person_id))
    session.exec(update(Person).where(col(Person.id) == person_id).values(churn_table=None))


def any_due(session: Session, now: int) -> bool:
    """Whether somebody's look is due."""
    return session.exec(select(ChurnRow.person_id).where(ChurnRow.next_look_at <= now).limit(1)).first() is not None


def due(session: Session, now: int, *, limit: int) -> list[tuple[ChurnRow, Person]]:
    """Some whose look is due, locked until the transaction ends; those that another worker has locked are passed over. In
    the order in which people's time is locked elsewhere."""
    chosen = select(ChurnRow.person_id).where(ChurnRow.next_look_at <= now).order_by(col(ChurnRow.next_look_at))
    rows = session.exec(
        select(ChurnRow)
        .where(col(ChurnRow.person_id).in_(chosen.limit(limit)), ChurnRow.next_look_at <= now)
        .order_by(col(ChurnRow.person_id))
        .with_for_update(skip_locked=True)
    ).all()
    ids = [row.person_id for row in rows]
    people = {row.id: row for row in session.exec(select(Person).where(col(Person.id).in_(ids))).all()}
    return [(row, people[row.person_id]) for row in rows]


def every_total(session: Session) -> list[dict[str, Any]]:
    """Everybody's part in everyone's mean."""
    query = sql_select(col(ChurnRow.totals)).where(col(ChurnRow.totals).is_not(None))
    return [totals for (totals,) in session.execute(query).all() if totals]


def marks(session: Session, person_ids: Iterable[str]) -> dict[str, list[tuple[str, str, bool]]]:
    """``(id, access, live)`` of everybody's calendars that count, in the order of ids: whether a look shows the same ones as
    before, and whether one changes at all by itself (an uploaded file does not)."""
    query = sql_select(col(Calendar.person_id), col(Calendar.id), col(Calendar.access), col(Calendar.settings))
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for owner, id_, access, settings in session.execute(
        query.where(col(Calendar.person_id).in_(list(person_ids)), col(Calendar.counts)).order_by(col(Calendar.id))
    ).all():
        found.setdefault(owner, []).append((id_, access, settings.get("source") != "upload"))
    return found


def own_meetings(session: Session, person_ids: Sequence[str], *, since: int) -> dict[str, set[tuple[int, int]]]:
    """When meetings of Holdfast's own stand, or stood, in each one's time after ``since``: by our own record, and as their
    calendars have them (a copy there may lag behind)."""
    spans: dict[str, set[tuple[int, int]]] = {id_: set() for id_ in person_ids}
    uids: list[str] = []
    query = (
        sql_select(col(Pair.mentor_id), col(Pair.mentee_id), col(Meeting.start), col(Meeting.end), col(Meeting.ics_uid))
        .join(Pair, col(Pair.id) == col(Meeting.pair_id))
        .where(col(Pair.mentor_id).in_(spans) | col(Pair.mentee_id).in_(spans), col(Meeting.end) > since)
    )
    for mentor, mentee, start, end, uid in session.execute(query).all():
        uids.append(uid)
        for person_id in (mentor, mentee):
            spans.get(person_id, set()).add((start, end))
    for at in range(0, len(uids), 500):
        copies = (
            sql_select(col(Calendar.person_id), col(RemoteEventRow.spans))
            .join(Calendar, col(Calendar.id) == col(RemoteEventRow.calendar_id))
            .where(col(Calendar.person_id).in_(spans), col(RemoteEventRow.uid).in_(uids[at : at + 500]))
        )
        for person_id, blob in session.execute(copies).all():
            table = Busy.unpack(blob)
            spans[person_id].update(zip(table.starts.tolist(), table.ends.tolist(), strict=True))
    return spans
