"""The terms in use are kept in the process, taken up from the active version, and slots are scored with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from service.app.answer_proposal import accept_slot
from service.app.current_model import read_model
from service.domain.ledger import Seat
from service.domain.stability import PRIOR, document
from service.jobs.rounds import one_round
from service.store import meetings, model_versions
from service.store.tables import ModelVersion
from tests.house import TestHouse, make_house


def keep(house: TestHouse, terms: dict[str, object], name: str, *, active: bool = True) -> str:
    with house.house.writing() as session:
        row = ModelVersion(
            id=name, terms=terms, metrics={}, rows=1, rows_hash="", verdict="", created_at=house.clock.now()
        )
        session.add(row)
        session.flush()
        if active:
            model_versions.activate(session, name, house.clock.now())
    return name


def test_the_active_version_is_taken_up_in_a_round_and_scores_slots(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    pair, *_ = house.ready_pair()
    before = house.slots(pair)[1]
    keep(house, document(replace(PRIOR, version="sure", alpha=-4.0, trained_on=900)), "mdl_1")
    assert house.house.terms is PRIOR
    one_round(house.house)
    assert house.house.model.version_id == "mdl_1"
    after = house.slots(pair)[1]
    assert after[0].hold_probability > before[0].hold_probability + 0.1
    with house.house.writing() as session:
        model_versions.activate(session, None, house.clock.now())
    one_round(house.house)
    assert house.house.terms is PRIOR


def test_one_that_is_not_understood_changes_nothing(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    keep(house, document(replace(PRIOR, version="good")), "mdl_1")
    read_model(house.house)
    keep(house, {"from": "a newer release"}, "mdl_2")
    read_model(house.house)
    assert house.house.terms.version == "good"


def test_what_lies_around_a_slot_is_kept_with_what_is_booked(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    pair, mentors, _ = house.ready_pair()
    _, slots = house.slots(pair)
    house.event(mentors, slots[0].start - 3600)
    proposal, slots = house.slots(pair)
    busy = next(slot for slot in slots if slot.facts is not None and slot.facts["near"] != [0, 0])
    meeting_id = accept_slot(house.house, proposal, slot_id=busy.id, by=Seat.MENTEE)
    with house.house.reading() as session:
        assert meetings.get(session, meeting_id).first_facts == busy.facts
