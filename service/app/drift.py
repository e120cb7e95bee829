"""Drift: several proposals stayed unanswered. Both are offered, once, privately and at the same moment, to rest, to meet less
often, to end, or to go on. Whoever acts first decides; the other's offer is then simply gone.

Nothing is chased after that. Neither the ledger nor anything else keeps who acted or what they were offered it for: it has
that an offer was made, that it was closed, and what has become of the pair."""

from __future__ import annotations

from sqlmodel import Session

from service.app.ask_both import ask_both
from service.app.house import House
from service.app.post.ask import drop_asks
from service.app.record import note
from service.domain.ledger import EntryType
from service.domain.pair import PairStatus
from service.store import farewells
from service.store.leave_tables import DriftOffer
from service.store.tables import Pair


def offer_drift(house: House, session: Session, pair: Pair) -> str | None:
    """Offers it to both, inside the caller's transaction, the pair locked; returns its id, or ``None`` where the pair is not
    active. While one is open, no other is made."""
    if pair.status != PairStatus.ACTIVE:
        return None
    standing = farewells.open_drift(session, pair.id)
    if standing is not None:
        return standing.id
    row = DriftOffer(id=house.new_id("drift"), pair_id=pair.id, opened_at=house.now())
    session.add(row)
    session.flush()
    note(house, session, pair.id, EntryType.DRIFT_OFFERED, drift_id=row.id)
    ask_both(house, session, pair, "drift", about=row.id)
    return row.id


def close_drift(house: House, session: Session, pair_id: str) -> None:
    """Somebody acted, in whatever way: what was offered is taken back. Inside the caller's transaction."""
    row = farewells.open_drift(session, pair_id)
    if row is not None:
        row.closed_at = house.now()
        note(house, session, pair_id, EntryType.DRIFT_CLOSED, drift_id=row.id)
        drop_asks(house, session, about=row.id)
