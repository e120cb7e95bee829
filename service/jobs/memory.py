"""Jobs in memory, run when asked, on the injected clock: for tests and simulations.

The same promise as the durable ones: a job exists if and only if the transaction that asked for it commits."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from service.jobs.registry import run_job
from service.ports.clock import Clock

if TYPE_CHECKING:
    from service.app.house import House

Work = tuple[int, int, str, tuple[str | int, ...], str, int]  # due, order, name, args, key, attempt


class MemoryJobs:
    """``ports.jobs.Jobs`` without a database. ``run_due(house)`` does what is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Work] = []
        self._keys: set[str] = set()
        self._order = 0

    def enqueue(self, session: Any, name: str, *args: str | int, key: str, delay: int = 0) -> None:
        """See the port."""

        def committed(_session: Any) -> None:
            self._push(name, args, key, 0, delay)

        _once_after_commit(session, committed)

    def _push(self, name: str, args: tuple[str | int, ...], key: str, attempt: int, delay: int) -> None:
        if f"{key}+{attempt}" in self._keys:
            return
        self._keys.add(f"{key}+{attempt}")
        self._order += 1
        heapq.heappush(self._heap, (self._clock.now() + delay, self._order, name, args, key, attempt))

    def waiting(self) -> list[tuple[int, str, tuple[str | int, ...]]]:
        """What is still to be done: (due, name, args), soonest first."""
        return [(due, name, args) for due, _, name, args, _, _ in sorted(self._heap)]

    def run_due(self, house: House) -> int:
        """Runs everything that is due by the clock, and what that leads to; returns how many."""
        done = 0
        while self._heap and self._heap[0][0] <= self._clock.now():
            _, _, name, args, key, attempt = heapq.heappop(self._heap)
            again = run_job(house, name, args, attempt)
            done += 1
            if again is not None:
                self._push(name, args, key, attempt + 1, again)
        return done


def _once_after_commit(session: Any, action: Callable[[Any], None]) -> None:
    state = {"live": True}

    def after_commit(committed: Any) -> None:
        if state["live"]:
            state["live"] = False
            action(committed)

    def after_rollback(_session: Any) -> None:
        state["live"] = False

    event.listen(session, "after_commit", after_commit)
    event.listen(session, "after_rollback", after_rollback)
