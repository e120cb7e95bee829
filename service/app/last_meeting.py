"""A last meeting after the end, if both would like one: each is asked privately, a no is told to nobody, and only when both
have said yes are times offered. Without that the wishes fade after a while, and nothing was ever said."""

from __future__ import annotations

from contextlib import suppress

from service.app.house import House
from service.app.once import CarriedOut, Once, keep, seen_before
from service.app.propose_slots import propose_slots
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.store import farewells, pairs
from service.store.tables import Pair

ARRANGE_DAYS = 30


def wish_last_meeting(house: House, pair_id: str, *, by: Seat, wish: bool, once: Once | None = None) -> str:
    """One seat would like a last meeting, or rather not; it may change its mind until both have said yes.

    Raises ``NotNow`` where none is spoken of (any more)."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if wish and pair.status == "ended" and pair.farewell == "wished":
            return pair_id  # the other was a moment quicker, and this is the same yes
        if pair.status != "ended" or pair.farewell != "asked" or (pair.farewell_until or 0) <= house.now():
            raise NotNow("There is nothing to say about a last meeting now; the pair's page shows how it stands.")
        mine = pair.mentor_id if by is Seat.MENTOR else pair.mentee_id
        farewells.wish(session, pair_id, mine, wish, house.now())
        if list(farewells.wishes(session, pair_id).values()).count(True) == len(Seat):
            farewells.drop_wishes(session, pair_id)
            pair.farewell, pair.version = "wished", pair.version + 1
            pair.farewell_until = house.now() + ARRANGE_DAYS * DAY
            key = f"last:{pair_id}:{pair.version}"
            house.jobs.enqueue(session, "propose_last", pair_id, pair.version, key=key)
    return pair_id


def propose_last(house: House, pair_id: str, version: int) -> None:
    """Offers times for the last meeting, once; not where something else was settled meanwhile."""
    with house.reading() as session:
        if pairs.get(session, pair_id).farewell != "wished":
            return
    once = Once(caller="last_meeting", key=f"{pair_id}:{version}", fingerprint="")
    with suppress(CarriedOut, NotNow):
        propose_slots(house, pair_id, once=once)


def close_farewells(house: House) -> int:
    """Where the time for it is over nothing is said; the wishes are taken out. Returns how many."""
    with house.reading() as session:
        over = farewells.over(session, house.now())
    for pair_id in over:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            if pair.farewell_until is not None and pair.farewell_until <= house.now():
                farewells.drop_wishes(session, pair_id)
                pair.farewell, pair.farewell_until = None, None
    return len(over)


def last_is_booked(pair: Pair) -> None:
    """A meeting of an ended pair was booked: it is the last one."""
    pair.farewell, pair.farewell_until = "kept", None
