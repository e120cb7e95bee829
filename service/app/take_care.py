"""Care: booked times are scored anew every day, and one that has turned risky is offered a better time, early and once.

All meetings in reach are read in a few queries and scored in one go; what is offered, and to whom, is one job a meeting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlmodel import Session

from service.app.fallbacks import give_back, look_for_one, span_of
from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.judge_time import at_hand
from service.app.memory import pair_memories
from service.app.pair_rules import rules_of
from service.app.read_busy import Known, known_of
from service.app.refresh import refresh
from service.app.store_offer import Offer, store_offer
from service.app.timetables import timetable
from service.domain.care import FURTHEST, LEAST_NOTICE, OFFERED, in_reach, is_better, turned_risky
from service.domain.churn import ChurnTable
from service.domain.ledger import Seat
from service.domain.pair import PairStatus
from service.domain.proposal import MOST_OPEN, Purpose, next_responder
from service.domain.slots import Party
from service.domain.stability import Ask, score_many
from service.domain.timespan import DAY, MINUTE, Span
from service.store import claims, meetings, pairs, people, proposals
from service.store.tables import HeldSlot, Meeting, Pair, Person

log = structlog.get_logger(__name__)

AT_ONCE = 200
LOOKED_AT = 12
HORIZON_DAYS = 14
FRESH_SECONDS = 30


def take_care(house: House) -> int:
    """A job, once a day: scores every booked time in reach anew; returns how many have turned risky."""
    now, after, risky = house.now(), "", 0
    while True:
        with house.reading() as session:
            rows = meetings.in_reach(session, now + LEAST_NOTICE, now + FURTHEST, after=after, limit=AT_ONCE)
        if not rows:
            return risky
        after = rows[-1][0].id
        risky += _score(house, [(meeting, pair) for meeting, pair in rows if rules_of(pair).care], now)


def _score(house: House, rows: Sequence[tuple[Meeting, Pair]], now: int) -> int:
    if not rows:
        return 0
    with house.reading() as session:
        seats = sorted({person for _, pair in rows for person in (pair.mentor_id, pair.mentee_id)})
        who = people.get_many(session, seats)
        known = known_of(house, session, seats, now - DAY, now + FURTHEST + 2 * DAY)
        memories = pair_memories(house, session, [pair for _, pair in rows], now, who)
        held = claims.held(session, [meeting.id for meeting, _ in rows])
    asks, taken = [], []
    for meeting, pair in rows:
        parties = _parties(meeting, pair, who, known)
        asks.append(Ask(at_hand(parties, span_of(meeting))[0], parties, memories[pair.id]))
        taken.append(any(party.busy.overlaps(meeting.start, meeting.end) for party in parties))
    found = [float(scores.probability[0]) for scores in score_many(asks, now, house.terms)]
    risky = 0
    for (seen, _pair), probability, is_taken in zip(rows, found, taken, strict=True):
        with house.writing() as session:  # one each: nobody's change waits for the whole round
            pair = pairs.locked(session, seen.pair_id)
            meeting = meetings.get(session, seen.id)
            if meeting.status != "booked" or meeting.sequence != seen.sequence:
                continue
            meeting.scored_at, meeting.scored_probability = now, probability
            _check_fallback(house, session, pair, meeting, held.get(meeting.id), known)
            if meeting.cared_at is None and turned_risky(meeting.hold_probability, probability, taken=is_taken):
                risky += 1
                house.jobs.enqueue(session, "offer_better", meeting.id, key=f"{meeting.id}:{now // DAY}")
    return risky


def _parties(meeting: Meeting, pair: Pair, who: dict[str, Person], known: dict[str, Known]) -> tuple[Party, Party]:
    """Both people with everything they have but this meeting."""
    mentor, mentee = (
        Party(
            timetable(who[id_]),
            known[id_].busy.without(meeting.start, meeting.end),
            known[id_].calendars > 0,
            ChurnTable.unpack(who[id_].churn_table),
        )
        for id_ in (pair.mentor_id, pair.mentee_id)
    )
    return mentor, mentee


def _check_fallback(
    house: House, session: Session, pair: Pair, meeting: Meeting, held: HeldSlot | None, known: dict[str, Known]
) -> None:
    """A second time over which something else stands by now is given back; where there is none, one is looked for."""
    if held is None:
        if rules_of(pair).fallback:
            look_for_one(house, session, meeting)
    elif any(known[id_].busy.overlaps(held.start, held.end) for id_ in (pair.mentor_id, pair.mentee_id)):
        give_back(house, session, pair.id, meeting.id)
        look_for_one(house, session, meeting)


def offer_better(house: House, meeting_id: str) -> None:
    """A job: offers better times for a meeting whose own has turned risky, if there are any; once for each meeting, and only
    while it is far enough ahead. With a calendar unknown nothing is offered; tomorrow is another day."""
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        pair = pairs.get(session, meeting.pair_id)
    if not _cares(house, pair, meeting):
        return
    refresh(house, [pair.mentor_id, pair.mentee_id], older_than=FRESH_SECONDS)
    minutes = (meeting.end - meeting.start) // MINUTE
    situation = read_situation(house, pair.id, horizon_days=HORIZON_DAYS, duration_minutes=minutes)
    own = span_of(meeting)
    with house.reading() as session:
        known = known_of(house, session, [pair.mentor_id, pair.mentee_id], own.start, own.end, for_pair=pair.id)
    clashes = [
        seat
        for seat, id_ in ((Seat.MENTOR, pair.mentor_id), (Seat.MENTEE, pair.mentee_id))
        if known[id_].busy.without(own.start, own.end).overlaps(own.start, own.end)
    ]
    found = find_slots(house, situation, limit=LOOKED_AT)
    chance = meeting.scored_probability if meeting.scored_probability is not None else meeting.hold_probability
    if not turned_risky(meeting.hold_probability, chance, taken=bool(clashes)):
        return
    better = [
        slot
        for slot in found.slots
        if is_better(slot.hold_probability, chance, taken=bool(clashes))
        and not own.overlaps(Span(slot.start, slot.end))
    ][:OFFERED]
    if not better:
        log.info("nothing_better", meeting_id=meeting_id, complete=found.complete)
        return
    with house.writing() as session:
        pair = pairs.locked(session, pair.id)
        meeting = meetings.get(session, meeting_id)
        if not _cares(house, pair, meeting) or len(proposals.open_of(session, pair.id)) >= MOST_OPEN:
            return
        meeting.cared_at = house.now()
        # Whoever has something else there can say best; else whose turn it is.
        responder = clashes[0] if len(clashes) == 1 else next_responder(pairs.ledger(session, pair.id))
        offer = Offer(
            house.new_id("prop"),
            responder,
            horizon_days=HORIZON_DAYS,
            purpose=Purpose.CARE,
            meeting_id=meeting_id,
            about_sequence=meeting.sequence,
        )
        store_offer(house, session, pair, situation, replace(found, slots=tuple(better)), offer)


def _cares(house: House, pair: Pair, meeting: Meeting) -> bool:
    return (
        pair.status == PairStatus.ACTIVE
        and rules_of(pair).care
        and meeting.status == "booked"
        and meeting.cared_at is None
        and in_reach(meeting.start, house.now())
    )
