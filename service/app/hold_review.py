"""Reviews: opened when a date has come, when the agreed sessions are used up, or after a change; both choose, unseen; what
they agreed on is carried out.

What somebody chose is read by nothing but the rule that settles it (``domain.review``), and taken out then. Until then the
review looks the same to everybody, whoever has chosen and whoever has not.
"""

from __future__ import annotations

from sqlmodel import Session

from service.app.ask_both import ask_both
from service.app.end_pair import end_now
from service.app.house import House
from service.app.keep_objectives import plan_review
from service.app.once import Once, keep, seen_before
from service.app.post.ask import drop_asks
from service.app.record import note
from service.app.slow_down import slow_down
from service.app.tell_both import tell_both
from service.domain.errors import NotNow
from service.domain.ledger import EntryType, Seat
from service.domain.pair import PairStatus
from service.domain.review import OPEN_SECONDS, Because, Choice, agreed, sessions_used_up
from service.store import pairs, reviews
from service.store.leave_tables import Review
from service.store.tables import Pair


def open_reviews(house: House) -> int:
    """Opens a review for every active pair whose date has come; returns how many."""
    with house.reading() as session:
        due = reviews.due(session, house.now())
    for pair_id in due:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            if (
                pair.status == PairStatus.ACTIVE
                and pair.review_due_at is not None
                and pair.review_due_at <= house.now()
            ):
                open_review(house, session, pair, Because.DATE)
    return len(due)


def open_review(house: House, session: Session, pair: Pair, because: Because) -> None:
    """Asks both, inside the caller's transaction, the pair locked; where one is open already it serves for this too."""
    plan_review(house, session, pair)
    if reviews.open_of(session, [pair.id]):
        return
    review = Review(
        id=house.new_id("rev"),
        pair_id=pair.id,
        because=because.value,
        opened_at=house.now(),
        closes_at=house.now() + OPEN_SECONDS,
    )
    session.add(review)
    session.flush()
    note(house, session, pair.id, EntryType.REVIEW_OPENED, review_id=review.id, because=because.value)
    ask_both(house, session, pair, "review", about=review.id, useless_after=review.closes_at)


def met_again(house: House, session: Session, pair: Pair) -> None:
    """A meeting was held: is a review due for it? Inside the caller's transaction."""
    if pair.status != PairStatus.ACTIVE:
        return
    if pair.changing:
        pair.changing = False
        open_review(house, session, pair, Because.FOLLOW_UP)
    elif pair.sessions_agreed is not None:
        held = reviews.sessions_held(session, pair.id, pair.sessions_since)
        if sessions_used_up(pair.sessions_agreed, held):
            open_review(house, session, pair, Because.SESSIONS)


def answer_review(house: House, review_id: str, *, by: Seat, choice: Choice, once: Once | None = None) -> str:
    """One seat chooses, or chooses anew while the review is open. When both have, it is settled and carried out.

    Raises ``NotNow`` for a review that is over."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, review_id, house.now())
        pair = pairs.locked(session, reviews.get(session, review_id).pair_id)
        review = reviews.get(session, review_id)
        if review.status != "open" or review.closes_at <= house.now():
            raise NotNow("This review is over; the pair's page shows what came of it.")
        mine = pair.mentor_id if by is Seat.MENTOR else pair.mentee_id
        reviews.choose(session, review_id, mine, choice.value, house.now())
        if len(reviews.choices(session, review_id)) == len(Seat):
            _settle(house, session, pair, review)
    return review_id


def close_reviews(house: House) -> int:
    """Settles every review whose time is over: who has not answered counts as going on. Returns how many."""
    with house.reading() as session:
        over = reviews.closing(session, house.now())
    for review_id, pair_id in over:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            review = reviews.get(session, review_id)
            if review.status == "open" and review.closes_at <= house.now():
                _settle(house, session, pair, review)
    return len(over)


def _settle(house: House, session: Session, pair: Pair, review: Review) -> None:
    chosen = reviews.choices(session, review.id)
    made = {
        seat: Choice(chosen[person_id]) if person_id in chosen else None
        for seat, person_id in ((Seat.MENTOR, pair.mentor_id), (Seat.MENTEE, pair.mentee_id))
    }
    outcome = agreed(made)
    reviews.drop_choices(session, review.id)
    review.status, review.agreed, review.settled_at = "agreed", outcome.value, house.now()
    drop_asks(house, session, about=review.id)
    note(house, session, pair.id, EntryType.REVIEW_AGREED, review_id=review.id, outcome=outcome.value)
    _carry_out(house, session, pair, outcome)


def _carry_out(house: House, session: Session, pair: Pair, outcome: Choice) -> None:
    """The same words go to both, but for ``continue``, which changes nothing: it stands on their pages."""
    pair.sessions_since, pair.version = house.now(), pair.version + 1
    if outcome is Choice.CHANGE:
        pair.changing = True
        tell_both(house, session, pair, "changing")
    elif outcome is Choice.SLOW_DOWN:
        if slow_down(house, session, pair):
            tell_both(house, session, pair, "slower")
    elif outcome is Choice.END:
        end_now(house, session, pair, last_meeting=True)
