"""An offer that was mailed and is not answered, brought to mind once."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session

from service.app.house import House
from service.app.post.kinds import moving, proposal
from service.domain.proposal import Purpose
from service.store import proposals
from service.store.tables import AskRow, Person
from service.words import _
from service.words.letter import Section


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """As the offer itself."""
    row = proposals.get(session, ask.about)
    wanted = moving.still_wanted if row.meeting_id else proposal.still_wanted
    return wanted(house, session, ask)


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """The offer again, with a friendly word before it."""
    row = proposals.get(session, ask.about)
    made = (moving.pick if row.purpose == Purpose.PICK else proposal.section)(house, session, ask, reader)
    line = _("This is still open, and one tap settles it. If none of these suits you, that is an answer too.")
    return replace(made, lines=(line, *made.lines))
