"""Jobs in memory keep the promise of the port: a job exists if and only if the transaction that asked for it commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlmodel import Session

from service.domain.errors import Throttled
from service.jobs.memory import MemoryJobs
from service.ports.clock import FixedClock
from tests.jobs.jobs_at_work import Probe, with_job

HOUSE: Any = None


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_000)


@pytest.fixture
def jobs(clock: FixedClock) -> MemoryJobs:
    return MemoryJobs(clock)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = create_engine(f"sqlite:///{tmp_path}/x.sqlite")
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    return with_job(monkeypatch, "probe", (60, 600))


def names(jobs: MemoryJobs) -> list[Any]:
    return [args[0] for _, _, args in jobs.waiting()]


def test_committed(jobs: MemoryJobs, session: Session) -> None:
    with session.begin():
        jobs.enqueue(session, "probe", "a", key="a")
        assert names(jobs) == []
    assert names(jobs) == ["a"]


def test_rolled_back(jobs: MemoryJobs, session: Session) -> None:
    with pytest.raises(ValueError, match="no"), session.begin():
        jobs.enqueue(session, "probe", "a", key="a")
        raise ValueError("no")
    with session.begin():
        jobs.enqueue(session, "probe", "b", key="b")
    assert names(jobs) == ["b"]


def test_closed_without_an_end(jobs: MemoryJobs, session: Session) -> None:
    jobs.enqueue(session, "probe", "a", key="a")
    session.close()
    jobs.enqueue(session, "probe", "b", key="b")
    session.commit()
    assert names(jobs) == ["b"]


def test_a_session_used_again_fires_once(jobs: MemoryJobs, session: Session, probe: Probe) -> None:
    for _ in range(3):
        with session.begin():
            jobs.enqueue(session, "probe", "a", key=str(len(probe.ran)))
        session.connection()
        session.commit()
        jobs.run_due(HOUSE)
    assert probe.ran == [("a",)] * 3


def test_savepoints(jobs: MemoryJobs, session: Session) -> None:
    with session.begin():
        jobs.enqueue(session, "probe", "outer", key="1")
        with session.begin_nested():
            jobs.enqueue(session, "probe", "kept", key="2")
            with session.begin_nested():
                jobs.enqueue(session, "probe", "deep", key="3")
            assert names(jobs) == []
        with pytest.raises(ValueError, match="no"), session.begin_nested():
            jobs.enqueue(session, "probe", "dropped", key="4")
            with session.begin_nested():
                jobs.enqueue(session, "probe", "dropped with it", key="5")
            raise ValueError("no")
        assert names(jobs) == []
    assert names(jobs) == ["outer", "kept", "deep"]


def test_a_savepoint_kept_in_a_transaction_that_is_not(jobs: MemoryJobs, session: Session) -> None:
    with session.begin():
        with session.begin_nested():
            jobs.enqueue(session, "probe", "a", key="a")
        session.rollback()
    assert names(jobs) == []


def test_two_queues_in_one_transaction(jobs: MemoryJobs, clock: FixedClock, session: Session) -> None:
    other = MemoryJobs(clock)
    with session.begin():
        jobs.enqueue(session, "probe", "a", key="a")
        other.enqueue(session, "probe", "b", key="b")
    assert (names(jobs), names(other)) == (["a"], ["b"])


def test_the_same_key_is_the_same_job_of_its_name(jobs: MemoryJobs, session: Session, probe: Probe) -> None:
    for _ in range(2):
        with session.begin():
            jobs.enqueue(session, "probe", "a", key="k")
            jobs.enqueue(session, "probe", "a", key="k")
            jobs.enqueue(session, "another", "a", key="k")
    assert [name for _, name, _ in jobs.waiting()] == ["probe", "another"]


def test_delays_and_further_tries_follow_the_clock(
    jobs: MemoryJobs, session: Session, probe: Probe, clock: FixedClock
) -> None:
    probe.troubles = [Throttled("Wait.", retry_after=90.0)]
    with session.begin():
        jobs.enqueue(session, "probe", "later", key="1", delay=30)
        jobs.enqueue(session, "probe", "first", key="2", delay=10)
    assert jobs.run_due(HOUSE) == 0
    clock.advance(10)
    assert jobs.run_due(HOUSE) == 1
    later, again = jobs.waiting()
    assert (later, again[1:]) == ((1_030, "probe", ("later",)), ("probe", ("first",)))
    assert 1_100 <= again[0] <= 1_111, "up to an eighth longer, so that not all come back together"
    clock.advance(101)
    assert jobs.run_due(HOUSE) == 2
    assert probe.ran == [("first",), ("later",), ("first",)]
