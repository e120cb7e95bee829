"""Durable jobs for tests: a house on a real database, its worker, and the rows behind them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from service.app.house import House
from service.jobs import durable, registry
from service.jobs.durable import DurableJobs
from service.jobs.registry import Job
from service.store.engine import make_engine
from service.store.migrate import migrate
from tests.house import TestHouse, make_house

DEADLINE = 30.0


def eventually(condition: Callable[[], Any], *, seconds: float = DEADLINE) -> Any:
    """Waits until ``condition()`` is true, and returns what it gave. Fails at the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        pause.wait(0.02)
    return found


@dataclass
class Probe:
    """A job that writes down how it was run. ``troubles`` are raised first, one a try."""

    ran: list[tuple[Any, ...]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    gave_up: list[tuple[Any, ...]] = field(default_factory=list)
    troubles: list[BaseException] = field(default_factory=list)

    def run(self, _house: House, *args: str | int) -> None:
        """The use case."""
        self.at.append(time.time())
        self.ran.append(args)
        if self.troubles:
            raise self.troubles.pop(0)

    def give_up(self, _house: House, *args: Any) -> None:
        """What follows the last try."""
        self.gave_up.append(args)


@dataclass
class AtWork:
    """A house, its durable jobs (started or not) and a look at their rows."""

    test_house: TestHouse
    house: House
    jobs: DurableJobs

    @property
    def engine(self) -> Engine:
        """The house's engine."""
        return self.house.engine

    def ask(self, name: str, *args: str | int, key: str, delay: int = 0) -> None:
        """Enqueues in a transaction of its own."""
        with self.house.writing() as session:
            self.jobs.enqueue(session, name, *args, key=key, delay=delay)

    def states(self) -> dict[str, str]:
        """The job engine's own view: workflow id -> status."""
        return {row[0]: row[1] for row in self.rows("SELECT workflow_uuid, status FROM {}")}

    def rows(self, query: str) -> list[Any]:
        """Reads from the job engine's table (``{}``)."""
        table = "workflow_status" if self.engine.dialect.name == "sqlite" else "dbos.workflow_status"
        with self.engine.connect() as connection:
            return list(connection.execute(text(query.format(table))).all())

    def change(self, query: str) -> None:
        """Writes to it."""
        table = "workflow_status" if self.engine.dialect.name == "sqlite" else "dbos.workflow_status"
        with self.engine.begin() as connection:
            connection.execute(text(query.format(table)))

    def all_done(self) -> bool:
        """Whether nothing waits, runs or hangs."""
        return set(self.states().values()) <= {"SUCCESS"}


@contextmanager
def at_work(url: str, folder: Path, *, start: bool = True, poll: float = 0.05, watch: float = 0.2) -> Iterator[AtWork]:
    """A migrated database with its worker, stopped in the end."""
    engine = make_engine(url)
    migrate(engine)
    jobs = DurableJobs(engine, poll_seconds=poll, watch_seconds=watch)
    made = make_house(folder, engine=engine)
    house = dataclasses.replace(made.house, jobs=jobs)
    if start:
        jobs.start(house)
    try:
        yield AtWork(dataclasses.replace(made, house=house), house, jobs)
    finally:
        jobs.stop()
        engine.dispose()


def with_job(monkeypatch: Any, name: str, retries: tuple[int, ...] = (), *, give_up: bool = True) -> Probe:
    """Registers a probe as a job."""
    probe = Probe()
    monkeypatch.setitem(registry.JOBS, name, Job(probe.run, retries, probe.give_up if give_up else None))
    return probe


__all__ = ["AtWork", "Probe", "at_work", "durable", "eventually", "with_job"]
