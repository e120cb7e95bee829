"""One tap, after offers that nobody answered: rest, less often, end, or go on."""

from __future__ import annotations

from service.app.act.pair_of import pair_of
from service.app.act.verb import Args, Offer
from service.app.answer_drift import answer_drift
from service.app.house import House
from service.app.once import Once
from service.domain.drift import DriftStep
from service.domain.errors import NotNow
from service.store import farewells
from service.store.leave_tables import DriftOffer
from service.store.tables import Person
from service.words import _
from service.words.choices import drift_words


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(drift_id, step)``."""
    row, other = _read(house, person, args)
    if row.closed_at is not None:
        raise NotNow(_("This was settled meanwhile. Your page shows how it stands now."))
    step = DriftStep(str(args[1]))
    lines = (
        _("Times are looked for again; nothing else changes."),
        _("Both of you get the same few words, at the same moment. They do not say who chose it."),
    )
    return Offer(
        sentence=_("{choice}: is that what you choose for your meetings with {name}?").format(
            name=other.name, choice=drift_words(step)
        ),
        button=drift_words(step),
        lines=lines[:1] if step is DriftStep.GO_ON else lines[1:],
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Carries it out."""
    row, _other = _read(house, person, args)
    return answer_drift(house, row.id, step=DriftStep(str(args[1])), once=once)


def done(_house: House, _person: Person, args: Args) -> str:
    """What follows."""
    return {
        DriftStep.REST: _("The meetings rest. Your page has the button to go on."),
        DriftStep.SLOWER: _("The meetings are less frequent from now on."),
        DriftStep.END: _("The meetings have come to their end. Thank you for the time you gave each other."),
        DriftStep.GO_ON: _("All right, it goes on. Your page finds times whenever you like."),
    }[DriftStep(str(args[1]))]


def _read(house: House, person: Person, args: Args) -> tuple[DriftOffer, Person]:
    with house.reading() as session:
        row = farewells.drift(session, str(args[0]))
        _pair, _seat, other = pair_of(session, person, row.pair_id)
    return row, other
