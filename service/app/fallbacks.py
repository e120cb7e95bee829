"""The fallback: a second time that is held with each booking, so that a move needs no talk.

It is taken from the times that were offered, or looked for in the background where none of those serves. A booking of the
same pair may take its time; it is given back when the meeting begins, moves away from it, or is called off.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.pair_rules import rules_of
from service.app.read_busy import Known, known_of
from service.app.record import note
from service.domain.errors import Unreachable
from service.domain.fallback import FURTHEST, LEAST_GAP, Choice, choose, serves
from service.domain.ledger import EntryType
from service.domain.pair import PairStatus
from service.domain.timespan import DAY, MINUTE, Span
from service.store import claims, meetings, pairs, people
from service.store.tables import HeldSlot, Meeting, Pair, ProposalSlot

LOOKED_AT = 10


def span_of(row: HeldSlot | Meeting | ProposalSlot) -> Span:
    """Its time."""
    return Span(row.start, row.end)


def hold_one_of(house: House, session: Session, pair: Pair, meeting: Meeting, slots: Iterable[ProposalSlot]) -> None:
    """A meeting was booked from these slots: holds the steadiest of the others that can stand in for it, else has one looked
    for. Inside the booking's transaction, the pair and both people's time locked."""
    if not rules_of(pair).fallback:
        return
    choices = [Choice(span_of(slot), slot.kind, slot.hold_probability) for slot in slots if slot.id != meeting.slot_id]
    if not _hold_best(house, session, pair, meeting, choices):
        look_for_one(house, session, meeting)


def look_for_one(house: House, session: Session, meeting: Meeting) -> None:
    """Has a fallback looked for in the background."""
    key = f"fallback:{meeting.id}:{meeting.sequence}:{house.now() // DAY}"
    house.jobs.enqueue(session, "hold_fallback", meeting.id, key=key)


def settle_fallback(house: House, session: Session, pair: Pair, meeting: Meeting) -> None:
    """A meeting was changed: what no longer stands in for it is given back, and another is looked for."""
    held = claims.held(session, [meeting.id]).get(meeting.id)
    standing = meeting.status == "booked"
    if held is not None and not (standing and serves(span_of(meeting), span_of(held), _zones(session, pair))):
        give_back(house, session, pair.id, meeting.id)
        held = None
    if standing and held is None and rules_of(pair).fallback and meeting.start > house.now():
        look_for_one(house, session, meeting)


def make_way(house: House, session: Session, pair_id: str, span: Span) -> None:
    """A booking of this pair takes ``span``: fallbacks of its meetings that lie there are given back."""
    for meeting_id in claims.held_over(session, pair_id, span):
        give_back(house, session, pair_id, meeting_id)


def give_back(house: House, session: Session, pair_id: str, meeting_id: str) -> None:
    """Gives a meeting's fallback back, if it has one."""
    if claims.let_go(session, meeting_id):
        note(house, session, pair_id, EntryType.FALLBACK_RELEASED, meeting_id=meeting_id)


def hold_fallback(house: House, meeting_id: str) -> None:
    """A job: looks for a fallback of a booked meeting that has none. Raises ``Unreachable`` while a calendar is unknown."""
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        pair = pairs.get(session, meeting.pair_id)
        if not _wants_one(house, session, pair, meeting):
            return
    situation = read_situation(
        house,
        pair.id,
        horizon_days=FURTHEST // DAY,
        duration_minutes=(meeting.end - meeting.start) // MINUTE,
        not_before=meeting.end + LEAST_GAP,
    )
    found = find_slots(house, situation, limit=LOOKED_AT)
    if not found.complete:
        raise Unreachable("A calendar cannot be read at the moment, so no fallback can be held.")
    choices = [Choice(Span(slot.start, slot.end), slot.kind, slot.hold_probability) for slot in found.slots]
    with house.writing() as session:
        pair = pairs.locked(session, pair.id)
        meeting = meetings.get(session, meeting_id)
        people.lock_time(session, [pair.mentor_id, pair.mentee_id])
        if _wants_one(house, session, pair, meeting):
            _hold_best(house, session, pair, meeting, choices)


def give_back_begun(house: House) -> int:
    """A round: fallbacks of meetings that have begun, or are no longer booked, are given back; returns how many."""
    with house.reading() as session:
        begun = claims.held_in_vain(session, house.now())
    for meeting_id, pair_id in begun:
        with house.writing() as session:
            pairs.locked(session, pair_id)
            meeting = meetings.get(session, meeting_id)
            if meeting.status != "booked" or meeting.start <= house.now():
                give_back(house, session, pair_id, meeting_id)
    return len(begun)


def _wants_one(house: House, session: Session, pair: Pair, meeting: Meeting) -> bool:
    return (
        pair.status == PairStatus.ACTIVE
        and rules_of(pair).fallback
        and meeting.status == "booked"
        and meeting.start > house.now()
        and not claims.held(session, [meeting.id])
    )


def _zones(session: Session, pair: Pair) -> list[str]:
    return [person.time_zone for person in people.get_many(session, [pair.mentor_id, pair.mentee_id]).values()]


def _hold_best(house: House, session: Session, pair: Pair, meeting: Meeting, choices: list[Choice]) -> bool:
    """Holds the best that serves and is free by what is known now."""
    zones, own = _zones(session, pair), span_of(meeting)
    seats = [pair.mentor_id, pair.mentee_id]
    serving = [choice for choice in choices if serves(own, choice.span, zones)]
    if not serving:
        return False
    until = max(choice.span.end for choice in serving)
    known = known_of(house, session, seats, own.start, until, for_pair=pair.id)
    while serving:
        best = choose(own, serving, zones)
        if best is None:
            return False
        if _free(known, best.span) and not claims.hold(session, meeting, seats, best.span, best.kind, best.probability):
            note(
                house, session, pair.id, EntryType.FALLBACK_HELD,
                meeting_id=meeting.id, start=best.span.start, end=best.span.end,
            )  # fmt: skip
            return True
        serving.remove(best)
    return False


def _free(known: dict[str, Known], span: Span) -> bool:
    return all(one.complete and not one.busy.overlaps(span.start, span.end) for one in known.values())
