"""Meetings and their changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import union_all
from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.domain.ledger import Seat
from service.domain.meeting import Change, ChangeKind, Confidence, DetectedVia, Initiator
from service.domain.timespan import Span
from service.store.paging import page
from service.store.situations import OutcomeRow, our_outcomes, past_outcomes
from service.store.tables import Claim, Meeting, MeetingChange, Pair, PastMeeting


def get(session: Session, meeting_id: str) -> Meeting:
    """One meeting. Raises ``NotFound``."""
    row = session.get(Meeting, meeting_id)
    if row is None:
        raise NotFound(f"There is no meeting {meeting_id}.")
    return row


def of_pair(session: Session, pair_id: str, *, cursor: str | None, limit: int) -> tuple[list[Meeting], str | None]:
    """A page of a pair's meetings, oldest first."""
    return page(session, Meeting, where=[Meeting.pair_id == pair_id], cursor=cursor, limit=limit)


def upcoming(session: Session, pair_id: str, now: int) -> list[Meeting]:
    """Booked meetings of a pair that have not ended."""
    query = select(Meeting).where(Meeting.pair_id == pair_id, Meeting.status == "booked", Meeting.end > now)
    return list(session.exec(query.order_by(col(Meeting.start))).all())


def just_over(session: Session, now: int, since: int) -> list[tuple[str, str]]:
    """Ids (and pairs) of booked meetings that began after ``since``, have ended, and of which nobody was asked yet."""
    query = select(Meeting.id, Meeting.pair_id).where(
        Meeting.status == "booked", Meeting.start > since, Meeting.end <= now, Meeting.outcome_asked < Meeting.sequence
    )
    return sorted((a, b) for a, b in session.exec(query).all())


def in_reach(session: Session, earliest: int, latest: int, *, after: str, limit: int) -> list[tuple[Meeting, Pair]]:
    """Booked meetings of active pairs that start between two instants, with their pairs, by id, those after ``after``."""
    query = (
        select(Meeting, Pair)
        .join(Pair, col(Pair.id) == col(Meeting.pair_id))
        .where(Meeting.status == "booked", Meeting.start >= earliest, Meeting.start <= latest)
        .where(Pair.status == "active", Meeting.id > after)
        .order_by(col(Meeting.id))
        .limit(limit)
    )
    return [(meeting, pair) for meeting, pair in session.exec(query).all()]


def of_person(session: Session, person_id: str, *, ends_after: int) -> list[Meeting]:
    """A person's booked meetings in all their pairs, by time."""
    query = (
        select(Meeting)
        .join(Claim, col(Claim.meeting_id) == col(Meeting.id))
        .where(Claim.person_id == person_id, Claim.end > ends_after)
        .order_by(col(Meeting.start))
    )
    return list(session.exec(query).all())


def in_calendar(session: Session, calendar_id: str) -> list[Meeting]:
    """Meetings whose event stands, or is to stand, in this calendar."""
    return list(session.exec(select(Meeting).where(Meeting.calendar_id == calendar_id)).all())


def forget_place(session: Session, calendar_id: str) -> None:
    """Drops under which name events stand in a calendar: on many servers it holds the owner's user name."""
    there = update(Meeting).where(col(Meeting.calendar_id) == calendar_id)
    session.exec(there.values(remote_id=None, etag=None, booking_problem=None))


def by_uids(session: Session, uids: Sequence[str]) -> list[Meeting]:
    """Booked meetings that bear one of these UIDs, wherever their event stands."""
    found: list[Meeting] = []
    for at in range(0, len(uids), 500):
        query = select(Meeting).where(col(Meeting.ics_uid).in_(uids[at : at + 500]), Meeting.status == "booked")
        found += session.exec(query).all()
    return found


def of_proposal(session: Session, proposal_id: str) -> Meeting | None:
    """The meeting that a proposal led to."""
    return session.exec(select(Meeting).where(Meeting.proposal_id == proposal_id)).first()


def _change(row: MeetingChange) -> Change:
    new = None if row.new_start is None or row.new_end is None else Span(row.new_start, row.new_end)
    return Change(
        kind=ChangeKind(row.kind),
        sequence=row.sequence,
        old=Span(row.old_start, row.old_end),
        new=new,
        initiator=Initiator(Seat(row.role) if row.role else None, Confidence(row.confidence)),
        detected_via=DetectedVia(row.detected_via),
        seen_at=row.seen_at,
        notice_minutes=row.notice_minutes,
        late=row.late,
        reason_code=row.reason_code,
    )


def changes(session: Session, meeting_ids: Iterable[str]) -> dict[str, list[Change]]:
    """The changes of several meetings, oldest first, in one query."""
    ids = list(meeting_ids)
    found: dict[str, list[Change]] = {id_: [] for id_ in ids}
    query = select(MeetingChange).where(col(MeetingChange.meeting_id).in_(ids)).order_by(col(MeetingChange.id))
    for row in session.exec(query).all():
        found[row.meeting_id].append(_change(row))
    return found


def add_change(session: Session, meeting_id: str, change: Change) -> None:
    """Records one change."""
    session.add(
        MeetingChange(
            meeting_id=meeting_id,
            kind=change.kind,
            sequence=change.sequence,
            old_start=change.old.start,
            old_end=change.old.end,
            new_start=change.new.start if change.new else None,
            new_end=change.new.end if change.new else None,
            role=change.initiator.role,
            confidence=change.initiator.confidence,
            detected_via=change.detected_via,
            seen_at=change.seen_at,
            notice_minutes=change.notice_minutes,
            late=change.late,
            reason_code=change.reason_code,
        )
    )


def history(session: Session, pair_ids: Sequence[str]) -> list[Meeting]:
    """All meetings of some pairs by the time they were booked."""
    query = select(Meeting).where(col(Meeting.pair_id).in_(list(pair_ids))).order_by(col(Meeting.created_at))
    return list(session.exec(query).all())


def outcomes(session: Session, person_ids: Sequence[str], since: int) -> list[OutcomeRow]:
    """What became of the times first booked in all pairs of these people, with those from before that a history file named as
    theirs: plain columns, one query."""
    query: Any = union_all(
        our_outcomes(list(person_ids)).where(col(Meeting.created_at) >= since),
        past_outcomes(list(person_ids)).where(col(PastMeeting.booked_at) >= since),
    )
    return [OutcomeRow._make(row) for row in session.execute(query).all()]
