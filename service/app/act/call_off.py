"""One tap: the meeting is called off."""

from __future__ import annotations

from service.app.act.meetings import meeting_of
from service.app.act.verb import Args, Offer
from service.app.alter_meeting import cancel_meeting
from service.app.house import House
from service.app.once import Once
from service.domain.meeting import DetectedVia
from service.store.tables import Person
from service.words import _


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(meeting_id, sequence)``."""
    sat = meeting_of(house, person, str(args[0]))
    sat.check(house.now(), int(args[1]))
    return Offer(
        sentence=_("Call off the meeting on {when}?").format(when=sat.when),
        button=_("Call it off"),
        lines=(_("{name} is told at once. Nobody needs to explain.").format(name=sat.other.name),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Calls it off."""
    sat = meeting_of(house, person, str(args[0]))
    sat.check(house.now(), int(args[1]))
    return cancel_meeting(
        house, sat.meeting.id, by=sat.seat, via=DetectedVia.APP, if_version=sat.meeting.version, once=once
    )


def done(house: House, person: Person, args: Args) -> str:
    """What stands now."""
    sat = meeting_of(house, person, str(args[0]))
    return _("It is called off, and {name} is told. Your page finds another time whenever you like.").format(
        name=sat.other.name
    )
