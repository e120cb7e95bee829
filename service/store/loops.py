"""When Holdfast looks at a pair again by itself, and each seat's consents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.store.plain import Plain, look_in
from service.store.tables import Pair, PairLoop

AT_ONCE = 500  # looks that one round plans; the rest stays due

_TOUCH = Plain(
    update(PairLoop)
    .where(col(PairLoop.pair_id) == bindparam("pair"))
    .values(look_at=bindparam("at"), turn=col(PairLoop.turn) + 1)
)


def begin(session: Session, pair_id: str, at: int) -> None:
    """A new pair's row: looked at from ``at`` on."""
    session.add(PairLoop(pair_id=pair_id, look_at=at))
    session.flush()


def get(session: Session, pair_id: str) -> PairLoop:
    """A pair's row. Raises ``NotFound``."""
    row = session.get(PairLoop, pair_id)
    if row is None:
        raise NotFound(f"There is no pair {pair_id}.")
    return row


def consents(session: Session, pair_ids: Sequence[str]) -> dict[str, tuple[bool, bool]]:
    """What mentor and mentee of some pairs consent to, in one query."""
    query = select(PairLoop.pair_id, PairLoop.mentor_auto_confirm, PairLoop.mentee_auto_confirm)
    rows = session.exec(query.where(col(PairLoop.pair_id).in_(pair_ids))).all()
    return {pair_id: (mentor, mentee) for pair_id, mentor, mentee in rows}


def touch(session: Session, pair_id: str, at: int) -> None:
    """Something happened to the pair: it is looked at again from ``at`` on."""
    look_in(session).carry_out(_TOUCH, pair=pair_id, at=at)


def settle(session: Session, pair_id: str, look_at: int | None) -> None:
    """The pair was looked at: the next look is at ``look_at``, or when something happens to it."""
    row = update(PairLoop).where(col(PairLoop.pair_id) == pair_id)
    session.exec(row.values(look_at=look_at, turn=col(PairLoop.turn) + 1))


def due(session: Session, now: int) -> list[tuple[str, int]]:
    """Pairs to look at, each with its turn, the longest due first."""
    query = select(PairLoop.pair_id, PairLoop.turn).where(col(PairLoop.look_at) <= now)
    return [(a, b) for a, b in session.exec(query.order_by(col(PairLoop.look_at)).limit(AT_ONCE)).all()]


def both_consent(session: Session, pair: Pair) -> bool:
    """Whether both seats have agreed that Holdfast books by itself when an offer runs out."""
    row = get(session, pair.id)
    return row.mentor_auto_confirm and row.mentee_auto_confirm
