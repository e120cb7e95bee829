"""One tap: this time it shall be."""

from __future__ import annotations

from service.app.act.offers import offer_of
from service.app.act.verb import Args, Offer
from service.app.answer_proposal import accept_slot
from service.app.house import House
from service.app.once import Once
from service.domain.errors import NotNow
from service.domain.meeting import DetectedVia
from service.store import meetings, proposals
from service.store.tables import Person
from service.words import _, times


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(proposal_id, slot_id)``."""
    stood = offer_of(house, person, str(args[0]))
    slot = stood.slot(str(args[1]))
    stood.check(house.now())
    if slot.start <= house.now():
        raise NotNow(_("That time has passed."))
    elsewhere = times.there(slot.start, slot.end, stood.other.time_zone, person.time_zone)
    moves = not stood.books
    sentence = _("Move the meeting with {name} to {when}?") if moves else _("Meet {name} on {when}?")
    return Offer(
        sentence=sentence.format(name=stood.other.name, when=times.when(slot.start, slot.end, person.time_zone)),
        button=_("Move it there") if moves else _("Book this time"),
        lines=(elsewhere,) if elsewhere else (),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Books it."""
    stood = offer_of(house, person, str(args[0]))
    stood.check(house.now())
    return accept_slot(house, str(args[0]), slot_id=str(args[1]), by=stood.seat, via=DetectedVia.APP, once=once)


def done(house: House, person: Person, args: Args) -> str:
    """What stands now."""
    stood = offer_of(house, person, str(args[0]))
    slot = stood.slot(str(args[1]))
    with house.reading() as session:
        meeting = proposals.booked_from(session, slot.id)
        if meeting is None and stood.row.meeting_id and stood.row.status == "accepted":
            meeting = meetings.get(session, stood.row.meeting_id)
    if meeting is None:
        return _("This was done. Your page shows how it stands now.")
    return _("It is booked: {when}. {name} is told.").format(
        when=times.when(meeting.start, meeting.end, person.time_zone), name=stood.other.name
    )
