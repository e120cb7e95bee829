"""Which of a person's calendars count as taken time, and in which one new meetings are written.

A choice is about what is to come: meetings that stand in a calendar stay there and are looked after there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.app.house import House
from service.app.refresh import look_at
from service.app.watch_calendar import end_watches, plan_watch
from service.domain.errors import BadInput, Stale
from service.store import calendars, people
from service.store.tables import Calendar


def choose_calendar(house: House, calendar_id: str, facts: Mapping[str, Any], *, if_version: int | None = None) -> None:
    """``{counts?, primary?}`` as in ``PATCH /v1/calendars/{id}``. What begins to count is read at once, and is unknown until
    then; of what no longer counts nothing is kept, unless meetings of ours are written there.

    Raises ``BadInput`` for a primary calendar that cannot be written, ``Stale`` where somebody else was first."""
    with house.reading() as session:
        before = calendars.get(session, calendar_id)
    _check(before, facts)
    with house.writing() as session:
        people.lock_time(session, [before.person_id])  # two choices at once leave one primary calendar
        calendar = calendars.locked(session, calendar_id)
        if if_version is not None and calendar.version != if_version:
            raise Stale("This calendar was changed in between; read again and send your change once more.")
        _check(calendar, facts)
        counted = calendar.counts
        calendar.counts = bool(facts.get("counts", counted))
        former = _make_primary(calendars.of_people(session, [calendar.person_id]), calendar, facts)
        calendar.version += 1
        session.flush()
        if calendar.counts and not counted:
            plan_watch(house, session, calendar)
            key = f"{calendar_id}:chosen:{calendar.version}"
            house.jobs.enqueue(session, "sync_calendar", calendar_id, key=key)
        touched = [calendar, *former]
    if calendar.counts and not counted:
        look_at(house, [calendar_id])
    for one in touched:
        _forget_unread(house, one)


def _check(calendar: Calendar, facts: Mapping[str, Any]) -> None:
    if facts.get("primary") is True and not calendar.writable:
        raise BadInput.of("primary", "needs a calendar that Holdfast may write to; this one can only be read")
    if facts.get("primary") is True and calendar.status == "authorization_required":
        raise BadInput.of("primary", "needs a calendar to which its owner has given access")
    if facts.get("primary") is False and calendar.is_primary:
        raise BadInput.of("primary", "is changed by making another calendar the primary one")


def _make_primary(rows: list[Calendar], chosen: Calendar, facts: Mapping[str, Any]) -> list[Calendar]:
    """Marks the chosen one; returns those that were marked before."""
    if facts.get("primary") is not True:
        return []
    former = [one for one in rows if one.is_primary and one.id != chosen.id]
    for one in former:
        one.is_primary = False
    chosen.is_primary = True
    return former


def _forget_unread(house: House, calendar: Calendar) -> None:
    """Drops what is held of a calendar that is not read any more, and ends the provider's promise to tell of changes."""
    with house.reading() as session:
        if calendars.is_read(session, calendar.id, house.now()) or calendar.provider == "local":
            return
    end_watches(house, calendar)
    with house.writing() as session:
        row = calendars.locked(session, calendar.id)
        if calendars.is_read(session, calendar.id, house.now()):
            return  # chosen again meanwhile
        calendars.forget_events(session, calendar.id)
        row.busy, row.sync_state, row.synced_at, row.expanded_until = None, None, None, 0
