"""Executor leases on PostgreSQL: which worker is which, and whose work a dead one left behind.

The job engine remembers the name of the worker that began a job and gives the job back to a worker of that name only. So
each worker holds its name by a session advisory lock, which PostgreSQL frees the moment the worker dies, and whoever finds
work begun under a name that nobody holds puts it back into the queue. A name is drawn afresh at every start and never used
again: two live workers cannot come to share one, whatever happens to their connections.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from service.domain.errors import Unreachable

log = structlog.get_logger(__name__)

# A worker whose machine is gone is noticed after 10 + 3 * 5 seconds, not after the system's two hours.
WATCH_THE_LINE = (
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)


class ExecutorLease:
    """One worker's hold on its name. Not thread-safe: one thread takes, keeps, sweeps and releases."""

    def __init__(self, engine: Engine, *, grace: float, now: Callable[[], float] = time.monotonic) -> None:
        """``grace``: for how many seconds a name must be free before its work is taken over, so that a worker that only
        lost its connection has time to take its name again."""
        # Its session is the lease: it comes from no pool and goes back to none.
        self._engine = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._grace = grace
        self._now = now
        self._connection: Connection | None = None
        self._free_since: dict[str, float] = {}
        self.name = ""

    def take(self) -> str:
        """Draws a name and holds it. Raises ``Unreachable`` where the database is away."""
        self.name = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            self._connection = self._open()
            taken = self._try(self._connection, self.name)
        except SQLAlchemyError as error:
            self.release()
            raise Unreachable(f"The database is away ({type(error).__name__}).") from None
        if not taken:
            self.release()
            raise Unreachable("The worker's name is taken; start it once more.")
        return self.name

    def keep(self) -> bool:
        """Whether the name is held; where the connection was lost, the same name is taken again at once if it can be."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
        except SQLAlchemyError:
            log.warning("lease_lost", executor=self.name)
            self.release()
        try:
            connection = self._open()
            if not self._try(connection, self.name):  # our lost session is not buried yet, or someone looks after us
                connection.close()
                return False
        except SQLAlchemyError:
            return False
        self._connection = connection
        log.warning("lease_taken_again", executor=self.name)
        return True

    def sweep(self, begun_by: Iterable[str], take_over: Callable[[str], int]) -> int:
        """Has the work of dead workers put back into the queue; returns how many jobs.

        ``begun_by``: the names under which work is begun. ``take_over(name)`` is called while that name is held here, so
        that nobody else sweeps it at the same moment."""
        if self._connection is None:
            return 0
        moved = 0
        names = set(begun_by) - {self.name}
        self._free_since = {name: since for name, since in self._free_since.items() if name in names}
        for name in names:
            if not self._try(self._connection, name):
                self._free_since.pop(name, None)  # its worker lives
                continue
            try:
                if self._now() - self._free_since.setdefault(name, self._now()) >= self._grace:
                    jobs = take_over(name)
                    moved += jobs
                    log.warning("work_taken_over", executor=name, jobs=jobs)
            finally:
                self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(name)})
        return moved

    def release(self) -> None:
        """Gives the name back; giving back twice is fine."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        connection = self._engine.connect()
        try:
            for setting in WATCH_THE_LINE:
                connection.exec_driver_sql(setting)
        except SQLAlchemyError:
            connection.close()
            raise
        return connection

    def _try(self, connection: Connection, name: str) -> bool:
        return bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _key(name)}).scalar())


def _key(name: str) -> int:
    digest = hashlib.sha256(f"holdfast worker {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
