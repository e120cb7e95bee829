"""Durable jobs on SQLite and on PostgreSQL: in the caller's transaction, once a key, in time, again after trouble."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import BadInput, Throttled, Unreachable
from service.jobs import durable, registry
from service.jobs.durable import DurableJobs
from service.jobs.registry import Job
from service.store.engine import make_engine
from service.store.migrate import migrate
from tests.databases import sqlite
from tests.jobs.jobs_at_work import AtWork, at_work, eventually, with_job


@pytest.fixture
def work(url: str, tmp_path: Path) -> Iterator[AtWork]:
    with at_work(url, tmp_path) as made:
        yield made


@pytest.fixture
def asked(url: str, tmp_path: Path) -> Iterator[AtWork]:
    """Not started: what is asked for waits."""
    with at_work(url, tmp_path, start=False) as made:
        yield made


def test_a_job_exists_if_its_transaction_commits(asked: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = with_job(monkeypatch, "probe")
    with pytest.raises(ValueError, match="no"), asked.house.writing() as session:
        asked.jobs.enqueue(session, "probe", "rolled back", key="1")
        raise ValueError("no")
    with asked.house.writing() as session:
        with pytest.raises(ValueError, match="no"), session.begin_nested():
            asked.jobs.enqueue(session, "probe", "savepoint", key="2")
            raise ValueError("no")
        asked.jobs.enqueue(session, "probe", "committed", 7, key="3")
    assert asked.states() == {"probe:3+0": "ENQUEUED"}
    asked.jobs.start(asked.house)
    eventually(asked.all_done)
    assert probe.ran == [("committed", 7)]


def test_an_open_transaction_shows_its_job_to_nobody(
    emptied_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, where another job can be done meanwhile."""
    probe = with_job(monkeypatch, "probe")
    with at_work(emptied_postgres, tmp_path) as work:
        with work.house.writing() as session:
            work.jobs.enqueue(session, "probe", "open", key="open:1")
            work.ask("probe", "other", key="open:2")
            eventually(lambda: probe.ran == [("other",)])
        eventually(lambda: len(probe.ran) == 2 and work.all_done())


