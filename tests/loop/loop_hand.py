"""A hand for tests of the loop: a house whose clock is moved in beats, as the rounds of a server would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.app.answer_proposal import accept_slot
from service.app.report_outcome import report_outcome
from service.domain.ledger import Entry, Seat
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import daily, one_round
from service.store import asks, claims, meetings, pairs, proposals
from service.store.tables import HeldSlot, Meeting, Proposal, ProposalSlot
from tests.house import TestHouse


def beat(house: TestHouse, seconds: int = 0) -> None:
    """Lets time pass, then makes a round and does what is due."""
    before = house.clock.now() // DAY
    house.clock.advance(seconds)
    one_round(house.house)
    if house.clock.now() // DAY != before:
        daily(house.house)
    house.run()


def until(house: TestHouse, end: int | Callable[[], bool], step: int = 8 * HOUR, *, most: int = 120 * DAY) -> None:
    """Beats until the time has come, or the condition holds."""
    last = house.clock.now() + most if callable(end) else end
    while house.clock.now() < last and not (callable(end) and end()):
        beat(house, min(step, last - house.clock.now()))
    assert not callable(end) or end(), "it never came to that"


def ledger(house: TestHouse, pair_id: str) -> list[Entry]:
    """The pair's history."""
    with house.house.reading() as session:
        return pairs.ledger(session, pair_id)


def types(house: TestHouse, pair_id: str) -> list[str]:
    """What happened, in words."""
    return [entry.type.value for entry in ledger(house, pair_id)]


def open_offers(house: TestHouse, pair_id: str) -> list[Proposal]:
    """What is open."""
    with house.house.reading() as session:
        return proposals.open_of(session, pair_id)


def slots_of(house: TestHouse, proposal_id: str) -> list[ProposalSlot]:
    """Its times, best first."""
    with house.house.reading() as session:
        return proposals.slots(session, proposal_id)


def proposal(house: TestHouse, proposal_id: str) -> Proposal:
    """As it stands."""
    with house.house.reading() as session:
        return proposals.get(session, proposal_id)


def meeting(house: TestHouse, meeting_id: str) -> Meeting:
    """As it stands."""
    with house.house.reading() as session:
        return meetings.get(session, meeting_id)


def fallback(house: TestHouse, meeting_id: str) -> HeldSlot | None:
    """What is held for it."""
    with house.house.reading() as session:
        return claims.held(session, [meeting_id]).get(meeting_id)


def asked(house: TestHouse, person_id: str) -> list[tuple[str, str]]:
    """What a person was ever asked: (kind, about), oldest first."""
    with house.house.reading() as session:
        return [(row.kind, row.about) for row in asks.everything_of(session, person_id)]


def choose(house: TestHouse, offer: Proposal, rank: int = 0, by: Seat | None = None) -> str:
    """Whoever is asked chooses a time; returns the meeting's id."""
    slot = slots_of(house, offer.id)[rank]
    made = accept_slot(house.house, offer.id, slot_id=slot.id, by=by or Seat(offer.responder))
    house.run()
    return made


def held(house: TestHouse, meeting_id: str, by: Seat = Seat.MENTEE) -> None:
    """Lets time pass until the meeting is over, and one says that it took place."""
    until(house, meeting(house, meeting_id).end + HOUR, 12 * HOUR)
    report_outcome(house.house, meeting_id, by=by, happened=True)
    beat(house)


def people_of(house: TestHouse, pair_id: str) -> dict[Seat, str]:
    """Who sits where."""
    with house.house.reading() as session:
        row = pairs.get(session, pair_id)
    return {Seat.MENTOR: row.mentor_id, Seat.MENTEE: row.mentee_id}


def posts(house: TestHouse, kind: str) -> list[dict[str, Any]]:
    """What was told to other systems."""
    return house.posts.of(kind)
