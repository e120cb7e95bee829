"""Looking after a pair: whatever happened to it, or came due, leads here, and here it is decided what Holdfast does by itself.

It proposes the next meeting in time, so that nobody has to chase; it tells other systems once when a pair begins to slip; and
where offers go unanswered it follows the pair's own rule and then leaves the two in peace. Looking twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlmodel import Session

from service.app.drift import close_drift, offer_drift
from service.app.find_slots import Found, Situation, find_slots, read_situation
from service.app.house import House
from service.app.pair_rules import Rules, Unanswered, rules_of
from service.app.post.ask import plan_for
from service.app.record import emit
from service.app.refresh import refresh
from service.app.store_offer import Offer, store_offer
from service.app.timetables import timetable
from service.domain.busy import Busy
from service.domain.cadence import Cadence
from service.domain.cadence_round import LONGEST_ROW, Course, Wanted, may_slip_at, wanted
from service.domain.ledger import Seat
from service.domain.pair import CadenceUnit, PairStatus
from service.domain.pair_state import PairState
from service.domain.pattern_figures import Patterns
from service.domain.patterns import PatternFold
from service.domain.slots import Party
from service.domain.timespan import DAY, HOUR, WEEK
from service.domain.working_time import next_working_moment
from service.store import loops, meetings, pairs, proposals
from service.store.tables import Pair

log = structlog.get_logger(__name__)

FRESH_SECONDS = 30
OFFERED = 5
TRIED_AGAIN = DAY  # where a calendar is unknown, or nothing is free
LONGEST_HORIZON_DAYS = 56
AWAY_FOR_LONG = 5 * DAY  # then the other is asked, if they are there sooner


@dataclass(frozen=True, slots=True)
class _Seen:
    """A pair as it stood when it was looked at."""

    pair: Pair
    rules: Rules
    turn: int
    course: Course
    patterns: Patterns
    plan: Wanted | None
    slips_at: int  # the earliest that time alone may make it slip
    offered: bool  # whether something is open to be answered
    at_work: int  # when whose turn it is works next, by their week alone


def plan_looks(house: House) -> int:
    """A round: enqueues a look at every pair whose time has come, once each; returns how many are due."""
    with house.reading() as session:
        due = loops.due(session, house.now())
    if due:
        with house.writing() as session:
            for pair_id, turn in sorted(due):
                key = f"{pair_id}:{turn}:{house.now() // HOUR}"
                house.jobs.enqueue(session, "look_after", pair_id, key=key)
    return len(due)


def look_after(house: House, pair_id: str) -> None:
    """A job: one look at one pair."""
    seen = _look(house, pair_id)
    now = house.now()
    due = seen.plan is not None and max(seen.plan.at, seen.at_work) <= now and not seen.offered
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        if loops.get(session, pair_id).turn != seen.turn:
            return  # something happened meanwhile: that has planned another look
        _mark(house, session, pair, seen)
        if not due:
            loops.settle(session, pair_id, _next_look(seen, now))
    if due and seen.plan is not None:
        _propose(house, seen, seen.plan)


def _look(house: House, pair_id: str) -> _Seen:
    now = house.now()
    with house.reading() as session:
        pair, mentor, mentee = pairs.with_people(session, pair_id)
        fold = PatternFold(pairs.ledger(session, pair_id))
        turn = loops.get(session, pair_id).turn
        offered = proposals.any_answerable(session, pair_id, now)
    cadence = Cadence(pair.cadence_every, CadenceUnit(pair.cadence_unit))
    rules, course = rules_of(pair), fold.course(now)
    patterns = fold.result(cadence=cadence, zone=mentor.time_zone, status=PairStatus(pair.status), now=now)
    left_alone = rules.when_unanswered is Unanswered.OFFER_PAUSE and course.unanswered
    asks = pair.status == PairStatus.ACTIVE and rules.auto_propose and not left_alone
    plan = wanted(course, cadence, mentor.time_zone, now) if asks else None
    slips_at = may_slip_at(course, cadence, mentor.time_zone)
    person = mentor if course.turn is Seat.MENTOR else mentee
    at_work = _there(Party(timetable(person), Busy.empty()), now)
    return _Seen(pair, rules, turn, course, patterns, plan, slips_at, offered, at_work)


def _next_look(seen: _Seen, now: int) -> int | None:
    """When to look again without anything having happened: when the next is to be proposed, after what is booked, and once a
    day from when time alone may make the pair slip. Whatever closes an offer leads here by itself."""
    if seen.pair.status != PairStatus.ACTIVE:
        return None
    if seen.course.upcoming is not None:
        return seen.course.upcoming
    slips = None if seen.patterns.state in (PairState.SLIPPING, PairState.SILENT) else max(now + DAY, seen.slips_at)
    starts = None if seen.plan is None or seen.offered else max(seen.plan.at, seen.at_work)
    waits = now + WEEK if seen.offered else None
    return min((at for at in (slips, starts, waits) if at is not None), default=None)


def _mark(house: House, session: Session, pair: Pair, seen: _Seen) -> None:
    """Tells of a slide once, and asks once what is to become of offers that go unanswered."""
    row = loops.get(session, pair.id)
    patterns = seen.patterns
    if patterns.state in (PairState.SLIPPING, PairState.SILENT):
        if not row.slipping:
            row.slipping = True
            emit(
                house,
                session,
                "pair.slipping",
                {
                    "pair_id": pair.id,
                    "state": patterns.state.value,
                    "because": {"rule": patterns.because.rule, "figures": dict(patterns.because.figures)},
                    "overdue_days": patterns.overdue_days,
                },
            )
    else:
        row.slipping = False
    asked_enough = seen.course.unanswered >= LONGEST_ROW or (
        seen.rules.when_unanswered is Unanswered.OFFER_PAUSE and seen.course.unanswered > 0
    )
    drifting = asked_enough and pair.status == PairStatus.ACTIVE
    if drifting and not row.drifting:
        offer_drift(house, session, pair)
    elif row.drifting and not drifting:
        close_drift(house, session, pair.id)
    row.drifting = drifting


def _propose(house: House, seen: _Seen, plan: Wanted) -> None:
    """Offers times for the next meeting to whose turn it is, in their working hours; where that cannot be done now, says when
    to try again. Stored only if the pair still stands as it was seen."""
    pair = seen.pair
    refresh(house, [pair.mentor_id, pair.mentee_id], older_than=FRESH_SECONDS)
    now = house.now()
    situation, found, horizon = _search(house, pair.id, plan)
    responder, at = _whose_turn(situation, seen.course.turn, now)
    with house.reading() as session:  # times that could only be mailed days later would be gone by then
        at = max(at, plan_for(house, session, pair.mentor_id if responder is Seat.MENTOR else pair.mentee_id).reaches)
    later = at if at > now else now + TRIED_AGAIN if not found.slots else None
    with house.writing() as session:
        pair = pairs.locked(session, pair.id)
        if loops.get(session, pair.id).turn != seen.turn or meetings.upcoming(session, pair.id, now):
            return
        if later is not None:
            log.info("not_proposed_now", pair_id=pair.id, complete=found.complete, slots=len(found.slots))
            loops.settle(session, pair.id, later)
            return
        offer = Offer(house.new_id("prop"), responder, horizon_days=horizon)
        store_offer(house, session, pair, situation, found, offer)
        loops.settle(session, pair.id, now + DAY)


def _search(house: House, pair_id: str, plan: Wanted) -> tuple[Situation, Found, int]:
    """The times around when the meeting is due; with none, further ahead, and at last from now on."""
    horizon, not_before = plan.horizon_days, plan.not_before
    while True:
        situation = read_situation(house, pair_id, horizon_days=horizon, not_before=not_before)
        found = find_slots(house, situation, limit=OFFERED)
        if found.slots or not found.complete or horizon >= LONGEST_HORIZON_DAYS:
            return situation, found, horizon
        horizon = min(horizon * 2, LONGEST_HORIZON_DAYS)


def _whose_turn(situation: Situation, turn: Seat, now: int) -> tuple[Seat, int]:
    """Whom to ask and when: the one whose turn it is, in their working hours; the other where that one is away for long."""
    moments = {seat: _there(party, now) for seat, party in zip(Seat, situation.parties, strict=True)}
    if moments[turn] - now > AWAY_FOR_LONG and moments[turn.other] < moments[turn]:
        return turn.other, moments[turn.other]
    return turn, moments[turn]


def _there(party: Party, now: int) -> int:
    """When somebody is at work next; at once where they have no working hours."""
    if not party.timetable.working_hours:
        return now
    at = next_working_moment(party.timetable, party.busy, now)
    return now + AWAY_FOR_LONG + TRIED_AGAIN if at is None else at
