"""One tap: the second time, which is held for both."""

from __future__ import annotations

from service.app.act.booked import meeting_of
from service.app.act.verb import Args, Offer
from service.app.house import House
from service.app.once import Once
from service.app.use_fallback import use_fallback
from service.domain.errors import NotNow
from service.domain.meeting import DetectedVia
from service.store.tables import Person
from service.words import _, times


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(meeting_id, start)``: the second time as it was when the link was made."""
    meeting_id, start = args
    stood = meeting_of(house, person, str(meeting_id))
    if stood.row.start == int(start):
        raise NotNow(done(house, person, args))
    stood.check(house.now())
    if stood.held is None or stood.held.start != int(start):
        raise NotNow(_("That time is no longer held for the two of you. Your page finds other times."))
    elsewhere = times.there(stood.held.start, stood.held.end, stood.other.time_zone, person.time_zone)
    return Offer(
        sentence=_("Move the meeting with {name} to {when}?").format(
            name=stood.other.name, when=times.when(stood.held.start, stood.held.end, person.time_zone)
        ),
        button=_("Move it there"),
        lines=(*((elsewhere,) if elsewhere else ()), _("This time is held for you both, so nobody has to be asked.")),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Moves it there."""
    meeting_id, start = args
    stood = meeting_of(house, person, str(meeting_id))
    if stood.row.start != int(start):
        stood.check(house.now())
    return use_fallback(house, str(meeting_id), by=stood.seat, start=int(start), via=DetectedVia.APP, once=once)


def done(house: House, person: Person, args: Args) -> str:
    """What stands now."""
    stood = meeting_of(house, person, str(args[0]))
    return _("The meeting is on {when}. {name} is told.").format(
        when=times.when(stood.row.start, stood.row.end, person.time_zone), name=stood.other.name
    )
