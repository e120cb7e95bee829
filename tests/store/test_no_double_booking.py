"""No double booking by construction: threads and processes race for the same time, and exactly one wins."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from service.app.answer_proposal import accept_slot
from service.domain.errors import Conflict, TimeGone
from service.domain.ledger import Seat
from service.domain.timespan import DAY, Span
from service.store import claims, meetings, pairs
from service.store.engine import make_engine
from service.store.migrate import migrate
from service.store.tables import Claim
from tests.databases import postgres, sqlite
from tests.house import TestHouse, make_house


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as address:
        yield address


@pytest.fixture
def house(url: str, tmp_path: Path) -> Iterator[TestHouse]:
    engine = make_engine(url)
    migrate(engine)
    yield make_house(tmp_path, engine=engine)
    engine.dispose()


def two_pairs_of_one_mentor(house: TestHouse) -> list[tuple[str, str, int]]:
    """Two proposals of one mentor's two pairs: ``(proposal, slot, start)`` with the same start."""
    mentor = house.person("Marta Mentor")
    house.local(mentor)
    found = []
    for name in ("Emil", "Eva"):
        mentee = house.person(name)
        house.local(mentee)
        proposal, slots = house.slots(house.pair(mentor, mentee))
        found.append((proposal, slots[0].id, slots[0].start))
    assert found[0][2] == found[1][2]
    return found


def overlapping(house: TestHouse) -> int:
    """How many pairs of claims of one person overlap."""
    with house.house.reading() as session:
        rows = session.exec(select(Claim)).all()
    return sum(
        1
        for i, a in enumerate(rows)
        for b in rows[i + 1 :]
        if a.person_id == b.person_id and a.start < b.end and b.start < a.end
    )


def race(calls: list[Any]) -> list[Any]:
    """Runs all calls at once; returns results and exceptions in order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        gate.wait()
        try:
            results[index] = calls[index]()
        except Conflict as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_accepting_one_slot_at_once(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, slots = house.slots(pair)
    results = race(
        [
            lambda by=by: accept_slot(house.house, proposal, slot_id=slots[0].id, by=by)
            for by in [Seat.MENTOR, Seat.MENTEE] * 4
        ]
    )
    assert sum(isinstance(result, str) for result in results) == 1
    with house.house.reading() as session:
        assert len(meetings.of_pair(session, pair, cursor=None, limit=10)[0]) == 1
        assert [e.type.value for e in pairs.ledger(session, pair)].count("meeting.booked") == 1


def test_two_pairs_of_one_mentor_want_the_same_time_at_once(house: TestHouse) -> None:
    offers = two_pairs_of_one_mentor(house)
    results = race([lambda o=o: accept_slot(house.house, o[0], slot_id=o[1], by=Seat.MENTEE) for o in offers])
    assert sum(isinstance(result, str) for result in results) == 1
    [lost] = [result for result in results if not isinstance(result, str)]
    assert isinstance(lost, TimeGone)
    assert lost.extra["slots"], "the one who lost is given fresh slots"
    assert all(slot["start"] != offers[0][2] for slot in lost.extra["slots"])
    assert overlapping(house) == 0


def test_the_claim_itself_holds_without_any_look_before_it(house: TestHouse) -> None:
    """The last line of defence: many claims of overlapping times at once, straight on the store."""
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
        people = [claim.person_id for claim in session.exec(select(Claim)).all()]
        proposal = row.proposal_id
    facts = row.model_dump()
    ids = [f"mtg_race_{i}" for i in range(8)]
    with house.house.writing() as session:
        for id_ in ids:
            session.add(type(row)(**{**facts, "id": id_, "slot_id": None, "ics_uid": id_, "proposal_id": proposal}))

    def claim(index: int) -> Any:
        start = row.start + 40 * DAY + index * 600
        with house.house.writing() as session:
            taken = claims.claim(session, ids[index], people, Span(start, start + 3600))
        return taken or ids[index]

    results = race([lambda i=i: claim(i) for i in range(8)])
    assert overlapping(house) == 0
    assert sum(isinstance(result, str) for result in results) >= 1


def _accept_in_process(url: str, folder: str, proposal: str, slot: str, gate: Any, results: Any) -> None:
    engine = make_engine(url)
    house = make_house(Path(folder), engine=engine)
    gate.wait()
    try:
        results.put(accept_slot(house.house, proposal, slot_id=slot, by=Seat.MENTEE))
    except Conflict as error:
        results.put(error.code)
    engine.dispose()


@pytest.mark.slow
def test_processes_race_too(house: TestHouse, url: str, tmp_path: Path) -> None:
    offers = two_pairs_of_one_mentor(house) * 2
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(len(offers)), context.Queue()
    children = [
        context.Process(target=_accept_in_process, args=(url, str(tmp_path), o[0], o[1], gate, results)) for o in offers
    ]
    for child in children:
        child.start()
    answers = [results.get(timeout=90) for _ in offers]
    for child in children:
        child.join(timeout=30)
    assert sum(answer.startswith("mtg_") for answer in answers) == 1
    assert overlapping(house) == 0
