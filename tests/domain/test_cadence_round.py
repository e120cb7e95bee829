"""When the next meeting is proposed, and the small rules around a booked one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from ledger_maker import START, ZONES, LedgerMaker, stories

from service.domain import care, fallback
from service.domain.cadence import Cadence
from service.domain.cadence_round import GRACE, LONGEST_ROW, REST, Course, lead, may_slip_at, wanted
from service.domain.ledger import EntryType, Seat
from service.domain.move_budget import Step, budget
from service.domain.pair import CadenceUnit, PairStatus
from service.domain.patterns import PairState, PatternFold
from service.domain.proposal import next_responder
from service.domain.timespan import DAY, HOUR, Span

BERLIN = "Europe/Berlin"
WEEKLY, MONTHLY = Cadence(1, CadenceUnit.WEEK), Cadence(1, CadenceUnit.MONTH)
FRESH = Course(began=START, created=True, last_met=None, upcoming=None, closed_at=None, unanswered=0, turn=Seat.MENTOR)


def test_a_new_pair_has_a_day_to_connect_its_calendars():
    plan = wanted(FRESH, MONTHLY, BERLIN, START)
    assert plan.at == START + GRACE
    assert wanted(replace(FRESH, created=False), MONTHLY, BERLIN, START).at == START, (
        "one that goes on is asked at once"
    )


def test_the_next_is_proposed_half_a_cadence_ahead_and_a_week_at_least():
    met = replace(FRESH, last_met=START)
    monthly = wanted(met, MONTHLY, BERLIN, START + DAY)
    assert monthly.due == MONTHLY.next_due(START, BERLIN)
    assert monthly.at == monthly.due - 15 * DAY == monthly.due - lead(MONTHLY)
    weekly = wanted(met, WEEKLY, BERLIN, START + HOUR)
    assert weekly.at == START
    assert weekly.due - weekly.not_before == DAY, "proposed early is not to be met early"


def test_nobody_is_asked_with_a_meeting_ahead_or_after_three_unanswered():
    assert wanted(replace(FRESH, upcoming=START + 9 * DAY), WEEKLY, BERLIN, START) is None
    assert wanted(replace(FRESH, unanswered=LONGEST_ROW), WEEKLY, BERLIN, START + 99 * DAY) is None


def test_after_an_offer_nobody_took_there_is_a_rest():
    closed = replace(FRESH, last_met=START, closed_at=START + 8 * DAY, unanswered=1)
    assert wanted(closed, WEEKLY, BERLIN, START + 8 * DAY).at == START + 8 * DAY + REST


@given(stories, st.integers(0, 90))
def test_the_course_is_what_the_ledger_says(maker, days):
    now = maker.now + days * DAY
    course = PatternFold(maker.entries).course(now)
    entries = maker.entries
    starts = [e for e in entries if e.type in ("pair.created", "pair.resumed", "pair.restarted")]
    assert course.began == starts[-1].at
    assert course.created == (starts[-1].type == "pair.created")
    booked = {name: maker.spans[name] for name, word in maker.standing.items() if word == "booked"}
    ahead = [span.end for span in booked.values() if span.end > now]
    assert course.upcoming == (max(ahead) if ahead else None)
    row = 0
    asked = {}
    for e in entries:
        if e.type == "proposal.created":
            asked[e.data["proposal_id"]] = e.data["slots"] > 0 and e.data.get("purpose", "next") in ("next", "pick")
            row = 0 if e.data.get("by") else row
        elif e.type == "proposal.expired":
            row += asked[e.data["proposal_id"]]
        elif e.type in ("proposal.accepted", "proposal.declined", "meeting.booked", *(s.type for s in starts)):
            row = 0
    assert course.unanswered == row
    assert course.turn is next_responder(entries)


def test_a_missed_meeting_was_no_meeting():
    maker = LedgerMaker()
    maker.hold(maker.book(24))
    last = maker.spans["mtg_1"].start
    name = maker.book(7 * 24)
    maker.now = maker.spans[name].end + HOUR
    assert PatternFold(maker.entries).course(maker.now).last_met == maker.spans[name].start, "nobody says otherwise"
    maker.report(name, happened=False)
    assert PatternFold(maker.entries).course(maker.now).last_met == last
    maker.write(EntryType.PAIR_RESTARTED)
    assert PatternFold(maker.entries).course(maker.now).last_met is None


def test_the_budget_has_soft_steps_and_no_end():
    assert budget(None, 9) is None
    assert [budget(2, used).step for used in range(7)] == [
        None,
        None,
        Step.REASON,
        Step.SHORT_CALL,
        Step.SLOWER,
        Step.SLOWER,
        Step.SLOWER,
    ]
    assert [budget(2, used).left for used in range(4)] == [2, 1, 0, 0]
    assert budget(0, 0).step is Step.REASON


def test_a_time_is_looked_after_from_three_weeks_to_two_days_ahead():
    assert not care.in_reach(START + 48 * HOUR - 1, START)
    assert care.in_reach(START + 48 * HOUR, START)
    assert care.in_reach(START + 21 * DAY, START)
    assert not care.in_reach(START + 21 * DAY + 1, START)


def test_risky_is_what_fell_or_what_is_taken():
    assert care.turned_risky(0.9, 0.9, taken=True)
    assert care.turned_risky(0.8, 0.55, taken=False)
    assert not care.turned_risky(0.9, 0.7, taken=False), "still a good time"
    assert not care.turned_risky(0.6, 0.55, taken=False), "it was known to be so when it was chosen"
    assert care.is_better(0.66, 0.55, taken=False)
    assert not care.is_better(0.6, 0.55, taken=False)
    assert care.is_better(0.2, 0.9, taken=True)


def hour(days, hours=0):
    at = START + days * DAY + hours * HOUR
    return Span(at, at + HOUR)


def test_a_fallback_is_later_on_another_day_and_soon():
    meeting, zones = hour(3), (BERLIN, "America/New_York")
    assert fallback.serves(meeting, hour(4), zones)
    assert not fallback.serves(meeting, hour(2), zones), "earlier"
    assert not fallback.serves(meeting, hour(3, 8), zones), "the same day"
    assert not fallback.serves(meeting, hour(3, 11), zones), "what got in the way may last"
    assert not fallback.serves(meeting, hour(18), zones)
    late, early = Span(START + 8 * HOUR, START + 9 * HOUR), Span(START + 22 * HOUR, START + 23 * HOUR)
    assert fallback.serves(late, early, (BERLIN,))
    assert not fallback.serves(hour(0), Span(START + 14 * HOUR, START + 15 * HOUR), ("America/Los_Angeles",))


def test_the_steadiest_that_serves_is_held():
    meeting = hour(3)
    choices = [
        fallback.Choice(hour(2), "core", 0.99),
        fallback.Choice(hour(6), "core", 0.8),
        fallback.Choice(hour(5), "coffee", 0.8),
        fallback.Choice(hour(4), "lunch", 0.7),
    ]
    assert fallback.choose(meeting, choices, (BERLIN,)) == choices[2]
    assert fallback.choose(meeting, choices[:1], (BERLIN,)) is None


@given(stories, st.sampled_from(["week", "month"]), st.integers(1, 3), st.sampled_from(ZONES))
def test_before_it_may_slip_no_steady_pair_slips_by_time_alone(maker, unit, every, zone):
    cadence = Cadence(every, CadenceUnit(unit))
    fold = PatternFold(maker.entries)

    def state(at):
        return fold.result(cadence=cadence, zone=zone, status=PairStatus.ACTIVE, now=at).state

    course = fold.course(maker.now)
    until = may_slip_at(course, cadence, zone)
    if state(maker.now) is PairState.STEADY and course.upcoming is None:
        for part in range(1, 8):
            assert state(maker.now + max(0, until - maker.now) * part // 7) is PairState.STEADY
