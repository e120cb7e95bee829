"""One tap: the time that the other suggested with their answer suits."""

from __future__ import annotations

from service.app.act.meetings import Sat, meeting_of
from service.app.act.verb import Args, Offer
from service.app.alter_meeting import move_meeting
from service.app.house import House
from service.app.note_answers import answer_of, read_proposed
from service.app.once import Once
from service.domain.errors import NotNow
from service.domain.meeting import DetectedVia
from service.store.tables import Person
from service.words import _, times


def _suggested(house: House, sat: Sat, start: int) -> None:
    span = read_proposed(answer_of(sat.meeting, sat.seat.other)[1])
    if span is None or span.start != start:
        raise NotNow(_("{name} no longer suggests this time.").format(name=sat.other.name))
    if start <= house.now():
        raise NotNow(_("That time has passed."))


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(meeting_id, start, sequence)``."""
    sat, start = meeting_of(house, person, str(args[0])), int(args[1])
    sat.check(house.now(), int(args[2]))
    _suggested(house, sat, start)
    end = start + sat.meeting.end - sat.meeting.start
    elsewhere = times.there(start, end, sat.other.time_zone, person.time_zone)
    return Offer(
        sentence=_("Meet {name} on {when} instead?").format(
            name=sat.other.name, when=times.when(start, end, person.time_zone)
        ),
        button=_("Meet at that time"),
        lines=(*((elsewhere,) if elsewhere else ()), _("It stands at {when} until then.").format(when=sat.when)),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Moves it: whoever suggested the time has moved it, the other agreed."""
    sat, start = meeting_of(house, person, str(args[0])), int(args[1])
    sat.check(house.now(), int(args[2]))
    _suggested(house, sat, start)
    return move_meeting(
        house, sat.meeting.id, start=start, by=sat.seat.other, via=DetectedVia.REPLY,
        if_version=sat.meeting.version, once=once,
    )  # fmt: skip


def done(house: House, person: Person, args: Args) -> str:
    """What stands now."""
    sat = meeting_of(house, person, str(args[0]))
    return _("It stands at {when}. {name} is told.").format(when=sat.when, name=sat.other.name)
