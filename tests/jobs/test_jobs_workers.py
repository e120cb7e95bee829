"""Several workers on one PostgreSQL database: they share the work, and nobody's work is lost with him."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from service.domain.errors import Unreachable
from service.jobs.leases import ExecutorLease
from service.jobs.registry import JOBS, Job
from service.ports.clock import FixedClock
from service.store.engine import make_engine
from tests.jobs.jobs_at_work import AtWork, at_work, eventually
from tests.jobs.jobs_child import effect
from tests.jobs.jobs_family import children, effects

LOCKS = (
    "SELECT pid, ((classid::bigint << 32) | objid::bigint) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    made = make_engine(postgres_url)
    yield made
    made.dispose()


def begun_by(work: AtWork) -> Counter[str]:
    return Counter(row[0] for row in work.rows("SELECT executor_id FROM {} WHERE status = 'PENDING'"))


def finishing(folder: Path) -> Job:
    """The children's gated job, as one that finds the gate open."""
    return Job(lambda _house, number: effect(folder, f"gated {number} here"))


@pytest.mark.slow
def test_three_workers_share_the_work_and_each_job_runs_once(postgres_url: str, tmp_path: Path) -> None:
    jobs = 40  # two workers hold 32: all three are needed to begin all at once
    with at_work(postgres_url, tmp_path, start=False) as work:
        with children(postgres_url, tmp_path, count=3) as workers:
            names = {worker.ready() for worker in workers}
            assert len(names) == 3
            with work.house.writing() as session:
                for number in range(jobs):
                    work.jobs.enqueue(session, "gated", number, key=str(number))
            eventually(lambda: sum(begun_by(work).values()) == jobs)
            assert set(begun_by(work)) == names
            for worker in workers:
                worker.go_on()
            eventually(work.all_done)
            said = [worker.end() for worker in workers]
        assert said == [0, 0, 0]
        done = [line.split() for line in effects(tmp_path)]
        assert sorted(int(number) for _, number, _ in done) == list(range(jobs))
        assert {int(pid) for _, _, pid in done} == {worker.pid for worker in workers}


@pytest.mark.slow
def test_a_workers_work_is_left_alone_while_it_lives_and_taken_over_when_it_is_killed(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOBS, "gated", finishing(tmp_path))
    looks: list[int] = []
    sweep = ExecutorLease.sweep

    def counted(*args: Any) -> int:
        looks.append(1)
        return sweep(*args)

    monkeypatch.setattr(ExecutorLease, "sweep", counted)
    with at_work(postgres_url, tmp_path, start=False) as work, children(postgres_url, tmp_path) as [worker]:
        name = worker.ready()
        for number in range(3):
            work.ask("gated", number, key=str(number))
        worker.hear_all({f"begun {number}" for number in range(3)})
        work.jobs.start(work.house)
        assert work.jobs.worker != name
        eventually(lambda: len(looks) >= 5)
        with work.engine.begin() as connection:  # every worker loses its connection for a moment
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({LOCKS}) WHERE pid <> pg_backend_pid()"))
        looks.clear()
        eventually(lambda: len(looks) >= 5)
        assert begun_by(work) == {name: 3}, "it lives, and however long it takes, its work is its own"
        worker.kill()
        eventually(work.all_done)
        assert sorted(effects(tmp_path)) == [f"gated {number} here" for number in range(3)]


@pytest.mark.slow
def test_a_killed_workers_work_is_taken_over_by_one_who_comes_later(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOBS, "gated", finishing(tmp_path))
    with at_work(postgres_url, tmp_path, start=False) as work, children(postgres_url, tmp_path) as [worker]:
        name = worker.ready()
        for number in range(3):
            work.ask("gated", number, key=str(number))
        worker.hear_all({f"begun {number}" for number in range(3)})
        assert begun_by(work) == {name: 3}
        worker.kill()
        work.jobs.start(work.house)
        eventually(work.all_done)
        assert sorted(effects(tmp_path)) == [f"gated {number} here" for number in range(3)]


def test_names_are_never_shared(engine: Engine) -> None:
    first, second = (ExecutorLease(engine, grace=0) for _ in range(2))
    names = {first.take(), second.take()}
    assert len(names) == 2
    second.release()
    second.name = first.name  # as if by some accident
    assert not second.keep(), "a held name cannot be had"
    assert first.keep()
    first.release()
    assert second.keep()
    assert not first.keep()
    second.release()
    third = ExecutorLease(engine, grace=0)
    assert third.take() not in names
    third.release()


def test_a_lost_connection_is_noticed_and_the_same_name_taken_again(engine: Engine) -> None:
    now = FixedClock(0)
    lease, other = (ExecutorLease(engine, grace=10, now=lambda: float(now.at)) for _ in range(2))
    name = lease.take()
    other.take()
    taken: list[str] = []

    def take_over(worker: str) -> int:
        taken.append(worker)
        return 1

    assert other.sweep([name, other.name], take_over) == 0
    cut(engine, lease)
    assert other.sweep([name], take_over) == 0, "it is given time"
    now.advance(9)
    assert other.sweep([name], take_over) == 0
    assert lease.keep(), "noticed, and taken again"
    assert lease.name == name
    assert other.sweep([name], take_over) == 0
    now.advance(9)
    assert other.sweep([name], take_over) == 0, "it lives, and its time begins anew"
    cut(engine, lease)
    assert other.sweep([name], take_over) == 0
    now.advance(10)
    assert other.sweep([name], take_over) == 1
    assert taken == [name]
    assert lease.keep(), "whoever looks after a name does not keep it"
    for each in (lease, other):
        each.release()
    with engine.connect() as connection:
        assert connection.execute(text(LOCKS)).all() == []


def test_while_the_own_connection_is_away_nothing_is_taken_over(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = ExecutorLease(engine, grace=0)
    lease.take()
    cut(engine, lease)
    monkeypatch.setattr(lease, "_engine", create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    assert not lease.keep()
    assert not lease.keep()
    assert lease.sweep(["somebody"], lambda _name: pytest.fail("taken over")) == 0
    lease.release()


def test_no_database_no_name() -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(Unreachable):
        ExecutorLease(nowhere, grace=0).take()


def cut(engine: Engine, lease: ExecutorLease) -> None:
    """Ends the database session in which a name is held, from outside."""
    assert lease._connection is not None
    pid = lease._connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
