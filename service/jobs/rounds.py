"""The rounds: at a steady beat, put into the queue what has come due. What is due is in the database, so a missed beat,
or two processes beating at once, changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from service.app.ask_outcomes import ask_outcomes
from service.app.close_proposals import expire_proposals, nudge_proposals
from service.app.current_model import read_model
from service.app.deliver_new import plan_forgotten
from service.app.fallbacks import give_back_begun
from service.app.hold_review import close_reviews, open_reviews
from service.app.house import House
from service.app.keep_counts import keep_counts
from service.app.last_meeting import close_farewells
from service.app.look_after import plan_looks
from service.app.look_ahead import due_looks
from service.app.post.bundle import plan_bundles
from service.app.read_mailbox import plan_reading
from service.app.rest_pair import resume_due
from service.app.sync_calendar import due_calendars
from service.app.watch_calendar import due_watches
from service.domain.timespan import DAY, HOUR, MINUTE
from service.store.engine import copy_back

log = structlog.get_logger(__name__)


def one_round(house: House) -> None:
    """Takes up the version of the hold model in use, enqueues a reading of every calendar whose turn it is, the renewal of
    every watch that ends soon, the looks at free time, at pairs whose time has come, the mails that ask and are due and a look
    into the mailbox, brings proposals to mind and closes those that nobody answered in time, resumes pairs whose pause has run
    out, gives second times back, asks whether meetings took place, opens and closes reviews, takes up webhooks that nobody
    delivers, stores what was counted, and copies SQLite's log back.

    One part that fails does not keep the others waiting. Raises nothing."""
    parts = (
        read_model,
        read_calendars,
        renew_watches,
        enqueue_looks,
        nudge_proposals,
        expire_proposals,
        resume_due,
        give_back_begun,
        plan_looks,
        ask_outcomes,
        open_reviews,
        close_reviews,
        close_farewells,
        plan_bundles,
        plan_reading,
        plan_forgotten,
        keep_counts,
        copy_log_back,
    )
    for part in parts:
        try:
            part(house)
        except Exception:  # the database may be away for a moment; the work stays due
            log.exception("round_failed", part=part.__name__)


def copy_log_back(house: House) -> None:
    """See ``store.engine.copy_back``."""
    copy_back(house.engine)


def read_calendars(house: House) -> int:
    """Enqueues a reading of every calendar whose turn it is, once a beat; returns how many are due."""
    due = due_calendars(house)
    if due:
        beat = house.now() // max(house.sync_seconds, 1)
        with house.writing() as session:
            for calendar_id in sorted(
                due
            ):  # everybody in one order: two processes at once wait, and never for each other
                house.jobs.enqueue(session, "sync_calendar", calendar_id, key=f"{calendar_id}:{beat}")
    return len(due)


def renew_watches(house: House) -> int:
    """Enqueues the renewal of every watch that ends soon, once an hour; returns how many are due."""
    due = due_watches(house)
    if due:
        with house.writing() as session:
            for calendar_id in sorted(due):
                house.jobs.enqueue(session, "watch_calendar", calendar_id, key=f"{calendar_id}:{house.now() // HOUR}")
    return len(due)


def enqueue_looks(house: House) -> bool:
    """Enqueues the looks at free time that are due, once a quarter hour; returns whether any are."""
    if not due_looks(house):
        return False
    with house.writing() as session:
        house.jobs.enqueue(session, "look_ahead", key=str(house.now() // (15 * MINUTE)))
    return True


def daily(house: House) -> None:
    """Enqueues what is done once a day, however often and by however many it is asked for."""
    with house.writing() as session:
        for job in ("tidy", "refit", "take_care"):
            house.jobs.enqueue(session, job, key=str(house.now() // DAY))


class Rounds:
    """A thread that makes rounds until it is stopped. A round that fails is logged; the next one comes."""

    def __init__(self, house: House, look_after: Callable[[], None] = lambda: None) -> None:
        self._house = house
        self._look_after = look_after
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)
        self._day = -1

    def start(self) -> None:
        """Begins with a round at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round under way."""
        self._stop.set()
        self._thread.join(timeout=30)

    def alive(self) -> bool:
        """Whether it still beats."""
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = min(max(self._house.sync_seconds / 2, 0.5), 15.0)
        while not self._stop.is_set():
            one_round(self._house)
            try:
                if self._day != self._house.now() // DAY:
                    daily(self._house)
                    self._day = self._house.now() // DAY
                self._look_after()
            except Exception:
                log.exception("round_failed", part="daily")
            self._stop.wait(pause)
