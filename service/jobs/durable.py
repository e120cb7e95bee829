"""Durable jobs on DBOS: enqueued inside our own transaction, run by this process, taken up again after a crash.

One workflow, one step: the use case itself, which is idempotent. DBOS adds what we must not build ourselves: the queue,
delays, at-least-once execution and recovery.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dbos import DBOS, DBOSClient
from sqlalchemy import Engine
from sqlmodel import Session

from service.jobs.leases import ExecutorLease
from service.jobs.registry import run_job
from service.store.engine import is_sqlite, make_jobs_engine, writing

if TYPE_CHECKING:
    from service.app.house import House

APPLICATION = "holdfast"
QUEUE = "work"
WORKFLOW = "job"
# Fixed: a job enqueued by one release is run by the next.
VERSION = "1"
POLL_SECONDS = 0.15
KEEP_DAYS = 7
PURGE_AT_ONCE = 500
PURGE_EVERY = 600.0


class DurableJobs:
    """``ports.jobs.Jobs`` on the house's own database. ``start(house)`` begins to work; enqueueing needs no start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        url = engine.url.render_as_string(hide_password=False)
        self._url = url
        self._jobs_engine = make_jobs_engine(url)
        self._client: DBOSClient | None = None
        self._dbos: DBOS | None = None
        self._lease: ExecutorLease | None = None
        self._purge_at = 0.0

    def _enqueuer(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(
                system_database_url=self._url, system_database_engine=self._jobs_engine, application_name=APPLICATION
            )
        return self._client

    def enqueue(self, session: Any, name: str, *args: str | int, key: str, delay: int = 0) -> None:
        """See the port."""
        self._enqueue(session, name, args, key, 0, delay)

    def _enqueue(
        self, session: Session, name: str, args: tuple[str | int, ...], key: str, attempt: int, delay: int
    ) -> None:
        options: dict[str, Any] = {
            "queue_name": QUEUE,
            "workflow_name": WORKFLOW,
            "workflow_id": f"{name}:{key}+{attempt}",
            "app_version": VERSION,
        }
        if delay > 0:
            options["delay_seconds"] = float(delay)
        self._enqueuer().enqueue_in_transaction(session, options, name, list(args), key, attempt)  # type: ignore[arg-type]

    def _make(self, *, executor_id: str) -> None:
        config: dict[str, Any] = {
            "name": APPLICATION,
            "system_database_url": self._url,
            "application_version": VERSION,
            "executor_id": executor_id,
            "log_level": "WARNING",
            "run_migrations": True,
        }
        if self._jobs_engine is not None:
            config["system_database_engine"] = self._jobs_engine
        self._dbos = DBOS(config=config)  # type: ignore[arg-type]

    def start(self, house: House) -> None:
        """Begins to work: takes up what a crash left, then the queue."""
        logging.getLogger("dbos").setLevel(logging.WARNING)
        if not is_sqlite(self._engine):
            self._lease = ExecutorLease(self._engine)
        self._make(executor_id=self._lease.take() if self._lease else "local")

        @DBOS.step(name="run")
        def step(name: str, args: list[str | int], attempt: int) -> int | None:
            return run_job(house, name, tuple(args), attempt)

        @DBOS.workflow(name=WORKFLOW)
        def job(name: str, args: list[str | int], key: str, attempt: int) -> None:
            again = step(name, args, attempt)
            if again is not None:
                with writing(self._engine) as session:
                    self._enqueue(session, name, tuple(args), key, attempt + 1, again)

        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=8 if is_sqlite(self._engine) else 16, polling_interval_sec=POLL_SECONDS
        )

    def look_after(self) -> None:
        """Now and then: keeps our place among the workers, takes over what a dead one began, forgets what is long done."""
        if self._lease is not None and self._lease.keep():
            self._lease.sweep()
        if time.monotonic() >= self._purge_at:
            self._purge_at = time.monotonic() + PURGE_EVERY
            self._purge()

    def _purge(self) -> None:
        horizon = datetime.now(UTC) - timedelta(days=KEEP_DAYS)
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=horizon.isoformat(),
            limit=PURGE_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if done:
            DBOS.delete_workflows([flow.workflow_id for flow in done])

    def stop(self) -> None:
        """Finishes what runs and stops."""
        if self._dbos is not None:
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=10)
            self._dbos = None
        if self._client is not None:
            self._client.destroy()
            self._client = None
        if self._lease is not None:
            self._lease.release()
            self._lease = None
