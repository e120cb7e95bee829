"""The moves that the two allowed themselves are used up: something gentler is offered, to both alike, in the same words."""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.domain.move_budget import WINDOW_DAYS, Step
from service.domain.pair import PairStatus
from service.domain.timespan import DAY
from service.store import asks, meetings, pairs
from service.store.tables import AskRow, Person
from service.words import _
from service.words.letter import Action, Section

LINKS_LIVE = 30 * DAY


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """While the two meet, and what is offered can be done; of several the newest."""
    pair = pairs.get(session, ask.pair_id)
    of_pair = [row.id for row in asks.open_of(session, ask.person_id) if (row.kind, row.pair_id) == (ask.kind, pair.id)]
    if pair.status != PairStatus.ACTIVE or ask.id != max(of_pair, default=ask.id):
        return False
    return ask.facts["step"] == Step.SLOWER or bool(_ahead(house, session, ask))


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """What might help; nothing has to be done."""
    _pair, mentor, mentee = pairs.with_people(session, ask.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = house.now() + LINKS_LIVE
    actions = [
        Action(
            _("A 20-minute call instead"),
            action_link(house, reader, "short_call", meeting_id, expires_at=until),
        )
        for meeting_id in _ahead(house, session, ask)
    ]
    if ask.facts["step"] == Step.SLOWER:
        actions.append(
            Action(_("Meet less often"), action_link(house, reader, "slower", ask.pair_id, expires_at=until))
        )
    return Section(
        title=_("Meetings with {name} that move a lot").format(name=other.name),
        lines=(
            _(
                "The two of you have moved more often in the last {days} days than you set out to. That happens; perhaps one "
                "of these makes it easier. Both of you get this same note, and nothing has to be done."
            ).format(days=WINDOW_DAYS),
        ),
        actions=tuple(actions),
    )


def _ahead(house: House, session: Session, ask: AskRow) -> list[str]:
    """The next meeting still to come, if there is one."""
    rows = [row for row in meetings.upcoming(session, ask.pair_id, house.now()) if row.start > house.now()]
    return [row.id for row in rows[:1]]
