"""One tap: a last meeting, gladly; or rather not."""

from __future__ import annotations

from service.app.act.pair_of import pair_of
from service.app.act.verb import Args, Offer
from service.app.house import House
from service.app.last_meeting import wish_last_meeting
from service.app.once import Once
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.store.tables import Pair, Person
from service.words import _


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(pair_id, 1 or 0)``."""
    pair, _seat, other = _read(house, person, args)
    if pair.farewell != "asked" or (pair.farewell_until or 0) <= house.now():
        raise NotNow(_("Nothing is open about a last meeting now. Your page shows how it stands."))
    if args[1]:
        return Offer(
            sentence=_("Would you like one last meeting with {name}?").format(name=other.name),
            button=_("Yes, gladly"),
            lines=(_("If both of you say yes, times are offered. Until then nothing is said about it."),),
        )
    return Offer(
        sentence=_("Would you rather not have a last meeting with {name}?").format(name=other.name),
        button=_("Rather not"),
        lines=(_("Nobody is told."),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Keeps the wish."""
    pair, seat, _other = _read(house, person, args)
    return wish_last_meeting(house, pair.id, by=seat, wish=bool(args[1]), once=once)


def done(house: House, person: Person, args: Args) -> str:
    """The same sentence for a first and a second yes would be untrue: where both have said it, times are on their way."""
    pair, _seat, _other = _read(house, person, args)
    if not args[1]:
        return _("All right. Nobody is told.")
    if pair.farewell in ("wished", "kept"):
        return _("You would both like it. Times are on their way; your page has them.")
    return _("It is kept. If both of you say yes, times are offered.")


def _read(house: House, person: Person, args: Args) -> tuple[Pair, Seat, Person]:
    with house.reading() as session:
        return pair_of(session, person, str(args[0]))
