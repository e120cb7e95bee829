"""Asking both people of a pair the same thing at the same moment, each for themselves."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session

from service.app.house import House
from service.app.post.ask import ask
from service.store import people
from service.store.tables import Pair


def ask_both(
    house: House,
    session: Session,
    pair: Pair,
    kind: str,
    *,
    about: str,
    useless_after: int | None = None,
    but: Collection[str] = (),
) -> None:
    """Inside the caller's transaction. ``but``: people who need not be asked. A forgotten person is asked nothing."""
    found = people.get_many(session, [pair.mentor_id, pair.mentee_id])
    for person_id in (pair.mentor_id, pair.mentee_id):
        if person_id not in but and found[person_id].erased_at is None:
            ask(house, session, person_id, kind, pair_id=pair.id, about=about, useless_after=useless_after)
