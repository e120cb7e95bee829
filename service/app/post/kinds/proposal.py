"""A few times are offered, and it is this person's turn to choose."""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.app.own_window import others_alone
from service.domain.timespan import DAY
from service.store import pairs, proposals
from service.store.tables import AskRow, Person, ProposalSlot
from service.words import _, slots, times
from service.words.letter import Action, Section

LINKS_LIVE_ON = 30 * DAY  # after the offer: a late tap finds a kind word instead of a dead link


def still_wanted(house: House, session: Session, ask: AskRow) -> bool:
    """Open, not run out, with a time that is still to come; of several offers to the same seat the newest is enough."""
    row = proposals.get(session, ask.about)
    if row.status != "open" or row.expires_at <= house.now():
        return False
    theirs = [one.id for one in proposals.open_of(session, row.pair_id) if one.responder == row.responder]
    return theirs[-1] == row.id and any(slot.start > house.now() for slot in proposals.slots(session, row.id))


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """One tap a time, one for none of them."""
    row = proposals.get(session, ask.about)
    pair, mentor, mentee = pairs.with_people(session, row.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    return Section(
        title=_("A time to meet with {name}").format(name=other.name),
        subject=_("When would you like to meet {name}?").format(name=other.name),
        lines=(
            _("It is your turn to choose. These times suit you both, and one tap is enough."),
            *((_("Focus: {focus}").format(focus=pair.focus),) if pair.focus else ()),
        ),
        actions=actions(house, session, ask, reader),
        after=(
            _("The offer stands until {when}. If it runs out, that is no trouble.").format(
                when=times.moment(row.expires_at, reader.time_zone)
            ),
        ),
    )


def actions(
    house: House, session: Session, ask: AskRow, reader: Person, *, none: str | None = None
) -> tuple[Action, ...]:
    """One tap for each time still to come, and one that takes none (``none``: what that says)."""
    row = proposals.get(session, ask.about)
    _pair, mentor, mentee = pairs.with_people(session, row.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = row.expires_at + LINKS_LIVE_ON
    made = [
        Action(
            heading=times.when(slot.start, slot.end, reader.time_zone),
            label=_("Choose this time"),
            url=action_link(house, reader, "accept", row.id, slot.id, expires_at=until),
            details=slot_lines(slot, reader, other, "mentor" if other is mentee else "mentee"),
        )
        for slot in proposals.slots(session, row.id)
        if slot.start > house.now()
    ]
    url = action_link(house, reader, "decline", row.id, expires_at=until)
    return (*made, Action(none or _("None of these"), url, quiet=True))


def slot_lines(slot: ProposalSlot, reader: Person, other: Person, seat: str) -> tuple[str, ...]:
    """What stands below a time: the other clock, and in a line what kind of time it is and how likely it is to stay."""
    elsewhere = times.there(slot.start, slot.end, other.time_zone, reader.time_zone)
    first = other.name.split(maxsplit=1)[0]
    why = slots.strongest(slot.reasons, seat, first)
    kind = slots.kind(slot.kind)
    if others_alone(slot.kind, slot.start, slot.end, reader, other):
        kind = _("{kind} for {name}").format(kind=kind, name=first)
    said = f"{kind} · {slots.holds(slot.hold_probability)}" + (f" · {why}" if why else "")
    return tuple(line for line in (elsewhere, said) if line)
