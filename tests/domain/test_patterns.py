"""What a pair's ledger adds up to: checked against a recount by hand, and told as stories."""

import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_maker import START, LedgerMaker, stories

from service.domain.cadence import Cadence
from service.domain.ledger import Entry, EntryType, Seat
from service.domain.pair import CadenceUnit, PairStatus
from service.domain.pair_state import RULE_CODES, PairFacts, PairState, pair_state
from service.domain.pattern_figures import median_hours
from service.domain.patterns import PatternFold, as_words, patterns
from service.domain.proposal import next_responder
from service.domain.timespan import DAY, HOUR, rfc3339

BERLIN = "Europe/Berlin"
WEEKLY = Cadence(1, CadenceUnit.WEEK)
MONTHLY = Cadence(1, CadenceUnit.MONTH)
MENTOR, MENTEE = Seat.MENTOR, Seat.MENTEE
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def words(maker, *, cadence=WEEKLY, status=PairStatus.ACTIVE, later=0):
    now = maker.now + int(later)
    return as_words(patterns(maker.entries, cadence=cadence, zone=BERLIN, status=status, now=now))


def middle(values, unit):
    """A median written out: the middle one, or the mean of the middle two; hours with one decimal."""
    values = sorted(values)
    if not values:
        return None
    half = len(values) // 2
    value = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
    return round(value / unit, 1)


