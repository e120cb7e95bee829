"""The onus lies with whoever moved; the budget is shared and never locks; two at once, double taps and late ones do no harm."""

from __future__ import annotations

import pytest
from loop_hand import (
    asked,
    beat,
    choose,
    fallback,
    ledger,
    meeting,
    open_offers,
    people_of,
    posts,
    slots_of,
    types,
    until,
)

from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.answer_proposal import accept_slot, decline_proposal
from service.app.keep_pair import change_pair
from service.app.local_calendar import change_event
from service.app.offer_short_call import offer_short_call
from service.app.post.bundle import standing
from service.app.post.kinds import KINDS
from service.app.read_patterns import read_patterns
from service.domain.errors import BadInput, NotNow, Stale
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, MINUTE, rfc3339
from service.store import local_events, pairs, people
from tests.house import TestHouse


def event_of(house: TestHouse, meeting_id: str) -> tuple[str, str]:
    """The calendar and the event that carry a meeting."""
    row = meeting(house, meeting_id)
    assert row.calendar_id is not None
    with house.house.reading() as session:
        found = local_events.between(session, [row.calendar_id], row.start, row.end)
    return row.calendar_id, next(event.id for event in found if event.uid == row.ics_uid)


def moved_onto_the_others_time(house: TestHouse) -> tuple[str, str, int]:
    """The mentor moves it in their calendar to a time at which the mentee has something else: pair, meeting, that time."""
    pair, _, mentees = house.ready_pair(rules={"fallback": False})
    booked = house.booked(pair)
    taken = meeting(house, booked).start + 3 * DAY
    house.event(mentees, taken)
    house.run()
    calendar, event = event_of(house, booked)
    change_event(house.house, calendar, event, {"start": taken})
    house.run()
    assert meeting(house, booked).start == taken, "what somebody made true in their calendar is a fact"
    return pair, booked, taken


