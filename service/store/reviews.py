"""Reviews, what was chosen at them, and the sessions that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from service.domain.errors import NotFound
from service.store.leave_tables import Review, ReviewChoice
from service.store.paging import page
from service.store.tables import Meeting, Pair


def get(session: Session, review_id: str) -> Review:
    """One review. Raises ``NotFound``."""
    row = session.get(Review, review_id)
    if row is None:
        raise NotFound(f"There is no review {review_id}.")
    return row


def open_of(session: Session, pair_ids: Sequence[str]) -> dict[str, Review]:
    """The open review of each of these pairs, if there is one; one query."""
    query = select(Review).where(col(Review.pair_id).in_(list(pair_ids)), Review.status == "open")
    return {row.pair_id: row for row in session.exec(query).all()}


def of_pair(session: Session, pair_id: str, *, cursor: str | None, limit: int) -> tuple[list[Review], str | None]:
    """A page of a pair's reviews, oldest first."""
    return page(session, Review, where=[Review.pair_id == pair_id], cursor=cursor, limit=limit)


def of_pairs(session: Session, pair_ids: Sequence[str]) -> list[Review]:
    """All reviews of some pairs, oldest first."""
    query = select(Review).where(col(Review.pair_id).in_(list(pair_ids))).order_by(col(Review.id))
    return list(session.exec(query).all())


def latest(session: Session, pair_id: str) -> Review | None:
    """The newest review of a pair."""
    query = select(Review).where(Review.pair_id == pair_id).order_by(col(Review.id).desc())
    return session.exec(query.limit(1)).first()


def due(session: Session, now: int) -> list[str]:
    """Ids of active pairs whose review date has come."""
    query = select(Pair.id).where(col(Pair.review_due_at) <= now, Pair.status == "active")
    return sorted(session.exec(query).all())


def closing(session: Session, now: int) -> list[tuple[str, str]]:
    """Ids (and pairs) of open reviews whose time is over."""
    query = select(Review.id, Review.pair_id).where(col(Review.closes_at) <= now, Review.status == "open")
    return sorted((a, b) for a, b in session.exec(query).all())


def choose(session: Session, review_id: str, person_id: str, choice: str, now: int) -> None:
    """Writes what somebody chose, in place of an earlier choice."""
    row = session.get(ReviewChoice, (review_id, person_id))
    if row is None:
        session.add(ReviewChoice(review_id=review_id, person_id=person_id, choice=choice, created_at=now))
    else:
        row.choice = choice
    session.flush()


def choices(session: Session, review_id: str) -> dict[str, str]:
    """What was chosen so far, by person."""
    query = select(ReviewChoice.person_id, ReviewChoice.choice).where(ReviewChoice.review_id == review_id)
    return dict(session.exec(query).all())


def choices_of(session: Session, person_id: str) -> dict[str, str]:
    """What somebody chose at the reviews that are open, by review."""
    query = select(ReviewChoice.review_id, ReviewChoice.choice).where(ReviewChoice.person_id == person_id)
    return dict(session.exec(query).all())


def drop_choices(session: Session, review_id: str) -> None:
    """Takes out what was chosen: it is settled."""
    session.exec(delete(ReviewChoice).where(col(ReviewChoice.review_id) == review_id))


def drop_open(session: Session, pair_id: str, now: int) -> None:
    """Takes an open review back, with what was chosen."""
    row = open_of(session, [pair_id]).get(pair_id)
    if row is not None:
        row.status, row.settled_at = "dropped", now
        drop_choices(session, row.id)


def forget(session: Session, person_id: str) -> None:
    """Takes out all that somebody chose."""
    session.exec(delete(ReviewChoice).where(col(ReviewChoice.person_id) == person_id))


def sessions_held(session: Session, pair_id: str, since: int | None) -> int:
    """How many meetings that began at ``since`` or later were held."""
    query = select(func.count()).where(col(Meeting.pair_id) == pair_id, col(Meeting.status) == "held")
    if since is not None:
        query = query.where(col(Meeting.start) >= since)
    return session.exec(query).one()
