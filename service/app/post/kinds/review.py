"""A review is open: how shall it go on?"""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.domain.review import Choice
from service.domain.timespan import DAY
from service.store import pairs, reviews
from service.store.tables import AskRow, Person
from service.words import _, times
from service.words.choices import choice_words
from service.words.letter import Action, Section

LINKS_LIVE_ON = 30 * DAY


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """Open, and this person has not chosen yet."""
    review = reviews.get(session, ask.about)
    open_ = review.status == "open" and review.closes_at > house.now()
    return open_ and ask.person_id not in reviews.choices(session, review.id)


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """Four taps to choose from, and what becomes of them."""
    review = reviews.get(session, ask.about)
    _pair, mentor, mentee = pairs.with_people(session, review.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = review.closes_at + LINKS_LIVE_ON
    return Section(
        title=_("How shall it go on with {name}?").format(name=other.name),
        lines=(
            _(
                "{name} is asked the same. Neither of you sees what the other chooses; you both see what comes of it."
            ).format(name=other.name),
            _(
                "If you choose the same, that is what happens. If not, nothing is decided over anybody’s head: the next "
                "meeting has room for the question what should change."
            ),
            _("There is time until {day}; without an answer it goes on.").format(
                day=times.day(review.closes_at, reader.time_zone)
            ),
        ),
        actions=tuple(
            Action(
                choice_words(choice),
                action_link(house, reader, "review", review.id, choice.value, expires_at=until),
                quiet=True,  # none is urged
            )
            for choice in Choice
        ),
    )
