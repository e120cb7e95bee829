"""Who is taken by which meeting of ours, and the one place that decides whether a time can be had.

No double booking by construction: ``claim`` and ``hold`` are the only writers, they first lock both people (on SQLite the
whole transaction holds the write lock already; on PostgreSQL their rows), then look, then write. A time that is held as a
meeting's fallback is taken for every other pair, and never in the way of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, select

from service.domain.busy import KINDS, Busy, BusyKind
from service.domain.timespan import Span
from service.store import people
from service.store.tables import Claim, HeldSlot, Meeting

_BUSY = KINDS.index(BusyKind.BUSY)


def taken(session: Session, person_ids: Iterable[str], span: Span, *, but: str | None = None) -> list[str]:
    """Which of these people another meeting of ours keeps from ``span``, or the fallback of another pair's. ``but``: the
    meeting that asks."""
    query = select(Claim.person_id).where(
        col(Claim.person_id).in_(list(person_ids)), Claim.start < span.end, Claim.end > span.start
    )
    if but is not None:
        query = query.where(Claim.meeting_id != but)
    held = select(HeldSlot.person_id).where(
        col(HeldSlot.person_id).in_(list(person_ids)), HeldSlot.start < span.end, HeldSlot.end > span.start
    )
    if but is not None:
        own = select(Meeting.pair_id).where(Meeting.id == but).scalar_subquery()
        held = held.where(col(HeldSlot.pair_id) != own)
    return sorted({*session.exec(query).all(), *session.exec(held).all()})


def claim(session: Session, meeting_id: str, person_ids: Sequence[str], span: Span, *, seen: bool = False) -> list[str]:
    """Takes ``span`` for all these people, in place of whatever the meeting had before.

    Returns who is taken already (then nothing was written). ``seen`` records a time that somebody has already made
    true in their own calendar: it is written whatever it overlaps, for it is a fact and not a plan."""
    people.lock_time(session, person_ids)
    if not seen and (conflicts := taken(session, person_ids, span, but=meeting_id)):
        return conflicts
    release(session, meeting_id)
    session.add_all(
        Claim(meeting_id=meeting_id, person_id=p, start=span.start, end=span.end) for p in sorted(set(person_ids))
    )
    session.flush()
    return []


def release(session: Session, meeting_id: str) -> None:
    """Gives the meeting's time back."""
    session.exec(delete(Claim).where(col(Claim.meeting_id) == meeting_id))


def hold(
    session: Session, meeting: Meeting, person_ids: Sequence[str], span: Span, kind: str, probability: float
) -> list[str]:
    """Holds ``span`` as the meeting's fallback, in place of the one before; returns who is taken (then nothing was written),
    also by another meeting of the same pair or by its fallback."""
    people.lock_time(session, person_ids)
    other = select(HeldSlot.person_id).where(
        HeldSlot.pair_id == meeting.pair_id,
        HeldSlot.meeting_id != meeting.id,
        HeldSlot.start < span.end,
        HeldSlot.end > span.start,
    )
    # Its own present time too: the claim of the meeting itself is looked at by nobody's leave.
    if conflicts := [*taken(session, person_ids, span, but=meeting.id), *session.exec(other).all()]:
        return sorted(set(conflicts))
    if meeting.start < span.end and span.start < meeting.end:
        return sorted(person_ids)
    let_go(session, meeting.id)
    session.add_all(
        HeldSlot(
            meeting_id=meeting.id,
            person_id=person_id,
            pair_id=meeting.pair_id,
            start=span.start,
            end=span.end,
            kind=kind,
            hold_probability=probability,
        )
        for person_id in sorted(set(person_ids))
    )
    session.flush()
    return []


def let_go(session: Session, meeting_id: str) -> bool:
    """Gives the meeting's fallback back; whether there was one."""
    done = session.exec(delete(HeldSlot).where(col(HeldSlot.meeting_id) == meeting_id))
    return bool(done.rowcount)


def let_go_of(session: Session, pair_ids: Sequence[str]) -> None:
    """Gives back every fallback of some pairs."""
    session.exec(delete(HeldSlot).where(col(HeldSlot.pair_id).in_(pair_ids)))


def held(session: Session, meeting_ids: Iterable[str]) -> dict[str, HeldSlot]:
    """The fallbacks of several meetings, in one query."""
    query = select(HeldSlot).where(col(HeldSlot.meeting_id).in_(list(meeting_ids)))
    return {row.meeting_id: row for row in session.exec(query).all()}


def held_over(session: Session, pair_id: str, span: Span) -> list[str]:
    """The meetings of a pair whose fallback overlaps ``span``."""
    query = select(HeldSlot.meeting_id).where(
        HeldSlot.pair_id == pair_id, HeldSlot.start < span.end, HeldSlot.end > span.start
    )
    return sorted(set(session.exec(query).all()))


def held_in_vain(session: Session, now: int) -> list[tuple[str, str]]:
    """Fallbacks (meeting and pair) of meetings that have begun, or are no longer booked."""
    query = (
        select(HeldSlot.meeting_id, HeldSlot.pair_id)
        .join(Meeting, col(Meeting.id) == col(HeldSlot.meeting_id))
        .where((col(Meeting.start) <= now) | (col(Meeting.status) != "booked"))
    )
    return sorted({(a, b) for a, b in session.exec(query).all()})


def busy(
    session: Session,
    person_ids: Sequence[str],
    start: int,
    end: int,
    *,
    but: str | None = None,
    for_pair: str | None = None,
) -> dict[str, Busy]:
    """The claimed time of several people as busy tables, in one query of plain columns. ``for_pair``: seen by this pair, for
    whom other pairs' fallbacks are taken too."""
    query: Any = sql_select(col(Claim.person_id), col(Claim.start), col(Claim.end)).where(
        col(Claim.person_id).in_(list(person_ids)), col(Claim.start) < end, col(Claim.end) > start
    )
    if but is not None:
        query = query.where(col(Claim.meeting_id) != but)
    if for_pair is not None:
        query = query.union_all(
            sql_select(col(HeldSlot.person_id), col(HeldSlot.start), col(HeldSlot.end)).where(
                col(HeldSlot.person_id).in_(list(person_ids)),
                col(HeldSlot.start) < end,
                col(HeldSlot.end) > start,
                col(HeldSlot.pair_id) != for_pair,
            )
        )
    found: dict[str, list[tuple[int, int]]] = {}
    for person_id, a, b in session.execute(query).all():
        found.setdefault(person_id, []).append((a, b))
    return {person_id: made for person_id, spans in found.items() if (made := table(sorted(spans))) is not None}


def table(spans: Sequence[tuple[int, int]] | None) -> Busy | None:
    """Claimed ``(start, end)``, by start, as a busy table."""
    if not spans:
        return None
    columns = np.array(spans, np.int64)
    return Busy(columns[:, 0], columns[:, 1], np.full(len(spans), _BUSY, np.int64))
