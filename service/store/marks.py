"""What meetings were worth to somebody: read and written for that somebody alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from service.store.leave_tables import WorthMark
from service.store.tables import Meeting


def put(session: Session, meeting_id: str, person_id: str, worth: int, now: int) -> None:
    """Writes the mark, in place of an earlier one."""
    row = session.get(WorthMark, (meeting_id, person_id))
    if row is None:
        session.add(WorthMark(meeting_id=meeting_id, person_id=person_id, worth=worth, created_at=now))
    else:
        row.worth = worth


def drop(session: Session, meeting_id: str, person_id: str) -> None:
    """Takes the mark out, if there is one."""
    mine = delete(WorthMark).where(col(WorthMark.meeting_id) == meeting_id, col(WorthMark.person_id) == person_id)
    session.exec(mine)


def of_person(session: Session, person_id: str, pair_ids: Sequence[str]) -> dict[str, int]:
    """Somebody's own marks by meeting, in some of their pairs, by the time of the meetings; one query."""
    query = (
        select(WorthMark.meeting_id, WorthMark.worth)
        .join(Meeting, col(Meeting.id) == col(WorthMark.meeting_id))
        .where(WorthMark.person_id == person_id, col(Meeting.pair_id).in_(list(pair_ids)))
        .order_by(col(Meeting.start))
    )
    return dict(session.exec(query).all())


def forget(session: Session, person_id: str) -> None:
    """Takes out all of somebody's marks."""
    session.exec(delete(WorthMark).where(col(WorthMark.person_id) == person_id))
