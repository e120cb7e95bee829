"""Durable jobs on DBOS: enqueued inside our own transaction, run by this process, taken up again after a crash.

One workflow without steps: the use case itself, which is idempotent. DBOS adds what we must not build ourselves: the queue,
delays, at-least-once execution and recovery. A further try is a new job with a delay, so that no worker sleeps.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from dbos import DBOS, DBOSClient, WorkflowSerializationFormat
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from service.domain.errors import BadInput, ProviderTrouble
from service.jobs.compiled import compile_once
from service.jobs.leases import ExecutorLease
from service.jobs.registry import Args, give_up_job, run_job
from service.store.engine import is_sqlite, make_jobs_engine, writing

if TYPE_CHECKING:
    from service.app.house import House

log = structlog.get_logger(__name__)

APPLICATION = "holdfast"
QUEUE = "work"
WORKFLOW = "job"
# Fixed: a job enqueued by one release is run by the next.
VERSION = "1"
POLL_SECONDS = 0.2
WATCH_SECONDS = 2.0
AT_ONCE = 16  # jobs a process runs at a time: they mostly wait for others
CRASHES = 20  # a job that was there whenever the process died is taken out after so many times
KEEP_DONE = timedelta(days=1)
PURGE_AT_ONCE = 500
PURGE_EVERY = 600.0
STOP_SECONDS = 10
DONE = ["SUCCESS", "ERROR", "CANCELLED"]
DEAD = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"

_one_at_a_time = threading.Lock()


class _Stopping(BaseException):
    """Leaves a job as begun, to be taken up again: no ``Exception``, which the job engine would write down as its end."""


class DurableJobs:
    """``ports.jobs.Jobs`` on the house's own database, whose tables for it are made here where they are missing.

    ``start(house)`` begins to work; enqueueing needs no start. One may work in a process at a time."""

    def __init__(
        self, engine: Engine, *, poll_seconds: float = POLL_SECONDS, watch_seconds: float = WATCH_SECONDS
    ) -> None:
        self._engine = engine
        self._working = False
        self._poll_seconds, self._watch_seconds = poll_seconds, watch_seconds
        self._jobs_engine = make_jobs_engine(engine.url.render_as_string(hide_password=False))
        event.listen(self._jobs_engine, "checkin", self._close_stragglers)
        _quiet()
        self._client = DBOSClient(
            system_database_engine=self._jobs_engine, application_name=APPLICATION, use_listen_notify=False, lazy=True
        )
        self._client._sys_db.run_migrations()
        compile_once(self._client._sys_db)
        self._stopping = threading.Event()
        self._under_way: set[str] = set()
        self._lease: ExecutorLease | None = None
        self._watch: threading.Thread | None = None
        self._purge_at = 0.0

    def enqueue(self, session: Any, name: str, *args: str | int, key: str, delay: int = 0) -> None:
        """See the port."""
        self._enqueue(session, name, args, key, 0, delay)

    def _enqueue(self, session: Session, name: str, args: Args, key: str, attempt: int, delay: int) -> None:
        options: dict[str, Any] = {
            "queue_name": QUEUE,
            "workflow_name": WORKFLOW,
            "workflow_id": f"{name}:{key}+{attempt}",
            "app_version": VERSION,
            "serialization_type": WorkflowSerializationFormat.PORTABLE,  # JSON: readable, and no code inside
        }
        if delay > 0:
            options["delay_seconds"] = float(delay)
        self._client.enqueue_in_transaction(session, options, name, list(args), key, attempt)  # type: ignore[arg-type]

    def start(self, house: House) -> None:
        """Begins to work: takes up what a crash left, then the queue. Raises ``Unreachable`` without a database."""
        if not _one_at_a_time.acquire(blocking=False):
            raise BadInput("Background work runs in this process already; stop it first.")
        self._working = True
        self._stopping.clear()
        try:
            self._start(house)
        except BaseException:
            self.stop()
            raise

    def _start(self, house: House) -> None:
        if not is_sqlite(self._engine):
            # A worker that lost its connection has two looks to notice and to come back.
            self._lease = ExecutorLease(self._engine, grace=3 * self._watch_seconds)
            self._lease.take()
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._engine.url.render_as_string(hide_password=False),
                "system_database_engine": self._jobs_engine,
                "application_version": VERSION,
                "executor_id": self.worker,
                "log_level": "WARNING",
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 0.5,  # only how soon its thread notices the end
                "scheduler_polling_interval_sec": 600.0,  # there are no schedules in it: see ``rounds``
            }
        )

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=CRASHES)
        def job(name: str, args: list[str | int], key: str, attempt: int) -> None:
            self._under_way.add(work := f"{name}:{key}+{attempt}")
            try:
                again = run_job(house, name, tuple(args), attempt)
                if again is not None:
                    self._try_again(name, tuple(args), key, attempt + 1, again)
            finally:
                self._under_way.discard(work)

        # Before the launch: its threads find the queue at their first look.
        self._client.register_queue(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=self._poll_seconds)
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        self._house = house
        if self._lease is not None:
            self._watch = threading.Thread(target=self._watch_leases, name="leases", daemon=True)
            self._watch.start()

    def _try_again(self, name: str, args: Args, key: str, attempt: int, delay: int) -> None:
        while True:
            try:
                with writing(self._engine) as session:
                    self._enqueue(session, name, args, key, attempt, delay)
                return
            except SQLAlchemyError:
                log.exception("retry_not_enqueued", job=name, args=args)
                if self._stopping.wait(2.0):
                    raise _Stopping from None

    def _watch_leases(self) -> None:
        lease = self._lease
        while lease is not None and not self._stopping.wait(self._watch_seconds):
            try:
                if lease.keep():
                    lease.sweep(self._begun_by(), lambda name: len(DBOS._recover_pending_workflows([name])))
            except Exception:  # the database may be away for a moment; the next look comes
                log.warning("lease_watch_failed", executor=lease.name, exc_info=True)

    def _begun_by(self) -> set[str]:
        begun = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {flow.executor_id for flow in begun if flow.executor_id}

    def look_after(self) -> None:
        """Now and then: forgets what is long done, and gives up what was under way at every crash."""
        if self._working and time.monotonic() >= self._purge_at:
            self._purge_at = time.monotonic() + PURGE_EVERY
            self._bury_the_dead()
            self.purge(datetime.now(UTC) - KEEP_DONE)

    def purge(self, done_before: datetime) -> int:
        """Forgets jobs that were done before then; returns how many. Waiting and running ones are never touched."""
        gone = 0
        while not self._stopping.is_set():
            done = DBOS.list_workflows(
                status=DONE,
                completed_before=done_before.isoformat(),
                limit=PURGE_AT_ONCE,
                load_input=False,
                load_output=False,
            )
            if done:
                DBOS.delete_workflows([flow.workflow_id for flow in done])
                gone += len(done)
            if len(done) < PURGE_AT_ONCE:
                break
        return gone

    def _bury_the_dead(self) -> None:
        for flow in DBOS.list_workflows(status=DEAD, load_output=False):
            name, args, _key, _attempt = flow.input["args"]  # type: ignore[index]
            log.error("job_killed_its_process", job=name, args=args, times=CRASHES)
            give_up_job(self._house, name, tuple(args), ProviderTrouble("The process ended whenever this was tried."))
            DBOS.delete_workflows([flow.workflow_id])

    @property
    def worker(self) -> str:
        """The name under which this process begins jobs."""
        return self._lease.name if self._lease is not None else "local"

    def alive(self) -> bool:
        """Whether jobs are taken from the queue."""
        return self._working and any(thread.name == f"queue-worker-{QUEUE}" for thread in threading.enumerate())

    def _close_stragglers(self, _connection: Any, record: Any) -> None:
        if not self._working:  # given back by a thread that ended after the pool was closed
            record.invalidate()

    def stop(self) -> None:
        """Begins nothing more, waits up to ten seconds for what runs, and stops. It may be started again."""
        if not self._working:
            return
        self._stopping.set()
        if self._watch is not None:
            self._watch.join(timeout=30)
            self._watch = None
        # The engine waits in whole seconds, even for nothing.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=STOP_SECONDS if self._under_way else 0)
        if self._lease is not None:
            self._lease.release()
            self._lease = None
        self._working = False
        self._jobs_engine.dispose()
        _one_at_a_time.release()


def _quiet() -> None:
    """The engine's warnings go where ours go. With a handler of ours it does not add one that writes to the console."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)
