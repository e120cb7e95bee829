"""Executor leases on PostgreSQL: which worker is which, and whose work a dead one left behind.

The job engine remembers which executor began a job and gives it back to an executor of that name only. So each process
leases a numbered name by a session advisory lock, which PostgreSQL frees the moment the process dies; whoever finds a free
number with work begun under it puts that work back into the queue.
"""

from __future__ import annotations

import structlog
from dbos import DBOS
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from service.domain.errors import Unreachable

log = structlog.get_logger(__name__)
PLACES = 64
LOCK_SPACE = 0x484F4C44  # "HOLD": our own corner of the advisory locks


class ExecutorLease:
    """One process's place among the workers of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._place = -1

    @property
    def name(self) -> str:
        """The executor's name, once taken."""
        return f"worker-{self._place}"

    def take(self) -> str:
        """Leases the first free place. Raises ``Unreachable`` when all are taken."""
        self._connection = self._open()
        for place in range(PLACES):
            if self._try(self._connection, place):
                self._place = place
                return self.name
        self._connection.close()
        raise Unreachable(f"All {PLACES} places for workers on this database are taken.")

    def keep(self) -> bool:
        """Whether the lease still stands; where the connection was lost, tries to take the same place again."""
        try:
            if self._connection is None:
                self._connection = self._open()
                return self._try(self._connection, self._place)
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            log.warning("lease_lost", executor=self.name)
            self.release()
            return False
        return True

    def sweep(self) -> int:
        """Puts work begun by dead workers back into the queue; returns how many jobs."""
        if self._connection is None:
            return 0
        begun = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        places = {flow.executor_id or "" for flow in begun} - {self.name}
        moved = 0
        for executor in places:
            place = executor.removeprefix("worker-")
            if not place.isdigit() or not self._try(self._connection, int(place)):
                continue  # its worker lives
            try:
                ids = [flow.workflow_id for flow in begun if flow.executor_id == executor]
                DBOS.resume_workflows(ids)
                moved += len(ids)
                log.info("work_taken_over", executor=executor, jobs=len(ids))
            finally:
                self._connection.execute(
                    text("SELECT pg_advisory_unlock(:space, :place)"), {"space": LOCK_SPACE, "place": int(place)}
                )
        return moved

    def release(self) -> None:
        """Gives the place back."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def _try(self, connection: Connection, place: int) -> bool:
        query = text("SELECT pg_try_advisory_lock(:space, :place)")
        return bool(connection.execute(query, {"space": LOCK_SPACE, "place": place}).scalar())
