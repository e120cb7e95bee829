"""Exploration in proposals: what was drawn is kept with its chances, and can be told again; looking never draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.rank_slots import Exploration
from service.app.recorded import logged_choices
from service.app.report_outcome import report_outcome
from service.domain.exploring import NEAR, SHARE
from service.domain.judging.off_policy import compare_choices
from service.domain.ledger import Seat
from service.domain.timespan import HOUR
from service.store import meetings, proposals
from service.store.tables import ProposalSlot
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path, explore=0.5)


def starts(slots: list[ProposalSlot]) -> list[int]:
    return [slot.start for slot in slots]


def test_each_slot_says_from_what_it_was_drawn(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    best = find_slots(house.house, read_situation(house.house, pair, horizon_days=28), limit=5)
    others = 0
    for _ in range(10):  # as many as a pair may have open
        proposal_id, slots = house.slots(pair)
        chances = [slot.hold_probability for slot in slots]
        assert chances == sorted(chances, reverse=True)
        for slot in slots:
            (own,) = [row for row in slot.among or [] if row[0] == slot.start]
            assert own[1:3] == [slot.kind, pytest.approx(slot.hold_probability, abs=1e-6)]
            assert sum(row[3] for row in slot.among or []) == pytest.approx(1, abs=1e-5)
            assert slot.hold_probability >= max(row[2] for row in slot.among or []) - NEAR - 1e-6
        assert sum(row[4] for slot in slots for row in slot.among or []) == pytest.approx(1, abs=1e-4)
        others += starts(slots) != [slot.start for slot in best.slots]
        with house.house.reading() as session:
            assert proposals.get(session, proposal_id).model == house.house.terms.version
    assert others, "ten times none of five places drew another of its options: chance below one in a million"


def test_what_was_drawn_can_be_told_again_from_the_proposals_id(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    situation = read_situation(house.house, pair, horizon_days=28)
    for _ in range(4):
        proposal_id, slots = house.slots(pair)
        again = find_slots(house.house, situation, limit=5, exploration=Exploration(0.5, proposal_id))
        assert starts(slots) == [slot.start for slot in again.slots]


def test_looking_draws_nothing(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    situation = read_situation(house.house, pair, horizon_days=28)
    lists = [find_slots(house.house, situation, limit=5).slots for _ in range(5)]
    assert all(found == lists[0] for found in lists)
    assert all(slot.among == () for slot in lists[0])


def test_where_nothing_is_to_be_drawn_the_best_are_offered_and_it_is_written_down(tmp_path: Path) -> None:
    house = make_house(tmp_path, explore=0.0)
    pair, _, _ = house.ready_pair()
    best = find_slots(house.house, read_situation(house.house, pair, horizon_days=28), limit=5)
    _, slots = house.slots(pair)
    assert starts(slots) == [slot.start for slot in best.slots]
    assert [[row[3] for row in slot.among or []] for slot in slots] == [[1.0]] * 5


def test_from_a_booked_meeting_back_to_the_chance_of_its_slot(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting_id = house.booked(pair, rank=1)
    with house.house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        assert meeting.slot_id is not None
        slot = session.get(ProposalSlot, meeting.slot_id)
        assert slot is not None
        (own,) = [row for row in slot.among or [] if row[0] == meeting.first_start]
    assert 0 < own[3] <= 1


def test_what_was_chosen_and_what_became_of_it_is_there_to_judge_by(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    options = {}
    for _ in range(8):
        meeting_id = house.booked(pair, rank=4)
        with house.house.reading() as session:
            meeting = meetings.get(session, meeting_id)
            assert meeting.slot_id is not None
            slot = session.get(ProposalSlot, meeting.slot_id)
            assert slot is not None
        assert all(one.start[one.chosen] != meeting.first_start for one in logged_choices(house.house)), "not known yet"
        house.clock.at = meeting.end + HOUR
        report_outcome(house.house, meeting_id, by=Seat.MENTOR, happened=True)
        if len(slot.among or []) > 1:
            options[meeting.first_start] = slot.among or []
    logged = logged_choices(house.house)
    assert options, "of eight places none had two options"
    assert {one.start[one.chosen]: one.held for one in logged} == dict.fromkeys(options, True)
    for one in logged:
        rows = options[one.start[one.chosen]]
        assert list(zip(one.start, one.chance, strict=True)) == [(row[0], row[2]) for row in rows]
        assert one.propensity == rows[one.chosen][3]
        assert one.pair == pair
    assert logged_choices(house.house, "prog_none") == []
    found = compare_choices(logged)
    assert found is not None
    assert found.choices == len(options)


def test_a_house_draws_unless_it_is_told_not_to() -> None:
    assert House.explore == SHARE
