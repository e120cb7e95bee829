"""A few times are offered, and it is this person's turn to choose."""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.domain.timespan import DAY
from service.store import pairs, proposals
from service.store.tables import AskRow, Person, ProposalSlot
from service.words import _, times
from service.words.letter import Action, Section

LINKS_LIVE_ON = 30 * DAY  # after the offer: a late tap finds a kind word instead of a dead link


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """Open, not run out, and with a time that is still to come."""
    row = proposals.get(session, ask.about)
    open_ = row.status == "open" and row.expires_at > house.now()
    return open_ and any(slot.start > house.now() for slot in proposals.slots(session, row.id))


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """One tap a time, one for none of them."""
    row = proposals.get(session, ask.about)
    _pair, mentor, mentee = pairs.with_people(session, row.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = row.expires_at + LINKS_LIVE_ON
    slots = [slot for slot in proposals.slots(session, row.id) if slot.start > house.now()]
    actions = [
        Action(
            label=times.when(slot.start, slot.end, reader.time_zone),
            url=action_link(house, reader, "accept", row.id, slot.id, expires_at=until),
            details=_details(slot, reader, other),
        )
        for slot in slots
    ]
    none = action_link(house, reader, "decline", row.id, expires_at=until)
    actions.append(Action(_("None of these"), none, quiet=True))
    return Section(
        title=_("A time to meet with {name}").format(name=other.name),
        subject=_("When would you like to meet {name}?").format(name=other.name),
        lines=(
            _("These times suit you both. One tap is enough; {name} is told at once.").format(name=other.name),
            _("The offer stands until {when}.").format(when=_until(row.expires_at, reader)),
        ),
        actions=tuple(actions),
    )


def _details(slot: ProposalSlot, reader: Person, other: Person) -> tuple[str, ...]:
    elsewhere = times.there(slot.start, slot.end, other.time_zone, reader.time_zone)
    return (elsewhere,) if elsewhere else ()


def _until(at: int, reader: Person) -> str:
    return _("{day}, {clock}").format(day=times.day(at, reader.time_zone), clock=times.clock(at, reader.time_zone))
