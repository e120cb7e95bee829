"""A meeting as one of its two people sees it behind a one-tap button, and why nothing can be done to it any more."""

from __future__ import annotations

from dataclasses import dataclass

from service.app.house import House
from service.domain.errors import Denied, NotFound, NotNow
from service.domain.ledger import Seat
from service.store import meetings, pairs
from service.store.tables import Meeting, Pair, Person
from service.words import _, times


@dataclass(frozen=True, slots=True)
class Sat:
    """A meeting, and where the reader sits in it."""

    meeting: Meeting
    pair: Pair
    seat: Seat
    me: Person
    other: Person

    @property
    def when(self) -> str:
        """On the reader's clock."""
        return times.when(self.meeting.start, self.meeting.end, self.me.time_zone)

    def check(self, now: int, sequence: int) -> None:
        """Raises ``NotNow`` with what became of it, unless it stands as it did in version ``sequence``."""
        if self.meeting.status == "cancelled":
            raise NotNow(_("This meeting was called off."))
        if self.meeting.status != "booked" or self.meeting.end <= now:
            raise NotNow(_("This meeting is over."))
        if self.meeting.sequence != sequence:
            raise NotNow(_("This meeting has another time by now: {when}.").format(when=self.when))


def meeting_of(house: House, person: Person, meeting_id: str) -> Sat:
    """Reads it. Raises ``Denied`` where the person has no seat in it."""
    with house.reading() as session:
        try:
            meeting = meetings.get(session, meeting_id)
        except NotFound:
            raise Denied("This link leads to nothing any more.") from None
        pair, mentor, mentee = pairs.with_people(session, meeting.pair_id)
    if person.id not in (mentor.id, mentee.id):
        raise Denied("This link is not one of yours.")
    seat = Seat.MENTOR if person.id == mentor.id else Seat.MENTEE
    return Sat(meeting, pair, seat, person, mentee if seat is Seat.MENTOR else mentor)
