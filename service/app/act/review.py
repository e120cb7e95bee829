"""One tap: how to go on."""

from __future__ import annotations

from service.app.act.pair_of import pair_of
from service.app.act.verb import Args, Offer
from service.app.hold_review import answer_review
from service.app.house import House
from service.app.once import Once
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.domain.review import Choice
from service.store import reviews
from service.store.leave_tables import Review
from service.store.tables import Person
from service.words import _
from service.words.choices import choice_words, outcome_words


def describe(house: House, person: Person, args: Args) -> Offer:
    """``(review_id, choice)``."""
    review, _seat, other = _read(house, person, args)
    if review.status != "open" or review.closes_at <= house.now():
        raise NotNow(_("This review is over. {outcome}").format(outcome=outcome_words(review.agreed)))
    return Offer(
        sentence=_("{choice}: is that what you choose for your meetings with {name}?").format(
            name=other.name, choice=choice_words(Choice(str(args[1])))
        ),
        button=choice_words(Choice(str(args[1]))),
        lines=(
            _("{name} does not see what you choose. Both of you see only what comes of it.").format(name=other.name),
        ),
    )


def perform(house: House, person: Person, args: Args, once: Once) -> object:
    """Keeps the choice; settles the review if it was the second."""
    review, seat, _other = _read(house, person, args)
    return answer_review(house, review.id, by=seat, choice=Choice(str(args[1])), once=once)


def done(house: House, person: Person, args: Args) -> str:
    """What came of it, or that it is kept until it is settled."""
    review, _seat, _other = _read(house, person, args)
    if review.status == "agreed":
        return outcome_words(review.agreed)
    return _("It is kept, unseen by anybody. You can choose anew until the review is settled.")


def _read(house: House, person: Person, args: Args) -> tuple[Review, Seat, Person]:
    with house.reading() as session:
        review = reviews.get(session, str(args[0]))
        _pair, seat, other = pair_of(session, person, review.pair_id)
    return review, seat, other
