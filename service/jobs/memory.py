"""Jobs in memory, run when asked, on the injected clock: for tests and simulations.

The same promise as the durable ones: a job exists if and only if the transaction that asked for it commits, and the same
key is the same job."""

from __future__ import annotations

import heapq
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from service.jobs.registry import Args, run_job
from service.ports.clock import Clock

if TYPE_CHECKING:
    from service.app.house import House

Work = tuple[int, int, str, Args, str, int]  # due, order, name, args, key, attempt
PENDING = "holdfast_jobs_asked_for"


@dataclass
class _Asked:
    """A job asked for in a transaction (or savepoint) that is still open."""

    transaction: SessionTransaction | None
    jobs: MemoryJobs
    name: str
    args: Args
    key: str
    delay: int


class MemoryJobs:
    """``ports.jobs.Jobs`` without a database. ``run_due(house)`` does what is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Work] = []
        self._keys: set[str] = set()
        self._order = 0
        self._lock = threading.Lock()

    def enqueue(self, session: Any, name: str, *args: str | int, key: str, delay: int = 0) -> None:
        """See the port."""
        if not session.in_transaction():
            session.begin()
        asked = _Asked(session.get_nested_transaction() or session.get_transaction(), self, name, args, key, delay)
        if PENDING not in session.info:
            session.info[PENDING] = []
            event.listen(session, "after_commit", _committed)
            event.listen(session, "after_transaction_end", _ended)
        session.info[PENDING].append(asked)

    def push(self, name: str, args: Args, key: str, attempt: int, delay: int) -> None:
        """Adds a job at once, outside of any transaction, unless it was there before."""
        with self._lock:
            if f"{name}:{key}+{attempt}" in self._keys:
                return
            self._keys.add(f"{name}:{key}+{attempt}")
            self._order += 1
            heapq.heappush(self._heap, (self._clock.now() + max(delay, 0), self._order, name, args, key, attempt))

    def waiting(self) -> list[tuple[int, str, Args]]:
        """What is still to be done: (due, name, args), soonest first."""
        with self._lock:
            return [(due, name, args) for due, _, name, args, _, _ in sorted(self._heap)]

    def run_due(self, house: House) -> int:
        """Runs everything that is due by the clock, and what that leads to; returns how many."""
        done = 0
        while (work := self._take()) is not None:
            _, _, name, args, key, attempt = work
            again = run_job(house, name, args, attempt)
            done += 1
            if again is not None:
                self.push(name, args, key, attempt + 1, again)
        return done

    def _take(self) -> Work | None:
        with self._lock:
            due = bool(self._heap) and self._heap[0][0] <= self._clock.now()
            return heapq.heappop(self._heap) if due else None


def _committed(session: Session) -> None:
    """A savepoint's jobs become its parent's; those of the outermost transaction begin to exist."""
    savepoint = session.get_nested_transaction()
    pending: list[_Asked] = session.info[PENDING]
    if savepoint is not None:
        for asked in pending:
            if asked.transaction is savepoint:
                asked.transaction = savepoint.parent
        return
    session.info[PENDING] = []
    for asked in pending:
        asked.jobs.push(asked.name, asked.args, asked.key, 0, asked.delay)


def _ended(session: Session, transaction: SessionTransaction) -> None:
    """Rolled back or just closed: what was asked for in it is forgotten."""
    session.info[PENDING] = [asked for asked in session.info[PENDING] if asked.transaction is not transaction]
