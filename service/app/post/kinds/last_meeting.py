"""The meetings have ended: one last one?"""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.domain.timespan import DAY
from service.store import farewells, pairs
from service.store.tables import AskRow, Person
from service.words import _
from service.words.letter import Action, Section

LINKS_LIVE = 60 * DAY


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """It is still open, and this person has not said."""
    pair = pairs.get(session, ask.pair_id)
    open_ = pair.status == "ended" and pair.farewell == "asked" and (pair.farewell_until or 0) > house.now()
    return open_ and ask.person_id not in farewells.wishes(session, pair.id)


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """Yes or rather not."""
    pair, mentor, mentee = pairs.with_people(session, ask.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = house.now() + LINKS_LIVE
    return Section(
        title=_("One last meeting with {name}?").format(name=other.name),
        lines=(
            _("To look back and to say thanks. If both of you say yes, times are offered; a no is told to nobody."),
        ),
        actions=(
            Action(_("Yes, gladly"), action_link(house, reader, "last_meeting", pair.id, 1, expires_at=until)),
            Action(
                _("Rather not"), action_link(house, reader, "last_meeting", pair.id, 0, expires_at=until), quiet=True
            ),
        ),
    )
