"""Meeting less often: the cadence becomes half as frequent. The ledger has the new cadence, and not who wished for it."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.record import note
from service.domain.cadence import Cadence
from service.domain.ledger import EntryType
from service.domain.pair import CadenceUnit
from service.domain.review import slower
from service.store.tables import Pair


def slow_down(house: House, session: Session, pair: Pair) -> bool:
    """Inside the caller's transaction, the pair locked; returns whether it could. What is booked stays."""
    now = slower(Cadence(pair.cadence_every, CadenceUnit(pair.cadence_unit)))
    if now.every == pair.cadence_every:
        return False
    pair.cadence_every, pair.version = now.every, pair.version + 1
    note(house, session, pair.id, EntryType.PAIR_SLOWED, every=now.every, unit=now.unit.value)
    return True
