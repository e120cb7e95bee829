"""One tap: the meeting stays where it is, whatever was suggested."""

from __future__ import annotations

from service.app.act.meetings import meeting_of
from service.app.act.verb import Args, Offer
from service.app.house import House
from service.app.once import Once, keep
from service.app.post.ask import drop_asks
from service.store.tables import Person
from service.words import _


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(meeting_id, sequence, about)``: ``about`` is what the ask is about that this answers."""
    sat = meeting_of(house, person, str(args[0]))
    sat.check(house.now(), int(args[1]))
    return Offer(
        sentence=_("Keep the meeting on {when}?").format(when=sat.when),
        button=_("Keep it as it is"),
        lines=(_("Nothing changes, and nobody needs to explain."),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Withdraws the question; the meeting stays as it is."""
    sat = meeting_of(house, person, str(args[0]))
    sat.check(house.now(), int(args[1]))
    with house.writing() as session:
        keep(session, once, sat.meeting.id, house.now())
        drop_asks(house, session, about=str(args[2]))
    return sat.meeting.id


def done(house: House, person: Person, args: Args) -> str:
    """What stands now."""
    return _("It stays as it is: {when}.").format(when=meeting_of(house, person, str(args[0])).when)
