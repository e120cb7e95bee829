"""One tap: times for a short call in place of the meeting."""

from __future__ import annotations

from service.app.act.booked import meeting_of
from service.app.act.verb import Args, Offer
from service.app.house import House
from service.app.offer_short_call import offer_short_call
from service.app.once import Once
from service.store.tables import Person
from service.words import _, times


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(meeting_id,)``."""
    stood = meeting_of(house, person, str(args[0]))
    stood.check(house.now())
    return Offer(
        sentence=_("A 20-minute call with {name} instead of {when}?").format(
            name=stood.other.name, when=times.when(stood.row.start, stood.row.end, person.time_zone)
        ),
        button=_("Show me times for it"),
        lines=(_("Nothing changes before you choose one."),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Finds times for it."""
    stood = meeting_of(house, person, str(args[0]))
    stood.check(house.now())
    return offer_short_call(house, str(args[0]), by=stood.seat, once=once)


def done(_house: House, _person: Person, _args: Args) -> str:
    """What stands now."""
    return _("Times for a short call are on your page.")
