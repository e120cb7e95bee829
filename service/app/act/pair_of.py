"""The pair that an action is about, from the seat of the one who acts."""

from __future__ import annotations

from sqlmodel import Session

from service.domain.errors import Denied
from service.domain.ledger import Seat
from service.store import pairs
from service.store.tables import Pair, Person


def pair_of(session: Session, person: Person, pair_id: str) -> tuple[Pair, Seat, Person]:
    """``(pair, the person's seat, the other)``. Raises ``Denied`` where the person has no seat in it."""
    pair, mentor, mentee = pairs.with_people(session, pair_id)
    if person.id not in (mentor.id, mentee.id):
        raise Denied("This link is not one of yours.")
    return (pair, Seat.MENTOR, mentee) if person.id == mentor.id else (pair, Seat.MENTEE, mentor)
