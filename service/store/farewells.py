"""How a pair takes leave: wishes for a last meeting, hand-over notes, and drift offers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from service.domain.errors import NotFound
from service.store.leave_tables import DriftOffer, FarewellWish, HandoverNote
from service.store.tables import Pair


def wish(session: Session, pair_id: str, person_id: str, wanted: bool, now: int) -> None:
    """Writes what somebody would like, in place of what they said before."""
    row = session.get(FarewellWish, (pair_id, person_id))
    if row is None:
        session.add(FarewellWish(pair_id=pair_id, person_id=person_id, wish=wanted, created_at=now))
    else:
        row.wish = wanted
    session.flush()


def wishes(session: Session, pair_id: str) -> dict[str, bool]:
    """What was said so far, by person."""
    query = select(FarewellWish.person_id, FarewellWish.wish).where(FarewellWish.pair_id == pair_id)
    return dict(session.exec(query).all())


def wishes_of(session: Session, person_id: str) -> dict[str, bool]:
    """What somebody said, by pair."""
    query = select(FarewellWish.pair_id, FarewellWish.wish).where(FarewellWish.person_id == person_id)
    return dict(session.exec(query).all())


def drop_wishes(session: Session, pair_id: str) -> None:
    """Takes them out."""
    session.exec(delete(FarewellWish).where(col(FarewellWish.pair_id) == pair_id))


def over(session: Session, now: int) -> list[str]:
    """Ids of pairs whose time for a last meeting has passed."""
    query = select(Pair.id).where(col(Pair.farewell_until) <= now)
    return sorted(session.exec(query).all())


def add_note(session: Session, note_id: str, pair_id: str, text: str, now: int) -> None:
    """Keeps a note to whoever coordinates."""
    session.add(HandoverNote(id=note_id, pair_id=pair_id, text=text, created_at=now))


def notes(session: Session, pair_id: str) -> list[HandoverNote]:
    """The pair's notes, oldest first."""
    return list(session.exec(select(HandoverNote).where(HandoverNote.pair_id == pair_id)).all())


def forget(session: Session, person_id: str, pair_ids: Sequence[str]) -> None:
    """Takes out what somebody wished, and the notes of their pairs, whoever wrote them: they may name them."""
    session.exec(delete(FarewellWish).where(col(FarewellWish.person_id) == person_id))
    session.exec(delete(HandoverNote).where(col(HandoverNote.pair_id).in_(list(pair_ids))))


def drift(session: Session, drift_id: str) -> DriftOffer:
    """One drift offer. Raises ``NotFound``."""
    row = session.get(DriftOffer, drift_id)
    if row is None:
        raise NotFound(f"There is no drift offer {drift_id}.")
    return row


def open_drift(session: Session, pair_id: str) -> DriftOffer | None:
    """The pair's open drift offer."""
    query = select(DriftOffer).where(DriftOffer.pair_id == pair_id, col(DriftOffer.closed_at).is_(None))
    return session.exec(query).first()
