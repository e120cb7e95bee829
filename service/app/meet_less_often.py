"""Meeting half as often, by one tap of either. Both are told the same, and nobody learns who wished for it."""

from __future__ import annotations

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.slow_down import slow_down
from service.app.tell_both import tell_both
from service.domain.errors import NotNow
from service.domain.pair import PairStatus
from service.store import pairs


def meet_less_often(house: House, pair_id: str, *, once: Once | None = None) -> str:
    """Carries it out; returns the pair's id. Raises ``NotNow`` where the two do not meet at present."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, pair_id, house.now())
        pair = pairs.locked(session, pair_id)
        if pair.status != PairStatus.ACTIVE:
            raise NotNow("The two do not meet at present, so there is nothing to slow down.")
        before = pair.cadence_every
        slow_down(house, session, pair)
        if pair.cadence_every != before:
            tell_both(house, session, pair, "slower")
    return pair_id
