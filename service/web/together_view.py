"""What a page shows of what two people agreed on and gave, from one seat: objectives, sessions, hours, the open review, a last
meeting; and, for the reader alone, their own marks, choices and wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from service.app.report_outcome import words_of
from service.domain.ledger import Seat
from service.domain.meeting import MeetingStatus
from service.domain.outcome import Sitting, minutes_given
from service.domain.review import Choice
from service.domain.timespan import DAY
from service.store import farewells, marks, reviews
from service.store.leave_tables import Review
from service.store.tables import Meeting, Pair, Person
from service.words.choices import choice_words, outcome_words

RECENT = 14 * DAY  # so long after a meeting its mark and the next step are asked for
TOLD = 30 * DAY  # so long what came of a review is shown


@dataclass(frozen=True, slots=True)
class Together:
    """``met``: the latest meeting that was held, while it is recent, with the reader's own ``mark`` for it. ``marks``: all of
    the reader's own, oldest first. ``chosen`` and ``wish``: what the reader said and may change."""

    met: Meeting | None
    mark: int | None
    marks: Sequence[int]
    minutes: int
    sessions_held: int
    review: Review | None
    chosen: str | None
    outcome: str | None
    wish: bool | None

    @property
    def choices(self) -> Mapping[str, str]:
        """What can be chosen at a review."""
        return {choice.value: choice_words(choice) for choice in Choice}

    @property
    def hours(self) -> str:
        """The reader's hours, with a half where there is one."""
        return f"{self.minutes / 60:.1f}".removesuffix(".0")


def together(
    session: Session, person: Person, pair: Pair, seat: Seat, history: Sequence[Meeting], now: int
) -> Together:
    """Reads it; ``history`` is every meeting of the pair."""
    own = marks.of_person(session, person.id, [pair.id])
    open_ = reviews.open_of(session, [pair.id]).get(pair.id)
    latest = reviews.latest(session, pair.id)
    settled = (
        latest if latest is not None and latest.status == "agreed" and now - (latest.settled_at or 0) < TOLD else None
    )
    chosen = reviews.choices_of(session, person.id).get(open_.id) if open_ is not None else None
    held = [m for m in history if m.status == "held" and words_of(m)[seat] is not False and m.end > now - RECENT]
    met = max(held, key=lambda row: row.start, default=None)
    given = minutes_given(Sitting(m.end - m.start, MeetingStatus(m.status), words_of(m)) for m in history)
    return Together(
        met=met,
        mark=own.get(met.id) if met is not None else None,
        marks=list(own.values()),
        minutes=given[seat],
        sessions_held=reviews.sessions_held(session, pair.id, pair.sessions_since),
        review=open_,
        chosen=choice_words(Choice(chosen)) if chosen is not None else None,
        outcome=outcome_words(settled.agreed) if settled is not None else None,
        wish=farewells.wishes_of(session, person.id).get(pair.id) if pair.farewell == "asked" else None,
    )
