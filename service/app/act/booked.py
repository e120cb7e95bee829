"""A booked meeting as one of the pair's two people sees it, for one-tap actions on it."""

from __future__ import annotations

from dataclasses import dataclass

from service.app.house import House
from service.domain.errors import Denied, NotFound, NotNow
from service.domain.ledger import Seat
from service.store import claims, meetings, pairs
from service.store.tables import HeldSlot, Meeting, Pair, Person
from service.words import _


@dataclass(frozen=True, slots=True)
class Booked:
    """A meeting, and the second time held for it."""

    row: Meeting
    held: HeldSlot | None
    pair: Pair
    seat: Seat
    other: Person

    def check(self, now: int) -> None:
        """Raises ``NotNow`` where nothing can be done with it any more."""
        if self.pair.status == "ended" and self.pair.farewell != "kept":
            raise NotNow(_("The meetings have ended."))
        if self.row.status == "cancelled":
            raise NotNow(_("This meeting was called off. Your page finds other times."))
        if self.row.status != "booked" or self.row.start <= now:
            raise NotNow(_("This meeting has begun or is over, so its time stays as it was."))


def meeting_of(house: House, person: Person, meeting_id: str) -> Booked:
    """Reads it. Raises ``Denied`` where the person has no seat in that pair."""
    with house.reading() as session:
        try:
            row = meetings.get(session, meeting_id)
            pair, mentor, mentee = pairs.with_people(session, row.pair_id)
        except NotFound:
            raise Denied("This link leads to nothing any more.") from None
        held = claims.held(session, [meeting_id]).get(meeting_id)
    if person.id not in (mentor.id, mentee.id):
        raise Denied("This link is not one of yours.")
    seat = Seat.MENTOR if person.id == mentor.id else Seat.MENTEE
    return Booked(row, held, pair, seat, mentee if seat is Seat.MENTOR else mentor)
