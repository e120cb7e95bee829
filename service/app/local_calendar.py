"""The events calls of `local` calendars: Holdfast is the calendar, its owner adds, moves and deletes events here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.sync_calendar import sync_calendar
from service.domain.errors import BadInput, Stale
from service.domain.timespan import DAY, Span
from service.store import calendars, local_events
from service.store.tables import Calendar, LocalEvent

LONGEST = 366 * DAY


def check_local(calendar: Calendar) -> None:
    """Raises ``BadInput`` for a calendar that is not kept here."""
    if calendar.provider != "local":
        raise BadInput.of("calendar_id", "only events of local calendars are kept here; change others where they live")


def check_span(start: int, end: int) -> Span:
    """A span of sensible length. Raises ``BadInput``."""
    if end <= start:
        raise BadInput.of("end", "must be after start")
    if end - start > LONGEST:
        raise BadInput.of("end", "an event may last a year at most")
    return Span(start, end)


def add_event(house: House, calendar_id: str, facts: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Adds ``{title, start, end, transparent}`` (instants as epoch seconds); returns the event's id."""
    seen_before(house, once)
    span = check_span(facts["start"], facts["end"])
    event_id = house.new_id("evt")
    with house.writing() as session:
        check_local(calendars.get(session, calendar_id))
        keep(session, once, event_id, house.now())
        change = local_events.next_change(session, calendar_id)
        session.add(
            LocalEvent(
                id=event_id,
                calendar_id=calendar_id,
                uid=f"{uuid.uuid4()}@holdfast",
                title=facts.get("title") or "",
                start=span.start,
                end=span.end,
                transparent=bool(facts.get("transparent")),
                change=change,
            )
        )
    sync_calendar(house, calendar_id)
    return event_id


def change_event(
    house: House, calendar_id: str, event_id: str, facts: Mapping[str, Any], *, if_version: int | None = None
) -> None:
    """Changes what ``facts`` names. A changed time of a meeting's event is noticed as a move, as anywhere else."""
    with house.writing() as session:
        check_local(calendars.get(session, calendar_id))
        row = local_events.get(session, calendar_id, event_id)
        if if_version is not None and row.version != if_version:
            raise Stale("This event was changed in between; read again and send your change once more.")
        start = facts.get("start", row.start)
        end = facts.get("end", row.end if "start" not in facts else start + (row.end - row.start))
        span = check_span(start, end)
        row.start, row.end = span.start, span.end
        row.title = facts.get("title", row.title)
        row.transparent = bool(facts.get("transparent", row.transparent))
        row.version += 1
        row.change = local_events.next_change(session, calendar_id)
    sync_calendar(house, calendar_id)


def delete_event(house: House, calendar_id: str, event_id: str) -> None:
    """Deletes it; a meeting's event deleted is a meeting called off."""
    with house.writing() as session:
        check_local(calendars.get(session, calendar_id))
        local_events.erase(session, local_events.get(session, calendar_id, event_id))
    sync_calendar(house, calendar_id)