def test_a_move_to_a_time_that_suits_both_needs_nothing_more(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    move_meeting(house.house, booked, start=meeting(house, booked).start + DAY, by=Seat.MENTOR)
    house.run()
    [told] = posts(house, "meeting.rescheduled")
    assert told["next_action"] is None
    assert open_offers(house, pair) == []


def test_whoever_moves_onto_the_others_time_picks_among_three_that_suit_both(house: TestHouse) -> None:
    pair, booked, taken = moved_onto_the_others_time(house)
    [told] = posts(house, "meeting.rescheduled")
    [offer] = open_offers(house, pair)
    assert told["next_action"] == {"owner": "mentor", "due": rfc3339(offer.expires_at)}
    assert (offer.purpose, offer.responder, offer.meeting_id) == ("pick", "mentor", booked)
    slots = slots_of(house, offer.id)
    assert len(slots) == 3
    who = people_of(house, pair)
    assert asked(house, who[Seat.MENTOR])[-1] == ("pick", offer.id)
    assert asked(house, who[Seat.MENTEE]) == [] or asked(house, who[Seat.MENTEE])[-1][0] != "pick", (
        "the other never chases"
    )
    assert choose(house, offer) == booked
    row = meeting(house, booked)
    assert (row.start, row.sequence) == (slots[0].start, 2)
    assert row.start != taken
    said = read_patterns(house.house, pair)
    assert (said["moves"], said["by"]["mentor"]["moves"]) == (1, 1), "one move, not two"
    assert posts(house, "meeting.rescheduled")[-1]["next_action"] is None
    assert meeting(house, booked).booking_status == "written"


def test_three_times_are_offered_once_for_each_version(house: TestHouse) -> None:
    pair, booked, _ = moved_onto_the_others_time(house)
    from service.app.onus import offer_times

    [offer] = open_offers(house, pair)
    for _ in range(3):
        offer_times(house.house, booked, 1, "mentor", offer.expires_at)
    assert len(open_offers(house, pair)) == 1
    move_meeting(house.house, booked, start=meeting(house, booked).start + 4 * DAY, by=Seat.MENTEE)
    house.run()
    assert open_offers(house, pair) == [], "moved on: what was offered about it as it stood is taken back"
    with pytest.raises(NotNow):
        accept_slot(house.house, offer.id, slot_id=slots_of(house, offer.id)[0].id, by=Seat.MENTOR)


def test_an_invited_one_who_moves_their_copy_onto_the_others_time_is_asked_to_pick(house: TestHouse) -> None:
    pair, mentors, mentees = house.ready_pair(rules={"fallback": False})
    booked = house.booked(pair)
    row = meeting(house, booked)
    house.event(mentors, row.start + 2 * DAY)
    house.run()
    with house.house.writing() as session:
        from service.app.onus import ask_to_pick

        locked = pairs.locked(session, pair)
        ask_to_pick(house.house, session, locked, meeting(house, booked), Seat.MENTEE)
    house.run()
    [offer] = open_offers(house, pair)
    assert (offer.purpose, offer.responder) == ("pick", "mentee")
    assert meeting(house, booked).start == row.start, "it stays where it is"
    assert mentees


def test_whoever_calls_it_off_picks_the_next(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    cancel_meeting(house.house, booked, by=Seat.MENTEE)
    house.run()
    [told] = posts(house, "meeting.cancelled")
    assert told["next_action"]["owner"] == "mentee"
    [offer] = open_offers(house, pair)
    assert (offer.purpose, offer.responder, offer.meeting_id) == ("pick", "mentee", booked)
    again = choose(house, offer)
    assert again != booked
    assert meeting(house, again).status == "booked"
    assert [e.data["responder"] for e in ledger(house, pair) if e.type == "proposal.created"] == ["mentor", "mentee"]
    with house.house.reading() as session:
        from service.domain.proposal import next_responder

        assert next_responder(pairs.ledger(session, pair)) is Seat.MENTEE, "a pick is no turn"


def test_a_pick_that_runs_out_is_followed_by_an_offer_in_turn(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    cancel_meeting(house.house, house.booked(pair), by=Seat.MENTOR)
    house.run()
    [pick] = open_offers(house, pair)
    until(house, pick.expires_at)
    until(house, lambda: [offer.purpose for offer in open_offers(house, pair)] == ["next"], most=20 * DAY)


def test_where_nobody_can_be_named_nobody_is_asked(house: TestHouse) -> None:
    from service.app.change_meeting import apply_change
    from service.domain.meeting import NOBODY_KNOWN, DetectedVia

    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    with house.house.writing() as session:
        locked = pairs.locked(session, pair)
        from service.store import meetings

        row = meetings.get(session, booked)
        apply_change(house.house, session, locked, row, None, initiator=NOBODY_KNOWN, via=DetectedVia.API)
    house.run()
    assert posts(house, "meeting.cancelled")[0]["next_action"] is None
    assert open_offers(house, pair) == []


def test_a_move_is_late_by_the_pairs_own_measure(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(rules={"late_hours": 72})
    booked = house.booked(pair)
    row = meeting(house, booked)
    house.clock.at = max(house.clock.now(), row.start - 60 * HOUR)
    move_meeting(house.house, booked, start=row.start + DAY, by=Seat.MENTEE)
    [moved] = [e for e in ledger(house, pair) if e.type == "meeting.moved"]
    assert moved.data["late"] is True
    change_pair(house.house, pair, {"rules": {"late_hours": 0}})
    move_meeting(house.house, booked, start=row.start + 2 * DAY, by=Seat.MENTEE)
    assert [e.data["late"] for e in ledger(house, pair) if e.type == "meeting.moved"] == [True, False]


def moves(house: TestHouse, booked: str, count: int, by: Seat = Seat.MENTOR) -> None:
    for number in range(count):
        row = meeting(house, booked)
        move_meeting(house.house, booked, start=row.start + (DAY if number % 2 else 2 * DAY), by=by)
        house.run()


def test_the_budget_is_shared_has_soft_steps_and_no_end(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(move_budget=1)
    booked = house.booked(pair)
    who = people_of(house, pair)
    moves(house, booked, 1)
    assert read_patterns(house.house, pair)["budget"] == {
        "allowed": 1,
        "used": 1,
        "left": 0,
        "window_days": 90,
        "step": "reason",
    }
    assert all("budget" not in [kind for kind, _ in asked(house, who[seat])] for seat in Seat)
    moves(house, booked, 1, Seat.MENTEE)
    assert read_patterns(house.house, pair)["budget"]["step"] == "short_call"
    moves(house, booked, 3)
    said = read_patterns(house.house, pair)["budget"]
    assert (said["used"], said["left"], said["step"]) == (5, 0, "slower_cadence"), "and every move was carried out"
    told = [[about for kind, about in asked(house, who[seat]) if kind == "budget"] for seat in Seat]
    assert told[0] == told[1]
    assert told[0], "both get the same"


def test_both_read_the_same_words_about_the_budget(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(move_budget=0)
    booked = house.booked(pair)
    moves(house, booked, 3)
    texts = []
    with house.house.reading() as session:
        for person_id in people_of(house, pair).values():
            person = people.get(session, person_id)
            rows = [row for row in standing(house.house, session, person_id) if row.kind == "budget"][-1:]
            section = KINDS[rows[0].kind].section(house.house, session, rows[0], person)
            names = ("Marta Mentor", "Emil Mentee")
            text = " ".join([section.title, *section.lines, *(action.label for action in section.actions)])
            texts.append(text.replace(names[0], "NAME").replace(names[1], "NAME"))
    assert texts[0] == texts[1]
    assert "less often" in texts[0]
    assert "20-minute" in texts[0]


def test_a_short_call_is_an_offer_and_changes_nothing_before_it_is_chosen(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    before = meeting(house, booked)
    offer = offer_short_call(house.house, booked, by=Seat.MENTEE)
    assert offer_short_call(house.house, booked, by=Seat.MENTEE) == offer, "asked again, the same come back"
    assert meeting(house, booked).start == before.start
    slots = slots_of(house, offer)
    assert {slot.end - slot.start for slot in slots} == {20 * MINUTE}
    assert accept_slot(house.house, offer, slot_id=slots[0].id, by=Seat.MENTEE) == booked
    row = meeting(house, booked)
    assert (row.start, row.end - row.start) == (slots[0].start, 20 * MINUTE)
    assert read_patterns(house.house, pair)["moves"] == 0
    house.run()
    assert posts(house, "meeting.rescheduled")[-1]["reason_code"] == "short_call"


def test_declining_a_short_call_leaves_the_meeting(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    offer = offer_short_call(house.house, booked, by=Seat.MENTEE)
    decline_proposal(house.house, offer, by=Seat.MENTEE)
    assert meeting(house, booked).status == "booked"
    assert offer_short_call(house.house, booked, by=Seat.MENTEE) != offer


def test_two_seats_moving_at_once_with_versions_one_is_told_and_nothing_is_lost(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    row = meeting(house, booked)
    move_meeting(house.house, booked, start=row.start + DAY, by=Seat.MENTOR, if_version=row.version)
    with pytest.raises(Stale):
        move_meeting(house.house, booked, start=row.start + 2 * DAY, by=Seat.MENTEE, if_version=row.version)
    assert meeting(house, booked).start == row.start + DAY
    assert types(house, pair).count("meeting.moved") == 1


def test_a_move_to_a_time_that_has_passed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    with pytest.raises(BadInput, match="must be in the future"):
        move_meeting(house.house, booked, start=house.clock.now() - HOUR, by=Seat.MENTOR)
    until(house, meeting(house, booked).end + HOUR)
    for act in (
        lambda: offer_short_call(house.house, booked, by=Seat.MENTOR),
        lambda: cancel_meeting(house.house, booked, by=Seat.MENTOR),
    ):
        with pytest.raises(NotNow):
            act()
    assert fallback(house, booked) is None
    beat(house)
