"""Both of a pair act in the same moment, on either database: each act counts, and what follows happens once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from service.app.answer_drift import answer_drift
from service.app.drift import offer_drift
from service.app.end_pair import end_pair
from service.app.hold_review import answer_review, open_review
from service.app.last_meeting import wish_last_meeting
from service.app.report_outcome import report_outcome
from service.domain.drift import DriftStep
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.domain.review import Because, Choice
from service.store import meetings, pairs, proposals, reviews
from service.store.engine import make_engine
from service.store.leave_tables import FarewellWish, ReviewChoice
from service.store.migrate import migrate
from tests.databases import postgres, sqlite
from tests.house import TestHouse, make_house


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestHouse]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        yield make_house(tmp_path, engine=engine)
        engine.dispose()


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Runs them at the same time; returns what they raised."""
    gate, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except Exception as trouble:
            raised.append(trouble)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def types(house: TestHouse, pair: str) -> list[str]:
    with house.house.reading() as session:
        return [entry.type.value for entry in pairs.ledger(session, pair)]


def test_two_outcomes_two_choices_two_steps_two_wishes(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    with house.house.reading() as session:
        house.clock.at = meetings.get(session, meeting).end
    assert at_once(*(lambda s=s: report_outcome(house.house, meeting, by=s, happened=True) for s in Seat)) == []  # type: ignore[misc]
    assert (types(house, pair).count("outcome.reported"), types(house, pair).count("meeting.held")) == (2, 1)

    with house.house.writing() as session:
        open_review(house.house, session, pairs.locked(session, pair), Because.DATE)
    with house.house.reading() as session:
        review = reviews.open_of(session, [pair])[pair].id
    choose = [lambda s=s: answer_review(house.house, review, by=s, choice=Choice.SLOW_DOWN) for s in Seat]  # type: ignore[misc]
    assert at_once(*choose) == []
    assert (types(house, pair).count("review.agreed"), types(house, pair).count("pair.slowed")) == (1, 1)

    with house.house.writing() as session:
        drift = offer_drift(house.house, session, pairs.locked(session, pair))
    assert drift is not None
    steps = (DriftStep.SLOWER, DriftStep.GO_ON)
    raised = at_once(*(lambda s=s: answer_drift(house.house, drift, step=s) for s in steps))  # type: ignore[misc]
    assert [type(trouble) for trouble in raised] == [NotNow]
    assert types(house, pair).count("drift.closed") == 1

    assert at_once(*(lambda s=s: end_pair(house.house, pair, by=s, last_meeting=True) for s in Seat)) == []  # type: ignore[misc]
    assert types(house, pair).count("pair.ended") == 1
    assert at_once(*(lambda s=s: wish_last_meeting(house.house, pair, by=s, wish=True) for s in Seat)) == []  # type: ignore[misc]
    house.run()
    with house.house.reading() as session:
        assert len(proposals.open_of(session, pair)) == 1
        assert (session.exec(select(ReviewChoice)).all(), session.exec(select(FarewellWish)).all()) == ([], [])