def recount(entries):
    """The figures again, the long way round: by searching the whole ledger for each of them."""
    cut = max((i for i, e in enumerate(entries) if e.type is EntryType.PAIR_RESTARTED), default=-1)
    restarted_at = entries[cut].at if cut >= 0 else None
    booked = {e.data["meeting_id"]: (i, e) for i, e in enumerate(entries) if e.type == "meeting.booked"}
    moves, current, held_starts = [], 0, []
    held = 0
    by_kind = {kind: [0, 0] for kind in ("breakfast", "core", "lunch", "coffee")}
    by_weekday = {day: [0, 0] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    for name, (booked_index, booking) in booked.items():
        own = [(i, e) for i, e in enumerate(entries) if e.data.get("meeting_id") == name]
        changes = [(i, e) for i, e in own if e.type in ("meeting.moved", "meeting.moved_back", "meeting.cancelled")]
        touched = any(i > cut and e.type != "meeting.moved_back" for i, e in changes)
        standing = list(changes)
        while True:  # take out one pair of move and way back after the other
            pairs = [k for k in range(1, len(standing)) if standing[k][1].type == "meeting.moved_back"]
            if not pairs:
                break
            assert standing[pairs[0] - 1][1].type == "meeting.moved"
            del standing[pairs[0] - 1 : pairs[0] + 1]
        healthy = [(i, e) for i, e in standing if e.data["reason_code"] not in ("illness", "care")]
        moves += [e for i, e in healthy if i > cut]
        ends = [e.type.value for i, e in own if e.type in ("meeting.held", "meeting.missed", "meeting.cancelled")]
        took_place = ends[-1:] == ["meeting.held"]
        starts = [booking.data["start"], *(e.data["new"]["start"] for _, e in changes if e.data["new"])]
        held += took_place
        if took_place:
            held_starts.append(starts[-1])
        open_at_cut = booked_index <= cut and not any(
            i < cut and e.type in ("meeting.held", "meeting.missed", "meeting.cancelled") for i, e in own
        )
        start_at_cut = [booking.data["start"]] + [
            e.data["new"]["start"] for i, e in changes if i < cut and e.data["new"]
        ]
        current += booked_index > cut or touched or (open_at_cut and start_at_cut[-1] > restarted_at)
        first_local = datetime.fromtimestamp(booking.data["start"], ZoneInfo(booking.data["zone"]))
        day = first_local.strftime("%a").lower()
        for table, key in ((by_kind, booking.data["kind"]), (by_weekday, day)):
            table[key][0] += 1
            table[key][1] += took_place and not healthy
    answers = {"mentor": [], "mentee": []}
    for i, e in enumerate(entries):
        if i > cut and e.type in ("proposal.accepted", "proposal.declined"):
            asked = next(
                c for c in entries if c.type == "proposal.created" and c.data["proposal_id"] == e.data["proposal_id"]
            )
            if asked.data["responder"] == e.data["by"]:
                answers[e.data["by"]].append(e.at - asked.at)
    effort, proposed, asked = {}, {}, {}
    for seat in ("mentor", "mentee"):
        since = [e for i, e in enumerate(entries) if i > cut and e.data.get("by") == seat]
        chosen = {e.data["meeting_id"] for e in since if e.type in ("proposal.accepted", "meeting.booked")}
        declined = {e.data["proposal_id"] for e in since if e.type == "proposal.declined"}
        reported = {e.data["meeting_id"] for e in since if e.type == "outcome.reported"}
        asked_for = [e for e in since if e.type == "proposal.created"]
        effort[seat] = len(chosen) + len(declined) + len(reported) + len(asked_for)
        proposed[seat] = len(asked_for)
        asked[seat] = sum(
            i > cut and e.type == "proposal.created" and e.data["responder"] == seat and e.data["slots"] > 0
            for i, e in enumerate(entries)
        )

    def part(role):
        own = [e.data for e in moves if role is None or e.data["initiator"]["role"] == role]
        return len(own), sum(d["late"] for d in own), middle([d["notice_minutes"] for d in own], 60)

    return {
        "meetings": len(booked),
        "held": held,
        "moves": len(moves),
        "moves_per_meeting": round(len(moves) / current, 2) if current else 0.0,
        "late_moves": part(None)[1],
        "by": {
            seat: {
                "moves": part(seat)[0],
                "late_moves": part(seat)[1],
                "median_notice_hours": part(seat)[2],
                "answer_hours": middle(answers[seat], 3600),
                "asked": asked[seat],
                "answered": len(answers[seat]),
                "proposed": proposed[seat],
            }
            for seat in ("mentor", "mentee")
        },
        "by_kind": {key: {"booked": n, "held_at_first_time": good} for key, (n, good) in by_kind.items()},
        "by_weekday": {key: {"booked": n, "held_at_first_time": good} for key, (n, good) in by_weekday.items()},
        "median_notice_hours": part(None)[2],
        "answer_hours": {seat: middle(answers[seat], 3600) for seat in answers},
        "effort": effort,
        "last_held_at": rfc3339(max(held_starts)) if held_starts else None,
    }


@many
@given(stories)
def test_the_figures_are_those_of_a_recount(maker):
    said = words(maker)
    assert {key: said[key] for key in recount(maker.entries)} == recount(maker.entries)
    assert list(said)[-3:] == ["overdue_days", "state", "because"]


@many
@given(stories, st.sampled_from([WEEKLY, MONTHLY]), st.sampled_from(PairStatus))
def test_kept_up_entry_by_entry_it_is_the_same_at_every_step(maker, cadence, status):
    fold = PatternFold()
    for index, entry in enumerate(maker.entries):
        facts = {"cadence": cadence, "zone": BERLIN, "status": status, "now": entry.at + HOUR}
        assert fold.result(**facts) == patterns(maker.entries[:index], **facts)
        fold.add(entry)
    facts = {"cadence": cadence, "zone": BERLIN, "status": status, "now": maker.now + 9 * DAY}
    assert fold.result(**facts) == patterns(maker.entries, **facts)
    assert fold.result(**facts) == fold.result(**facts)


def across(value):
    """The same data with the seats swapped, at whatever depth."""
    if isinstance(value, dict):
        swapped = {"mentor": "mentee", "mentee": "mentor"}
        return {swapped.get(key, key): across(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [across(inner) for inner in value]
    return {"mentor": "mentee", "mentee": "mentor"}.get(value, value) if isinstance(value, str) else value


@many
@given(stories, st.integers(0, 60))
def test_no_seat_weighs_more_than_the_other(maker, days):
    said = words(maker, later=days * DAY)
    maker.entries = [Entry(e.id, e.at, e.type, across(dict(e.data))) for e in maker.entries]
    assert words(maker, later=days * DAY) == across(said)


@many
@given(stories)
def test_a_restart_clears_what_counted_and_forgets_no_meeting(maker):
    before = words(maker)
    maker.write(EntryType.PAIR_RESTARTED)
    after = words(maker)
    assert (after["moves"], after["late_moves"], after["moves_per_meeting"]) == (0, 0, 0.0)
    assert after["effort"] == {"mentor": 0, "mentee": 0}
    assert after["answer_hours"] == {"mentor": None, "mentee": None}
    assert after["median_notice_hours"] is None
    assert (after["state"], after["overdue_days"]) == ("steady", 0)
    for lasting in ("meetings", "held", "by_kind", "by_weekday", "last_held_at"):
        assert after[lasting] == before[lasting]


@many
@given(stories, st.integers(1, 90))
def test_there_and_back_again_counts_for_nothing(maker, hours):
    name = maker.book(200, by=MENTEE)
    before = words(maker)
    maker.move(name, hours, MENTOR)
    maker.undo(name, MENTEE)
    assert maker.entries[-1].type is EntryType.MEETING_MOVED_BACK
    assert words(maker) == before


@many
@given(stories)
def test_the_words_are_json_and_whole(maker):
    said = words(maker)
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert said["because"]["rule"] in RULE_CODES
    assert said["moves"] >= sum(part["moves"] for part in said["by"].values())
    assert said["late_moves"] <= said["moves"]
    for table in (said["by_kind"], said["by_weekday"]):
        assert sum(row["booked"] for row in table.values()) == said["meetings"]
        assert sum(row["held_at_first_time"] for row in table.values()) <= said["held"]


def test_an_empty_ledger_says_nothing_but_says_it_whole():
    said = as_words(patterns([], cadence=WEEKLY, zone=BERLIN, status=PairStatus.ACTIVE, now=START))
    nobody = {"moves": 0, "late_moves": 0, "median_notice_hours": None, "answer_hours": None}
    nobody |= {"asked": 0, "answered": 0, "proposed": 0}
    nothing = {"booked": 0, "held_at_first_time": 0}
    assert said == {
        "meetings": 0,
        "held": 0,
        "moves": 0,
        "moves_per_meeting": 0.0,
        "late_moves": 0,
        "by": {"mentor": nobody, "mentee": nobody},
        "by_kind": dict.fromkeys(("breakfast", "core", "lunch", "coffee"), nothing),
        "by_weekday": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), nothing),
        "median_notice_hours": None,
        "answer_hours": {"mentor": None, "mentee": None},
        "effort": {"mentor": 0, "mentee": 0},
        "last_held_at": None,
        "budget": None,
        "overdue_days": 0,
        "state": "steady",
        "because": {"rule": "on_track", "figures": {"overdue_days": 0, "cadence_days": 7}},
    }


def test_a_short_story_in_figures():
    maker = LedgerMaker()
    offer = maker.propose(MENTOR)
    maker.wait(5)
    first = maker.accept(offer, MENTOR, hours=72, kind="breakfast")
    maker.move(first, 24, MENTEE)  # 72 hours ahead
    maker.wait(86)
    maker.move(first, 24, MENTEE)  # 10 hours ahead: late
    maker.move(first, 1, None)  # 34 hours ahead, nobody knows who
    maker.hold(first)
    said = words(maker)
    assert (said["meetings"], said["held"], said["moves"], said["late_moves"]) == (1, 1, 3, 1)
    assert said["by"]["mentee"] == {
        "moves": 2,
        "late_moves": 1,
        "median_notice_hours": 41.0,
        "answer_hours": None,
        "asked": 0,
        "answered": 0,
        "proposed": 0,
    }
    assert said["by"]["mentor"]["moves"] == 0
    assert said["median_notice_hours"] == 34.0
    assert said["answer_hours"] == {"mentor": 5.0, "mentee": None}
    assert said["effort"] == {"mentor": 1, "mentee": 1}  # chose the slot; said how it went
    assert said["by_kind"]["breakfast"] == {"booked": 1, "held_at_first_time": 0}
    assert said["last_held_at"] == rfc3339(maker.spans[first].start)


def test_a_move_for_illness_counts_nowhere():
    maker = LedgerMaker()
    name = maker.book(10)
    maker.move(name, 48, MENTEE, reason="illness")
    maker.move(name, None, MENTOR, reason="illness")
    said = words(maker)
    assert (said["moves"], said["late_moves"], said["median_notice_hours"]) == (0, 0, None)
    assert said["by"]["mentee"]["moves"] == said["by"]["mentor"]["moves"] == 0
    assert said["because"]["rule"] == "on_track"


def test_an_answer_out_of_turn_is_effort_but_no_answering_time():
    maker = LedgerMaker()
    offer = maker.propose(MENTOR)
    maker.wait(2)
    maker.close(offer, EntryType.PROPOSAL_DECLINED, by="mentee")
    said = words(maker)
    assert said["effort"] == {"mentor": 0, "mentee": 1}
    assert said["answer_hours"] == {"mentor": None, "mentee": None}


def test_entries_about_a_meeting_never_booked_say_nothing():
    maker = LedgerMaker()
    before = words(maker)
    maker.write(EntryType.MEETING_HELD, meeting_id="mtg_elsewhere", by=["mentor"])
    maker.write(EntryType.INVITATION_SENT, meeting_id="mtg_elsewhere", seat="mentor", sequence=0)
    assert words(maker) == before


def test_the_weekday_is_that_of_the_bookings_own_zone():
    late_on_sunday = START - START % DAY + 6 * DAY + 23 * HOUR  # 23:00 UTC on a Sunday
    for zone, day in (("Europe/Berlin", "mon"), ("America/New_York", "sun")):
        maker = LedgerMaker(late_on_sunday)
        maker.book(0, zone=zone)
        assert words(maker)["by_weekday"][day]["booked"] == 1


def test_a_correction_of_the_outcome_stands():
    maker = LedgerMaker()
    name = maker.book(24)
    maker.hold(name)
    assert words(maker)["held"] == 1
    maker.report(name, happened=False, by=MENTOR)
    assert (words(maker)["held"], words(maker)["last_held_at"]) == (0, None)


def test_clearing_up_a_calendar_afterwards_does_not_unhold_a_meeting():
    maker = LedgerMaker()
    name = maker.book(24)
    maker.hold(name)
    maker.move(name, None, MENTEE)
    said = words(maker)
    assert said["held"] == 1
    assert said["by_kind"]["core"]["held_at_first_time"] == 1


def test_medians_have_one_decimal_and_no_negative_nothing():
    assert median_hours([], 60) is None
    assert median_hours([90, 30, 600], 60) == 1.5
    assert median_hours([-700, -20], 60) == -6.0
    assert str(median_hours([-1], 60)) == "0.0"


def settled(meetings=3):
    """A pair that has met three times, a week apart, with nothing to note."""
    maker = LedgerMaker()
    for _ in range(meetings):
        maker.hold(maker.book(7 * 24 - 1))
    return maker


def test_overdue_by_more_than_a_quarter_of_a_cadence_is_slipping():
    maker = settled()
    last = maker.now - HOUR  # the start of the last meeting held
    for days, state in ((7, "steady"), (8.9, "steady"), (9.1, "slipping")):
        said = words(maker, later=last + days * DAY - maker.now)
        assert said["state"] == state, days
    assert said["overdue_days"] == 2
    assert said["because"] == {"rule": "overdue", "figures": {"overdue_days": 2, "cadence_days": 7}}


def test_a_meeting_ahead_makes_nobody_overdue_and_nobody_silent():
    maker = settled()
    maker.book(60 * 24)
    said = words(maker, later=59 * DAY)
    assert (said["state"], said["overdue_days"]) == ("steady", 0)


def test_an_unreported_meeting_is_neither_held_nor_missed_and_nobody_is_overdue_for_it():
    maker = settled()
    name = maker.book(8 * 24)
    said = words(maker, later=10 * DAY)
    assert maker.standing[name] == "booked"
    assert (said["held"], said["overdue_days"], said["state"]) == (3, 0, "steady")
    assert words(maker, later=(8 + 7 + 2.1) * DAY)["because"]["rule"] == "overdue"


def test_silence_is_two_cadences_with_nothing_ahead_and_no_sign():
    maker = settled()
    said = words(maker, later=14 * DAY)
    assert said["state"] == "silent"
    assert said["because"] == {
        "rule": "quiet_for_two_cadences",
        "figures": {"quiet_days": 14, "cadence_days": 7},
    }
    assert words(maker, later=14 * DAY - 2 * HOUR)["state"] == "slipping"
    maker.wait(10 * 24)
    offer = maker.propose(MENTOR)  # an offer alone is no sign from either
    assert words(maker, later=4 * DAY)["state"] == "silent"
    maker.close(offer, EntryType.PROPOSAL_DECLINED, by="mentor")
    assert words(maker, later=4 * DAY)["state"] == "slipping"
    assert words(maker, later=14 * DAY)["state"] == "silent"


def test_what_was_called_off_was_upcoming_until_then():
    maker = settled()
    name = maker.book(40 * 24)
    maker.wait(30 * 24)
    maker.move(name, None, MENTOR)
    assert words(maker, later=13 * DAY)["because"]["rule"] == "overdue"
    assert words(maker, later=14 * DAY)["state"] == "silent"


@pytest.mark.parametrize("changed", [(0, 1), (1, 2), (0, 2), (2,), ()])
def test_two_changed_of_the_last_three_is_slipping(changed):
    maker = settled()
    for index in range(3):
        name = maker.book(7 * 24 - 1)
        if index in changed:
            maker.move(name, 2, MENTOR)
        maker.hold(name)
    said = words(maker)
    assert said["state"] == ("slipping" if len(changed) == 2 else "steady")
    if len(changed) == 2:
        assert said["because"] == {"rule": "recent_meetings_changed", "figures": {"changed": 2, "of": 3}}
        for _ in range(2):
            maker.hold(maker.book(7 * 24 - 1))
        assert words(maker)["state"] == "steady"


@pytest.mark.parametrize("sign", ["decline", "book", "resume"])
def test_two_expired_in_a_row_is_slipping_until_something_follows(sign):
    maker = settled()
    maker.close(maker.propose(), EntryType.PROPOSAL_EXPIRED)
    assert words(maker)["state"] == "steady"
    maker.close(maker.propose(), EntryType.PROPOSAL_WITHDRAWN)  # says nothing either way
    maker.close(maker.propose(), EntryType.PROPOSAL_EXPIRED)
    assert words(maker)["because"] == {"rule": "proposals_expired", "figures": {"expired_in_a_row": 2}}
    if sign == "decline":
        maker.close(maker.propose(MENTEE), EntryType.PROPOSAL_DECLINED, by="mentee")
    elif sign == "book":
        maker.book()
    else:
        maker.write(EntryType.PAIR_PAUSED, until=None)
        maker.write(EntryType.PAIR_RESUMED)
    assert words(maker)["state"] == "steady"


def test_early_on_a_single_sign_is_enough():
    for meetings, state in ((1, "slipping"), (2, "steady")):  # with the one to come: two, three
        moved, expired = settled(meetings), settled(meetings)
        moved.move(moved.book(20), 30, MENTEE)
        assert words(moved)["state"] == state
        expired.close(expired.propose(), EntryType.PROPOSAL_EXPIRED)
        expired_rule = words(expired)["because"]["rule"]
        assert expired_rule == "early_proposal_expired"
        expired.book(200)
        assert words(expired)["state"] == "steady"
    early = settled(1)
    early.move(early.book(20), 30, MENTEE)
    assert words(early)["because"] == {"rule": "early_late_move", "figures": {"late_moves": 1, "meetings": 2}}


def test_nobody_is_overdue_while_paused_or_after_the_end():
    maker = settled()
    for status in (PairStatus.PAUSED, PairStatus.ENDED):
        said = words(maker, status=status, later=100 * DAY)
        assert (said["state"], said["overdue_days"]) == (status.value, 0)
        assert said["because"] == {"rule": status.value, "figures": {}}


@pytest.mark.parametrize("fresh", [EntryType.PAIR_RESUMED, EntryType.PAIR_RESTARTED])
def test_the_cadence_counts_from_a_resumption_or_restart(fresh):
    maker = settled()
    maker.wait(100 * 24)
    maker.write(fresh)
    assert words(maker, later=8 * DAY)["state"] == "steady"
    assert words(maker, later=9.1 * DAY)["because"]["rule"] == "overdue"
    assert words(maker, later=14.1 * DAY)["state"] == "silent"


def test_a_pair_that_never_met_counts_from_its_beginning():
    maker = LedgerMaker()
    assert words(maker, cadence=MONTHLY, later=37 * DAY)["state"] == "steady"
    assert words(maker, cadence=MONTHLY, later=39 * DAY)["state"] == "slipping"
    assert words(maker, cadence=MONTHLY, later=62 * DAY)["state"] == "silent"


def test_after_a_restart_only_meetings_since_or_still_ahead_divide():
    maker = settled()
    ahead = maker.book(100)
    maker.write(EntryType.PAIR_RESTARTED)
    maker.move(ahead, 50, MENTOR)
    said = words(maker)
    assert (said["meetings"], said["moves"], said["moves_per_meeting"]) == (4, 1, 1.0)
    maker.book(200)
    assert words(maker)["moves_per_meeting"] == 0.5


def test_the_more_decisive_rule_speaks():
    worst = PairFacts(PairStatus.ENDED, 7, 30, 30, True, 2, 2, 2, 2, 2)
    assert pair_state(worst)[0] is PairState.ENDED
    order = []
    facts = worst
    relief = [
        {"status": PairStatus.PAUSED},
        {"status": PairStatus.ACTIVE},
        {"quiet_two_cadences": False},
        {"overdue_days": 1},
        {"recent_changed": 1},
        {"expired_in_a_row": 1},
        {"late_moves": 0},
        {"expired_in_a_row": 0},
    ]
    for change in [{}, *relief]:
        facts = replace(facts, **change)
        order.append(pair_state(facts)[1].rule)
    assert tuple(order) == RULE_CODES


def test_a_meeting_begun_before_a_restart_divides_again_only_once_it_changes():
    maker = LedgerMaker()
    begun, called_off = maker.book(1), maker.book(90)
    maker.move(called_off, None, MENTOR)
    maker.wait(2).write(EntryType.PAIR_RESTARTED)
    ahead = maker.book(50)
    maker.move(ahead, 9, MENTOR)
    assert words(maker)["moves_per_meeting"] == 1.0
    maker.move(begun, 20, MENTEE)
    maker.move(begun, 20, MENTEE)
    assert words(maker)["moves_per_meeting"] == 1.5


def test_after_a_restart_it_is_early_again():
    maker = settled()
    maker.write(EntryType.PAIR_RESTARTED)
    maker.close(maker.propose(), EntryType.PROPOSAL_EXPIRED)
    assert words(maker)["because"] == {
        "rule": "early_proposal_expired",
        "figures": {"expired_in_a_row": 1, "meetings": 0},
    }


def test_early_on_a_move_in_good_time_is_nothing_to_note():
    maker = LedgerMaker()
    maker.move(maker.book(100), 24, MENTEE)
    assert words(maker)["because"]["rule"] == "on_track"


def test_exactly_a_quarter_of_a_cadence_is_not_yet_slipping():
    maker = LedgerMaker()
    four_weekly = Cadence(4, CadenceUnit.WEEK)
    assert words(maker, cadence=four_weekly, later=(28 + 7) * DAY)["overdue_days"] == 7
    assert words(maker, cadence=four_weekly, later=(28 + 7) * DAY)["state"] == "steady"
    assert words(maker, cadence=four_weekly, later=(28 + 8) * DAY)["state"] == "slipping"


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("entry", ["outcome.reported", "meeting.held"])
def test_word_of_a_meeting_breaks_the_silence(happened, entry):
    maker = settled()
    name = list(maker.spans)[-1]
    maker.wait(20 * 24)
    assert words(maker)["state"] == "silent"
    if entry == "meeting.held":
        maker.write(EntryType.MEETING_HELD, meeting_id=name, by=["mentor"])
    else:
        maker.write(EntryType.OUTCOME_REPORTED, meeting_id=name, by="mentor", happened=happened)
    assert words(maker)["state"] == "slipping"


def test_deleting_a_meeting_long_past_is_no_sign_of_life():
    maker = LedgerMaker()
    name = maker.book(24)
    maker.wait(20 * 24)
    maker.move(name, None, MENTOR)
    assert words(maker)["because"]["figures"]["quiet_days"] == 19


def test_a_meeting_that_begins_this_moment_is_no_longer_ahead_and_not_overdue():
    maker = settled()
    maker.book(10 * 24)
    said = words(maker, later=10 * DAY)
    assert (said["overdue_days"], said["state"]) == (0, "steady")


def test_a_ledger_without_its_beginning_begins_with_its_first_entry():
    maker = LedgerMaker()
    maker.entries.clear()
    maker.propose()
    assert words(maker, later=9.1 * DAY)["because"]["rule"] == "overdue"


def test_held_at_the_first_time_forgives_illness_and_nothing_else():
    for reason, good in (("illness", 1), ("work", 0), (None, 0)):
        maker = LedgerMaker()
        name = maker.book(100)
        maker.move(name, 24, MENTOR, reason=reason)
        maker.hold(name)
        assert words(maker)["by_kind"]["core"] == {"booked": 1, "held_at_first_time": good}


def test_a_return_with_no_move_to_undo_counts_itself():
    maker = LedgerMaker()
    name = maker.book(100)
    maker.move(name, None, MENTOR)
    called_off = maker.entries[-1]
    there = {"start": maker.spans[name].start, "end": maker.spans[name].end}
    maker.write(EntryType.MEETING_MOVED_BACK, **{**called_off.data, "new": there})
    assert words(maker)["moves"] == 2


def test_a_move_that_holdfast_offered_itself_counts_nowhere():
    maker = LedgerMaker()
    for reason in ("care", "picked", "short_call"):
        maker.move(maker.book(10), 48, MENTEE, reason=reason)
    said = words(maker)
    assert (said["moves"], said["late_moves"], said["by"]["mentee"]["moves"]) == (0, 0, 0)
    assert said["state"] == "steady"


@many
@given(stories, st.integers(0, 6), st.integers(0, 120))
def test_the_budget_is_of_both_together_and_of_the_last_ninety_days(maker, allowed, days):
    now = maker.now + days * DAY
    said = patterns(maker.entries, cadence=WEEKLY, zone=BERLIN, status=PairStatus.ACTIVE, now=now, move_budget=allowed)
    cut = max((i for i, e in enumerate(maker.entries) if e.type is EntryType.PAIR_RESTARTED), default=-1)
    standing = {}
    for i, e in enumerate(maker.entries):
        if e.type in ("meeting.moved", "meeting.cancelled"):
            standing.setdefault(e.data["meeting_id"], []).append((i, e))
        elif e.type == "meeting.moved_back":
            standing[e.data["meeting_id"]].pop()
    used = sum(
        i > cut and e.at > now - 90 * DAY and e.data["reason_code"] not in ("illness", "care")
        for own in standing.values()
        for i, e in own
    )
    beyond = used - allowed
    step = None if beyond < 0 else ("reason", "short_call", "slower_cadence")[min(beyond, 2)]
    assert as_words(said)["budget"] == {
        "allowed": allowed,
        "used": used,
        "left": max(0, allowed - used),
        "window_days": 90,
        "step": step,
    }


def test_what_nobody_could_answer_or_need_not_is_not_left_unanswered():
    maker = settled()
    for _ in range(3):
        maker.close(maker.propose(slots=0), EntryType.PROPOSAL_EXPIRED)
        maker.close(maker.propose(purpose="care"), EntryType.PROPOSAL_EXPIRED)
    assert words(maker)["state"] == "steady"
    for purpose in ("next", "pick"):
        maker.close(maker.propose(purpose=purpose), EntryType.PROPOSAL_EXPIRED)
    assert words(maker)["because"] == {"rule": "proposals_expired", "figures": {"expired_in_a_row": 2}}
    maker.propose(by="mentee")  # somebody asks for times: they act
    assert words(maker)["state"] == "steady"


def test_turns_alternate_whatever_is_offered_between():
    maker = LedgerMaker()
    assert next_responder(maker.entries) is MENTOR
    maker.propose(MENTOR)
    assert next_responder(maker.entries) is MENTEE
    maker.propose(MENTOR, purpose="pick")
    maker.propose(MENTEE, purpose="care")
    assert next_responder(maker.entries) is MENTEE
    maker.propose(MENTEE, purpose="next")
    assert next_responder(maker.entries) is MENTOR
