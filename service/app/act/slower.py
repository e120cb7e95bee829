"""One tap: meeting less often. Both get the same words about it, and neither learns who wished for it."""

from __future__ import annotations

from service.app.act.verb import Args, Offer
from service.app.house import House
from service.app.meet_less_often import meet_less_often
from service.app.once import Once
from service.domain.errors import Denied, NotFound, NotNow
from service.domain.pair import PairStatus
from service.store import pairs
from service.store.tables import Pair, Person
from service.words import _


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(pair_id,)``."""
    pair, other = _own(house, person, str(args[0]))
    if pair.status != PairStatus.ACTIVE:
        raise NotNow(_("The two of you do not meet at present, so there is nothing to slow down."))
    return Offer(
        sentence=_("Meet {name} half as often?").format(name=other.name),
        button=_("Meet less often"),
        lines=(_("You both get the same few words about it. They do not say who wished for it."),),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Halves how often the two meet."""
    pair, _other = _own(house, person, str(args[0]))
    return meet_less_often(house, pair.id, once=once)


def done(_house: House, _person: Person, _args: Args) -> str:
    """What stands now."""
    return _("The two of you meet less often from now on.")


def _own(house: House, person: Person, pair_id: str) -> tuple[Pair, Person]:
    with house.reading() as session:
        try:
            pair, mentor, mentee = pairs.with_people(session, pair_id)
        except NotFound:
            raise Denied("This link leads to nothing any more.") from None
    if person.id not in (mentor.id, mentee.id):
        raise Denied("This link is not one of yours.")
    return pair, mentee if person.id == mentor.id else mentor
