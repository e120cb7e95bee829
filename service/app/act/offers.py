"""A proposal as one of the pair's two people sees it, and why it can no longer be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.app.house import House
from service.domain.errors import Denied, NotFound, NotNow
from service.domain.ledger import Seat
from service.domain.proposal import Purpose
from service.store import meetings, pairs, proposals
from service.store.tables import Meeting, Pair, Person, Proposal, ProposalSlot
from service.words import _


@dataclass(frozen=True, slots=True)
class Stood:
    """An offer of times."""

    row: Proposal
    slots: Sequence[ProposalSlot]
    pair: Pair
    seat: Seat
    other: Person
    meeting: Meeting | None

    @property
    def books(self) -> bool:
        """Whether choosing a time books a meeting, and does not move one."""
        return self.meeting is None or self.meeting.status == "cancelled"

    @property
    def stays(self) -> bool:
        """Whether with none of these times a meeting stays as it is."""
        return self.row.purpose in (Purpose.CARE, Purpose.SHORT_CALL)

    def slot(self, slot_id: str) -> ProposalSlot:
        """One of its times. Raises ``Denied`` for another's."""
        found = next((slot for slot in self.slots if slot.id == slot_id), None)
        if found is None:
            raise Denied("This link does not belong to these times.")
        return found

    def check(self, now: int) -> None:
        """Raises ``NotNow`` with what became of it."""
        if self.pair.status == "ended" and self.pair.farewell != "wished":
            raise NotNow(_("The meetings have ended, so this offer is closed."))
        if self.pair.status == "paused":
            raise NotNow(_("The meetings rest at present, so this offer is closed."))
        if self.row.status == "open" and self.row.expires_at > now:
            return
        raise NotNow(_closed(self.row.status))


def _closed(status: str) -> str:
    said = {
        "accepted": _("A time was chosen already; your page shows which."),
        "declined": _("These times were declined, so none of them is held any more."),
        "withdrawn": _("These times are no longer on offer: something else was settled meanwhile."),
    }
    return said.get(status) or _("This offer has run out. That is no trouble: new times are found in a moment.")


def offer_of(house: House, person: Person, proposal_id: str) -> Stood:
    """Reads it. Raises ``Denied`` where the person has no seat in that pair."""
    with house.reading() as session:
        try:
            row = proposals.get(session, proposal_id)
            pair, mentor, mentee = pairs.with_people(session, row.pair_id)
        except NotFound:
            raise Denied("This link leads to nothing any more.") from None
        slots = proposals.slots(session, proposal_id)
        meeting = meetings.get(session, row.meeting_id) if row.meeting_id else None
    if person.id not in (mentor.id, mentee.id):
        raise Denied("This link is not one of yours.")
    seat = Seat.MENTOR if person.id == mentor.id else Seat.MENTEE
    return Stood(row, slots, pair, seat, mentee if seat is Seat.MENTOR else mentor, meeting)
