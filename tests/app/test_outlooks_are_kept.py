"""What is kept between two searches never changes what they find, whatever was written in between, and by whomever."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, update

from service.app import answer_slots as answers
from service.app import memory, outlooks
from service.app.answer_slots import answer_slots
from service.app.find_slots import find_slots, read_situation
from service.app.keep_pair import change_pair
from service.app.keep_person import change_person
from service.app.rank_slots import Exploration
from service.domain.busy import Busy, BusyKind
from service.domain.churn.table import CELLS, NO_CHURN, ChurnTable
from service.domain.ledger import Seat
from service.domain.stability import PRIOR
from service.domain.timespan import DAY, HOUR
from service.store.tables import Calendar, Meeting, Person
from tests.house import MONDAY, TestHouse, make_house

SHARES = [1 / 3, 1.0, 0.0]


def _forgotten() -> None:
    outlooks._kept.clear()
    outlooks._weight_kept = 0
    memory._kept.clear()
    answers._kept.clear()


def _answers(at: TestHouse, pair_id: str) -> list[bytes]:
    """What is shown, and what would be offered: drawn, with all that is stored of it."""
    found = [answer_slots(at.house, pair_id, horizon_days=days, limit=limit) for days, limit in ((28, 5), (3, 20))]
    for days, limit, seed in ((28, 5, "a"), (28, 5, "b"), (3, 20, "a")):
        situation = read_situation(at.house, pair_id, horizon_days=days)
        drawn = find_slots(at.house, situation, limit=limit, exploration=Exploration(SHARES[0], seed))
        found.append(repr((drawn.slots, drawn.basis, drawn.declined_because)).encode())
    return found


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

    def refitted() -> None:
        gamma, beta = (numbers.uniform(0.1, 0.6) for _ in range(2))
        at.house.model.use(replace(PRIOR, gamma=gamma, beta={"near": beta}, version=f"v{gamma}"), f"mdl_{gamma}")

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
        refitted,
        lambda: SHARES.append(SHARES.pop(0)),
        lambda: change_person(at.house, mentee, {"preferences": {"min_notice_hours": numbers.choice([1, 24, 72])}}),
        lambda: change_pair(at.house, pair_id, {"duration_minutes": numbers.choice([30, 60, 90])}),
    ]
    different: list[set[bytes]] = [set() for _ in range(5)]
    for _ in range(40):
        numbers.choice(happenings)()
        kept = _answers(at, pair_id)
        again = _answers(at, pair_id)
        _forgotten()
        fresh = _answers(at, pair_id)
        assert kept == again == fresh
        for seen, one in zip(different, kept, strict=True):
            seen.add(one)
    assert min(len(seen) for seen in different) > 8
    assert at.house.now() >= MONDAY


def test_little_is_kept_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _forgotten()
    at = make_house(tmp_path)
    monkeypatch.setattr(outlooks, "MOST_KEPT", 2500)
    monkeypatch.setattr(memory, "MOST_KEPT", 2)
    for _ in range(4):
        pair_id, *_ = at.ready_pair()
        find_slots(at.house, read_situation(at.house, pair_id, horizon_days=28), limit=1)
    assert len(memory._kept) == 2
    kept = sum(outlooks._weight(held) for held in outlooks._kept.values())
    assert outlooks._weight_kept == kept <= 2500
    assert len(outlooks._kept) < 4
    _forgotten()


def test_those_without_a_candidate_are_let_go_of_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _forgotten()
    at = make_house(tmp_path)
    monkeypatch.setattr(outlooks, "MOST_KEPT", 3 * outlooks.BESIDE)
    pair_id, mine, _ = at.ready_pair()
    at.event(mine, at.house.now(), 90 * 24)
    for days in range(1, 8):
        assert not find_slots(at.house, read_situation(at.house, pair_id, horizon_days=days), limit=1).slots
    assert len(outlooks._kept) == 3
    _forgotten()


def test_only_what_is_offered_is_told_of(tmp_path: Path) -> None:
    """A ranking is kept for a minute: it holds on to nothing that is made of all of a half-year's candidates."""
    at = make_house(tmp_path)
    pair_id, *_ = at.ready_pair()
    offered = set()
    for seed in "abc":
        situation = read_situation(at.house, pair_id, horizon_days=180)
        found = find_slots(at.house, situation, limit=5, exploration=Exploration(1.0, seed))
        assert all(set(slot.facts) for slot in found.slots)
        offered |= {slot.start for slot in found.slots}
    ranking = outlooks.kept_ranking(situation.ground, situation.search, situation.memory, at.house.terms, 5)
    assert {told.start for told in ranking._told.values()} == offered
    assert not {"plain", "contributions", "deviation", "_rounded"} & vars(ranking._scores).keys()
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
