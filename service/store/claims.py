"""Who is taken by which meeting of ours, and the one place that decides whether a time can be had.

No double booking by construction: ``claim`` is the only writer, it first locks both people (on SQLite the whole
transaction holds the write lock already; on PostgreSQL their rows), then looks, then writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sqlmodel import Session, col, delete, select

from service.domain.busy import KINDS, Busy, BusyKind
from service.domain.timespan import Span
from service.store import people
from service.store.tables import Claim

_BUSY = KINDS.index(BusyKind.BUSY)


def taken(session: Session, person_ids: Iterable[str], span: Span, *, but: str | None = None) -> list[str]:
    """Which of these people another meeting of ours keeps from ``span``."""
    query = select(Claim.person_id).where(
        col(Claim.person_id).in_(list(person_ids)), Claim.start < span.end, Claim.end > span.start
    )
    if but is not None:
        query = query.where(Claim.meeting_id != but)
    return sorted(set(session.exec(query).all()))


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


def busy(
    session: Session, person_ids: Sequence[str], start: int, end: int, *, but: str | None = None
) -> dict[str, Busy]:
    """The claimed time of several people as busy tables, in one query of plain columns."""
    query = select(Claim.person_id, Claim.start, Claim.end).where(
        col(Claim.person_id).in_(list(person_ids)), Claim.start < end, Claim.end > start
    )
    if but is not None:
        query = query.where(Claim.meeting_id != but)
    found: dict[str, list[tuple[int, int]]] = {}
    for person_id, a, b in session.exec(query.order_by(col(Claim.start))).all():
        found.setdefault(person_id, []).append((a, b))
    return {person_id: made for person_id, spans in found.items() if (made := table(spans)) is not None}


def table(spans: Sequence[tuple[int, int]] | None) -> Busy | None:
    """Claimed ``(start, end)``, by start, as a busy table."""
    if not spans:
        return None
    columns = np.array(spans, np.int64)
    return Busy(columns[:, 0], columns[:, 1], np.full(len(spans), _BUSY, np.int64))
