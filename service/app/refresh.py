"""A fresh look at people's calendars before something rests on them: side by side, within a time limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import structlog

from service.app.house import House
from service.app.sync_calendar import sync_calendar
from service.domain.errors import NotFound
from service.store import calendars
from service.store.situations import CalendarRow

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
SECONDS = 4.5
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="refresh")


def refresh(house: House, person_ids: Sequence[str], *, older_than: int) -> None:
    """Reads those calendars again that were last read more than ``older_than`` seconds ago; one that keeps failing too,
    unless its provider asked to be left alone until later.

    What does not answer in time goes on in the background; the adapter's own time limit makes it unknown then."""
    with house.reading() as session:
        held = calendars.plain(session, person_ids)
    look_at(house, due_of(house, [calendar for each in held.values() for calendar in each], older_than=older_than))


def due_of(house: House, held: Iterable[CalendarRow], *, older_than: int) -> list[str]:
    """Which of these calendars ``refresh`` reads again."""
    now = house.now()
    return [
        c.id
        for c in held
        if c.status in ("connected", "error")
        and c.provider != "local"
        and not c.uploaded
        and (c.synced_at is None or now - c.synced_at >= older_than or c.status == "error")
        and not (c.problem == "throttled" and (c.retry_at or 0) > now)
    ]


def look_at(house: House, calendar_ids: Sequence[str]) -> None:
    """Reads these, side by side; returns when all are read, or when it has taken long enough."""
    if calendar_ids:
        wait([_pool.submit(_sync, house, id_) for id_ in calendar_ids], timeout=SECONDS)


def side_by_side(tasks: Sequence[Callable[[], Result]], *, seconds: float) -> list[Future[Result]]:
    """Runs several looks at the outside at the same time; those that are not ``done()`` after ``seconds`` are left behind."""
    futures = [_pool.submit(task) for task in tasks]
    wait(futures, timeout=seconds)
    return futures


def _sync(house: House, calendar_id: str) -> None:
    try:
        sync_calendar(house, calendar_id)
    except NotFound:
        log.info("calendar_gone", calendar_id=calendar_id)
