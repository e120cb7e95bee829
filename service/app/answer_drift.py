"""One of the two takes up a drift offer. Both get the same words about what follows, and neither learns who acted."""

from __future__ import annotations

from service.app.drift import close_drift
from service.app.end_pair import end_now
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.rest_pair import rest
from service.app.slow_down import slow_down
from service.app.tell_both import tell_both
from service.domain.drift import DriftStep
from service.domain.errors import NotNow
from service.domain.pair import PairStatus
from service.store import farewells, pairs


def answer_drift(house: House, drift_id: str, *, step: DriftStep, once: Once | None = None) -> str:
    """Carries it out; returns the offer's id. Raises ``NotNow`` where the offer is closed."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, drift_id, house.now())
        pair = pairs.locked(session, farewells.drift(session, drift_id).pair_id)
        if farewells.drift(session, drift_id).closed_at is not None or pair.status != PairStatus.ACTIVE:
            raise NotNow("This was settled meanwhile; your page shows how it stands.")
        close_drift(house, session, pair.id)
        if step is DriftStep.REST:
            rest(house, session, pair, until=None)
        elif step is DriftStep.SLOWER:
            if slow_down(house, session, pair):
                tell_both(house, session, pair, "slower")
        elif step is DriftStep.END:
            end_now(house, session, pair)
    return drift_id