def test_the_same_key_is_the_same_job(work: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    probe, other = with_job(monkeypatch, "probe"), with_job(monkeypatch, "other")
    with work.house.writing() as session:
        work.jobs.enqueue(session, "probe", "first", key="k")
        work.jobs.enqueue(session, "probe", "second", key="k")
        work.jobs.enqueue(session, "other", "third", key="k")
    eventually(lambda: probe.ran and other.ran and work.all_done())
    work.ask("probe", "once more", key="k")
    work.ask("probe", "last", key="l")
    eventually(lambda: len(probe.ran) == 2)
    assert probe.ran == [("first",), ("last",)]
    assert other.ran == [("third",)]


def test_a_delay_is_kept(work: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = with_job(monkeypatch, "probe")
    before = time.time()
    work.ask("probe", "later", key="1", delay=1)
    work.ask("probe", "now", key="2")
    eventually(lambda: len(probe.ran) == 2)
    assert probe.ran == [("now",), ("later",)]
    assert 1.0 <= probe.at[1] - before < 10


@pytest.mark.parametrize(
    ("trouble", "waits"),
    [(Unreachable("Away."), 600), (Throttled("Wait.", retry_after=1800.0), 1800), (ZeroDivisionError(), 600)],
)
def test_trouble_brings_a_further_try_at_the_planned_time(
    work: AtWork, monkeypatch: pytest.MonkeyPatch, trouble: Exception, waits: int
) -> None:
    probe = with_job(monkeypatch, "probe", (600,))
    probe.troubles = [trouble]
    work.ask("probe", "a", 1, key="k")
    eventually(lambda: work.states() == {"probe:k+0": "SUCCESS", "probe:k+1": "DELAYED"})
    [(due,)] = work.rows("SELECT delay_until_epoch_ms FROM {} WHERE status = 'DELAYED'")
    # Up to an eighth later, so that those who failed together do not all come back together.
    assert waits - 5 <= due / 1000 - probe.at[0] <= waits * 9 / 8 + 5
    work.change("UPDATE {} SET delay_until_epoch_ms = 1 WHERE status = 'DELAYED'")
    eventually(work.all_done)
    assert probe.ran == [("a", 1)] * 2
    assert probe.gave_up == []


def test_it_is_given_up_after_the_last_try(work: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = with_job(monkeypatch, "probe", (0, 0))
    probe.troubles = [Unreachable("Away."), KeyError("a fault"), last := Unreachable("Still away.")]
    work.ask("probe", "a", 1, key="k")
    eventually(lambda: len(work.states()) == 3 and work.all_done())
    assert probe.ran == [("a", 1)] * 3
    assert probe.gave_up == [("a", 1, last)]


def test_work_is_not_lost_while_the_further_try_cannot_be_written(
    work: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away just after a failed try: the try is repeated in the end, and no job is ever an ERROR."""
    from sqlalchemy.exc import OperationalError

    probe = with_job(monkeypatch, "probe", (0,))
    probe.troubles = [Unreachable("Away.")]
    real, faults = DurableJobs._enqueue, []

    def flaky(self: DurableJobs, session: Any, name: str, args: Any, key: str, attempt: int, delay: int) -> None:
        if attempt == 1 and not faults:
            faults.append(attempt)
            raise OperationalError("INSERT", {}, OSError("disk full"))
        real(self, session, name, args, key, attempt, delay)

    monkeypatch.setattr(DurableJobs, "_enqueue", flaky)
    work.ask("probe", "a", key="k")
    eventually(lambda: len(probe.ran) == 2 and work.all_done())
    assert faults == [1]


def test_what_the_process_died_of_is_taken_out_and_given_up(asked: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = with_job(monkeypatch, "probe")
    asked.ask("probe", "deadly", 1, key="k")
    attempts = durable.CRASHES + 1
    asked.change(f"UPDATE {{}} SET status = 'PENDING', executor_id = 'local', recovery_attempts = {attempts}")
    asked.jobs.start(asked.house)
    eventually(lambda: asked.states() == {"probe:k+0": durable.DEAD})
    assert probe.ran == []
    asked.jobs.look_after()
    [(*args, trouble)] = probe.gave_up
    assert args == ["deadly", 1]
    assert trouble.detail == "The process ended whenever this was tried."
    assert asked.states() == {}


def test_only_what_is_done_is_forgotten_and_only_when_it_is_old(work: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "PURGE_AT_ONCE", 3)
    probe = with_job(monkeypatch, "probe")
    gate, begun = threading.Event(), threading.Event()

    def slow(_house: Any) -> None:
        begun.set()
        gate.wait(30)

    monkeypatch.setitem(registry.JOBS, "slow", Job(slow))
    try:
        for number in range(10):
            work.ask("probe", number, key=str(number))
        work.ask("slow", key="running")
        work.ask("probe", "later", key="waiting", delay=3600)
        eventually(lambda: len(probe.ran) == 10 and begun.is_set() and len(_done(work)) == 10)
        now = datetime.now(UTC)
        assert work.jobs.purge(now - timedelta(hours=1)) == 0
        assert work.jobs.purge(now + timedelta(hours=1)) == 10
        assert work.states() == {"slow:running+0": "PENDING", "probe:waiting+0": "DELAYED"}
        for table in ("workflow_input", "workflow_output"):
            name = table if work.engine.dialect.name == "sqlite" else f"dbos.{table}"
            assert len(work.rows(f"SELECT 1 FROM {name}")) <= 2, "nothing of a forgotten job is left behind"
    finally:
        gate.set()


def _done(work: AtWork) -> list[str]:
    return [job for job, state in work.states().items() if state == "SUCCESS"]


def test_stopped_and_started_again_in_one_process(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = with_job(monkeypatch, "probe")
    with at_work(url, tmp_path) as work:
        eventually(work.jobs.alive)
        with pytest.raises(BadInput, match="runs in this process already"):
            work.jobs.start(work.house)
        with at_work(url, tmp_path, start=False) as second, pytest.raises(BadInput):
            second.jobs.start(second.house)
        assert work.jobs.alive(), "the refused ones have not stopped it"
        work.ask("probe", 1, key="1")
        eventually(lambda: len(probe.ran) == 1)
        work.jobs.stop()
        assert not work.jobs.alive()
        work.ask("probe", 2, key="2")
        work.jobs.start(work.house)
        eventually(lambda: len(probe.ran) == 2)
    with at_work(url, tmp_path, start=False) as work:
        work.ask("probe", 3, key="3")
        work.jobs.start(work.house)
        eventually(lambda: len(probe.ran) == 3 and work.all_done())


def test_stopping_waits_for_what_runs(work: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, gate, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(_house: Any) -> None:
        begun.set()
        gate.wait(30)
        ended.set()

    monkeypatch.setitem(registry.JOBS, "slow", Job(slow))
    work.ask("slow", key="1")
    assert begun.wait(30)
    threading.Timer(0.2, gate.set).start()
    work.jobs.stop()
    assert ended.is_set()
    assert work.states() == {"slow:1+0": "SUCCESS"}


def test_the_version_and_the_rows_are_ours(asked: AtWork) -> None:
    asked.ask("probe", "per_1", 2, key="k")
    assert asked.rows("SELECT application_version, application_name, queue_name FROM {}") == [("1", "holdfast", "work")]
    table = "workflow_input" if asked.engine.dialect.name == "sqlite" else "dbos.workflow_input"
    [(inputs,)] = asked.rows(f"SELECT inputs FROM {table}")
    assert '"per_1"' in inputs, "JSON, that an operator can read and that holds no code"


def test_the_engine_is_quiet(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    probe = with_job(monkeypatch, "probe")
    with caplog.at_level(logging.INFO), at_work(url, tmp_path) as work:
        work.ask("probe", key="1")
        eventually(lambda: probe.ran and work.all_done())
        logging.getLogger("dbos").warning("heard")
    out, _ = capfd.readouterr()
    assert out == ""
    said = [record.getMessage() for record in caplog.records if record.name.startswith("dbos")]
    assert said == ["heard"], "warnings come through our logs; nothing else does"
    written = caplog.text + "".join(capfd.readouterr())
    assert "dbos.dev" not in written
    assert not any(isinstance(h, logging.StreamHandler) for h in logging.getLogger("dbos").handlers)


def test_many_threads_enqueue_while_jobs_run(work: AtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told that the database is locked, and nothing is lost or done twice."""
    probe = with_job(monkeypatch, "probe")
    faults: list[BaseException] = []

    def ask(thread: int) -> None:
        try:
            for number in range(15):
                work.ask("probe", thread, number, key=f"{thread}-{number}")
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    eventually(lambda: len(probe.ran) >= 120 and work.all_done())
    assert sorted(probe.ran) == [(thread, number) for thread in range(8) for number in range(15)]


def test_enqueueing_works_before_anything_was_started(tmp_path: Path) -> None:
    """On a fresh database the job engine's tables are there with ours: a request may come before the worker."""
    with sqlite(tmp_path) as url:
        engine = make_engine(url)
        migrate(engine)
        with at_work(url, tmp_path, start=False) as work:
            work.ask("probe", key="1")
            assert list(work.states().values()) == ["ENQUEUED"]
        engine.dispose()
