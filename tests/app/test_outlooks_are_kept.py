"""What is kept between two searches never changes what they find, whatever was written in between, and by whomever."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import col, update

from service.app import answer_slots as answers
from service.app import memory, outlooks
from service.app.answer_slots import answer_slots
from service.app.find_slots import find_slots, read_situation
from service.app.keep_person import change_person
from service.domain.busy import Busy, BusyKind
from service.domain.churn.table import CELLS, NO_CHURN, ChurnTable
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.store.tables import Calendar, Meeting, Person
from tests.house import MONDAY, TestHouse, make_house


def _forgotten() -> None:
    outlooks._kept.clear()
    outlooks._candidates = 0
    memory._kept.clear()
    answers._kept.clear()


def _answers(at: TestHouse, pair_id: str) -> list[bytes]:
    return [answer_slots(at.house, pair_id, horizon_days=days, limit=limit) for days, limit in ((28, 5), (3, 20))]


@pytest.mark.parametrize("seed", range(3))
def test_kept_or_not_the_answer_is_the_same(tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    at = make_house(tmp_path)
    mentor, mentee = at.person("Marta", "America/New_York"), at.person("Emil")
    mine, theirs = at.local(mentor), at.local(mentee)
    pair_id = at.pair(mentor, mentee)
    other = at.pair(mentor, at.person("Third"))

    def churned() -> None:
        table = ChurnTable(NO_CHURN.steps + numbers.randrange(-9, 9), 8)
        assert table.steps.size == CELLS
        with at.house.writing() as session:
            session.exec(update(Person).where(col(Person.id) == mentor).values(churn_table=table.pack()))

    def read() -> None:
        start = at.house.now() + numbers.randrange(0, 20 * 24) * HOUR
        busy = Busy.of([(start, start + 2 * HOUR, BusyKind.OUT_OF_OFFICE)])
        with at.house.writing() as session:
            session.exec(update(Calendar).where(col(Calendar.id) == theirs).values(busy=busy.pack()))

    def outcome() -> None:
        word = numbers.choice(["held", "moved", "cancelled"])
        with at.house.writing() as session:
            session.exec(update(Meeting).values(first_outcome=word, first_outcome_at=at.house.now()))

    def counted() -> None:
        with at.house.writing() as session:
            session.exec(update(Calendar).where(col(Calendar.id) == mine).values(counts=numbers.random() < 0.7))

    happenings: list[Callable[[], object]] = [
        lambda: at.event(mine, at.house.now() + numbers.randrange(0, 20 * 24) * HOUR),
        lambda: at.booked(pair_id, rank=numbers.randrange(3)),
        lambda: at.booked(other, by=Seat.MENTOR),
        lambda: change_person(at.house, mentor, {"preferences": {"buffer_minutes": numbers.choice([0, 15, 30])}}),
        lambda: change_person(at.house, mentee, {"time_zone": numbers.choice(["Europe/Berlin", "Africa/Lagos"])}),
        lambda: at.clock.advance(numbers.choice([1, 59, HOUR, DAY])),
        churned,
        read,
        outcome,
        counted,
    ]
    different = set()
    for _ in range(25):
        numbers.choice(happenings)()
        kept = _answers(at, pair_id)
        again = _answers(at, pair_id)
        _forgotten()
        fresh = _answers(at, pair_id)
        assert kept == again == fresh
        different.add(kept[0])
    assert len(different) > 8
    assert at.house.now() >= MONDAY


def test_little_is_kept_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _forgotten()
    at = make_house(tmp_path)
    monkeypatch.setattr(outlooks, "MOST_CANDIDATES", 2500)
    monkeypatch.setattr(memory, "MOST_KEPT", 2)
    for _ in range(4):
        pair_id, *_ = at.ready_pair()
        find_slots(at.house, read_situation(at.house, pair_id, horizon_days=28), limit=1)
    assert len(memory._kept) == 2
    kept = sum(held.outlook.candidates.starts.size for held in outlooks._kept.values())
    assert outlooks._candidates == kept <= 2500
    assert len(outlooks._kept) < 4
    _forgotten()


def test_an_answer_is_kept_for_a_minute_and_a_change_shows_at_once(tmp_path: Path) -> None:
    _forgotten()
    at = make_house(tmp_path)
    mentor = at.person("Marta", "America/New_York")
    mine = at.local(mentor)
    pair_id = at.pair(mentor, at.person("Emil"))
    assert at.house.now() % 60 == 0
    at.clock.advance(1)
    first = answer_slots(at.house, pair_id)
    at.clock.advance(58)
    assert answer_slots(at.house, pair_id) is first
    at.clock.advance(1)
    later = answer_slots(at.house, pair_id)
    assert later is not first
    assert answer_slots(at.house, pair_id, limit=4) != later
    start = read_situation(at.house, pair_id, horizon_days=28).search.not_before
    at.event(mine, start, 27 * 24)
    assert answer_slots(at.house, pair_id) != later
    kept = {id_ for id_, _ in answers._kept}
    _forgotten()
    assert kept == {pair_id}


def test_a_search_goes_by_minutes_and_shortens_nobodys_notice(tmp_path: Path) -> None:
    at = make_house(tmp_path)
    pair_id, *_ = at.ready_pair()
    at.clock.advance(17)
    search = read_situation(at.house, pair_id, horizon_days=28).search
    assert search.now == at.house.now() - 17
    assert search.not_before % 60 == 0
    assert search.not_before - DAY == at.house.now() + 43


def test_few_answers_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _forgotten()
    at = make_house(tmp_path)
    monkeypatch.setattr(answers, "MOST_KEPT", 2)
    pair_id, *_ = at.ready_pair()
    for limit in range(1, 5):
        answer_slots(at.house, pair_id, limit=limit)
    assert [limit for _, limit in answers._kept] == [3, 4]
    _forgotten()
