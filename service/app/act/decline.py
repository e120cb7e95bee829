"""One tap: none of these times."""

from __future__ import annotations

from service.app.act.offers import offer_of
from service.app.act.verb import Args, Offer
from service.app.answer_proposal import decline_proposal
from service.app.house import House
from service.app.once import Once
from service.store.tables import Person
from service.words import _


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(proposal_id,)``."""
    stood = offer_of(house, person, str(args[0]))
    stood.check(house.now())
    if stood.stays:
        return Offer(
            sentence=_("Leave the meeting with {name} as it is?").format(name=stood.other.name), button=_("Leave it")
        )
    return Offer(
        sentence=_("Does none of these times suit you?"),
        button=_("None of these"),
        lines=(_("No reason is asked. Other times can be found whenever you like."),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Declines the proposal."""
    stood = offer_of(house, person, str(args[0]))
    stood.check(house.now())
    return decline_proposal(house, str(args[0]), by=stood.seat, once=once)


def done(house: House, person: Person, args: Args) -> str:
    """What stands now."""
    if offer_of(house, person, str(args[0])).stays:
        return _("All right, it stays as it is.")
    return _("All right, none of these. Your page finds other times whenever you like.")
