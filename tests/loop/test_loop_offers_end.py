"""Offers end: one friendly word about half way, then the pair's own rule, and after three nobody is asked again."""

from __future__ import annotations

import pytest
from loop_hand import (
    asked,
    beat,
    choose,
    ledger,
    meeting,
    open_offers,
    people_of,
    posts,
    proposal,
    slots_of,
    types,
    until,
)

from service.app.answer_drift import answer_drift
from service.app.answer_proposal import accept_slot, decline_proposal
from service.app.pair_rules import consent
from service.app.propose_slots import propose_slots
from service.domain.drift import DriftStep
from service.domain.errors import NotNow, TooMany, Unreachable
from service.domain.ledger import Seat
from service.domain.proposal import MOST_OPEN
from service.domain.timespan import DAY, HOUR, local
from service.store import farewells, loops, pairs
from tests.house import TestHouse

BERLIN = "Europe/Berlin"


def run_out(house: TestHouse, pair: str) -> str:
    """Waits for an offer and lets it run out; returns its id."""
    until(house, lambda: bool(open_offers(house, pair)))
    [offer] = open_offers(house, pair)
    until(house, offer.expires_at)
    beat(house)
    return offer.id


def test_an_offer_stands_for_two_working_days_and_is_brought_to_mind_once(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    house.clock.advance(3 * DAY)  # Thursday, 10:00
    offer, _ = house.slots(pair, responder=Seat.MENTEE)
    row = proposal(house, offer)
    assert local(row.expires_at, BERLIN).strftime("%a %H:%M") == "Mon 10:00"
    assert row.nudge_at is not None
    assert local(row.nudge_at, BERLIN).strftime("%a %H:%M") == "Fri 10:00"
    until(house, row.expires_at - HOUR, HOUR)
    [nudged] = [e for e in ledger(house, pair) if e.type == "proposal.nudged"]
    assert nudged.data == {"proposal_id": offer, "seat": "mentee"}
    assert local(nudged.at, BERLIN).strftime("%a %H:%M") == "Fri 10:00"
    mentee = people_of(house, pair)[Seat.MENTEE]
    assert asked(house, mentee) == [("proposal", offer), ("nudge", offer)]
    mails = [mail for mail in house.mails.sent if mail.to.email == "emil@example.org"]
    assert len(mails) == 2
    assert "still open" in mails[1].text
    assert "/do/" in mails[1].text


def test_what_was_not_mailed_yet_is_not_brought_to_mind(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    house.mails.trouble = Unreachable("The mail server is away.")
    house.slots(pair)
    until(house, house.clock.now() + 30 * HOUR)
    assert "proposal.nudged" not in types(house, pair)


def test_an_answer_after_its_time_is_refused_in_a_kind_sentence_with_fresh_times(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    offer, slots = house.slots(pair)
    house.clock.advance(proposal(house, offer).expires_at - house.clock.now())
    for _ in range(2):  # before and after it was closed
        with pytest.raises(NotNow) as refused:
            accept_slot(house.house, offer, slot_id=slots[-1].id, by=Seat.MENTOR)
        assert refused.value.extra["slots"]
        beat(house)
    with pytest.raises(NotNow):
        decline_proposal(house.house, offer, by=Seat.MENTOR)
    assert "meeting.booked" not in types(house, pair)


def test_unanswered_the_other_is_offered_times_after_some_days(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    first = run_out(house, pair)
    closed = house.clock.now()
    assert [post["proposal_id"] for post in posts(house, "proposal.expired")] == [first]
    until(house, lambda: bool(open_offers(house, pair)))
    [second] = open_offers(house, pair)
    assert second.responder == "mentee"
    assert second.created_at - closed >= 3 * DAY


def test_after_three_unanswered_both_are_asked_once_and_nobody_is_chased(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    for _ in range(3):
        run_out(house, pair)
    beat(house)
    who = people_of(house, pair)
    for seat in Seat:
        assert [kind for kind, _ in asked(house, who[seat])].count("drift") == 1
    until(house, house.clock.now() + 40 * DAY, DAY)
    assert types(house, pair).count("proposal.created") == 3
    assert types(house, pair).count("drift.offered") == 1
    propose_slots(house.house, pair, by=Seat.MENTEE)  # somebody acts
    beat(house)
    assert types(house, pair).count("drift.closed") == 1
    booked = choose(house, open_offers(house, pair)[0])
    assert meeting(house, booked).status == "booked"


def test_going_on_after_that_is_acting(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    for _ in range(3):
        run_out(house, pair)
    beat(house)
    with house.house.reading() as session:
        drift = farewells.open_drift(session, pair)
    assert drift is not None
    answer_drift(house.house, drift.id, step=DriftStep.GO_ON)
    until(house, lambda: bool(open_offers(house, pair)), most=5 * DAY)


def test_a_pair_that_wishes_so_is_asked_at_once_whether_to_rest(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(rules={"when_unanswered": "offer_pause"})
    run_out(house, pair)
    beat(house)
    who = people_of(house, pair)
    assert all([kind for kind, _ in asked(house, who[seat])].count("drift") == 1 for seat in Seat)
    until(house, house.clock.now() + 20 * DAY, DAY)
    assert types(house, pair).count("proposal.created") == 1


def auto_confirming(house: TestHouse, *seats: Seat) -> str:
    pair, _, _ = house.ready_pair(rules={"when_unanswered": "auto_confirm"})
    for seat in seats:
        consent(house.house, pair, by=seat, auto_confirm=True)
    return pair


def test_with_both_consents_the_steadiest_time_is_booked(house: TestHouse) -> None:
    pair = auto_confirming(house, *Seat)
    offer = run_out(house, pair)
    still = [slot for slot in slots_of(house, offer) if slot.start > house.clock.now()]
    [booked] = [e for e in ledger(house, pair) if e.type == "meeting.booked"]
    assert booked.data["start"] == max(still, key=lambda slot: (slot.hold_probability, -slot.start)).start
    assert booked.data["by"] is None
    assert proposal(house, offer).status == "accepted"
    assert "proposal.expired" not in types(house, pair)
    assert posts(house, "meeting.booked")[0]["accepted_by"] is None
    beat(house, HOUR)
    assert types(house, pair).count("meeting.booked") == 1


@pytest.mark.parametrize("seats", [(), (Seat.MENTOR,), (Seat.MENTEE,)])
def test_without_both_consents_nothing_is_booked(house: TestHouse, seats: tuple[Seat, ...]) -> None:
    pair = auto_confirming(house, *seats)
    run_out(house, pair)
    assert "meeting.booked" not in types(house, pair)
    until(house, lambda: bool(open_offers(house, pair)), most=6 * DAY)


def test_a_consent_taken_back_in_the_last_moment_counts(house: TestHouse) -> None:
    pair = auto_confirming(house, *Seat)
    until(house, lambda: bool(open_offers(house, pair)))
    [offer] = open_offers(house, pair)
    house.clock.advance(offer.expires_at - house.clock.now())
    from service.jobs.rounds import one_round

    one_round(house.house)  # the job is planned
    consent(house.house, pair, by=Seat.MENTEE, auto_confirm=False)
    house.run()
    assert proposal(house, offer.id).status == "expired"
    assert "meeting.booked" not in types(house, pair)


def test_where_the_steadiest_has_gone_the_next_is_booked_and_with_none_it_has_run_out(house: TestHouse) -> None:
    pair = auto_confirming(house, *Seat)
    until(house, lambda: bool(open_offers(house, pair)))
    [offer] = open_offers(house, pair)
    slots = slots_of(house, offer.id)
    with house.house.reading() as session:
        from service.store import calendars

        [own] = calendars.of_people(session, [people_of(house, pair)[Seat.MENTEE]])
    for slot in slots:
        house.event(own.id, slot.start)
    until(house, offer.expires_at)
    beat(house)
    assert proposal(house, offer.id).status == "expired"


def test_consents_are_each_seats_own(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    consent(house.house, pair, by=Seat.MENTOR, auto_confirm=True)
    with house.house.reading() as session:
        assert loops.consents(session, [pair]) == {pair: (True, False)}
        assert not loops.both_consent(session, pairs.get(session, pair))


def test_a_flood_of_proposals_is_bounded(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    made = [house.slots(pair)[0] for _ in range(MOST_OPEN)]
    with pytest.raises(TooMany) as refused:
        house.slots(pair)
    assert refused.value.extra == {"open": made, "limit": MOST_OPEN}
    decline_proposal(house.house, made[0], by=Seat.MENTOR)
    house.slots(pair)
    house.clock.advance(20 * DAY)
    house.slots(pair)  # those whose time is over stand in nobody's way


def test_a_declined_offer_is_followed_by_another_after_a_rest(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    until(house, lambda: bool(open_offers(house, pair)))
    [offer] = open_offers(house, pair)
    decline_proposal(house.house, offer.id, by=Seat.MENTOR)
    at = house.clock.now()
    until(house, lambda: bool(open_offers(house, pair)))
    [again] = open_offers(house, pair)
    assert (again.responder, again.created_at - at >= 3 * DAY) == ("mentee", True)
