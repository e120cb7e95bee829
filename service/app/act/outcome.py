"""One tap: yes, we met; no, not this time."""

from __future__ import annotations

from service.app.act.pair_of import pair_of
from service.app.act.verb import Args, Offer
from service.app.house import House
from service.app.once import Once
from service.app.report_outcome import report_outcome
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.store import meetings
from service.store.tables import Meeting, Person
from service.words import _, times


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(meeting_id, 1 or 0)``."""
    meeting, _seat, other = _read(house, person, args)
    when = times.when(meeting.start, meeting.end, person.time_zone)
    if args[1]:
        return Offer(_("Did you meet {name} on {when}?").format(name=other.name, when=when), _("Yes, we met"))
    return Offer(
        sentence=_("Did the meeting with {name} on {when} not take place?").format(name=other.name, when=when),
        button=_("No, not this time"),
        lines=(_("That happens. Nobody is asked why."),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Keeps this seat's word."""
    meeting, seat, _other = _read(house, person, args)
    return report_outcome(house, meeting.id, by=seat, happened=bool(args[1]), once=once)


def done(_house: House, _person: Person, args: Args) -> str:
    """Thanks, and what else there is to say if one likes."""
    if args[1]:
        return _(
            "Thank you. Your page has room for a next step, and for what it was worth to you, for your eyes alone."
        )
    return _("Thank you for telling us. Your page finds a new time whenever you like.")


def _read(house: House, person: Person, args: Args) -> tuple[Meeting, Seat, Person]:
    with house.reading() as session:
        meeting = meetings.get(session, str(args[0]))
        _pair, seat, other = pair_of(session, person, meeting.pair_id)
    if meeting.status == "cancelled":
        raise NotNow(_("This meeting was called off, so there is nothing to say about it."))
    if meeting.start > house.now():
        raise NotNow(_("This meeting is still to come: it has found another time."))
    return meeting, seat, other
