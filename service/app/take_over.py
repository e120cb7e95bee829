"""What a person gave at their provider becomes calendars: found, read once, and then kept with their access.

An account that was connected before comes back under the ids that its calendars had, with all their history: what happened
while it was away is found by comparing. Two people may connect the same account; each has rows of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from sqlmodel import Session

from service.app.accounts import account_of, reading_window, sealed
from service.app.dragged import Elsewhere, among
from service.app.house import House
from service.app.refresh import side_by_side
from service.app.sync_calendar import keep_reading
from service.app.timetables import DEFAULT_WORKING_HOURS
from service.app.watch_calendar import plan_watch
from service.domain.errors import BadInput, Conflict, HoldfastError, ProviderTrouble, Refused, Throttled, Unreachable
from service.ports.calendar import CalendarAdapter, Connection, SyncResult
from service.ports.sign_in import Grant
from service.store import calendars, people
from service.store.tables import Calendar, Person

Reading = SyncResult | HoldfastError
SECONDS = 15.0
"""So long somebody sits before a browser for the first reading; what takes longer is read again in the background."""


def take_over(house: House, waiting_id: str, grant: Grant) -> str:
    """Connects the calendars behind a grant; returns the id of the main one, which is ``waiting_id`` for a new account.

    All that count are read side by side. One that does not answer just then is kept all the same, as one that could not be
    read yet; one that does not count is kept unread, to be chosen later. Raises what the provider raised where not even the
    calendars could be found, or the main one cannot be read at all; ``Conflict`` where the person's calendars went on changing
    meanwhile (the same account, connected twice at the same moment, is begun again and found connected)."""
    for _ in range(3):
        done = _try(house, waiting_id, grant)
        if done is not None:
            return done
    raise Conflict("Your calendars changed at the same moment. Please connect this account once more.")


def _try(house: House, waiting_id: str, grant: Grant) -> str | None:
    """One attempt; ``None`` where what it was made from is no longer so."""
    with house.reading() as session:
        waiting = calendars.get(session, waiting_id)
        person = people.get(session, waiting.person_id)
        others = [c for c in calendars.of_people(session, [person.id]) if c.id != waiting_id]
    adapter = house.calendar(waiting.provider)
    settings = {**grant.settings, "subject": grant.subject, "email": grant.email}
    if grant.zone:
        settings["time_zone"] = grant.zone
    probe = replace(
        account_of(house, waiting, person), owner_email=grant.email, settings=settings, secret=dict(grant.secret)
    )
    found = adapter.connect(probe)
    if not found:
        raise Refused("There is no calendar in this account.")
    main = next((i for i, one in enumerate(found) if one.primary), 0)
    rows = [_row(house, waiting, one, grant, settings, others, main=i == main) for i, one in enumerate(found)]
    read = _readings(house, adapter, rows, rows[main], person)
    with house.writing() as session:
        people.lock_time(session, [person.id])
        calendars.get(session, waiting_id)  # raises where it was taken out meanwhile
        if _versions(calendars.of_people(session, [person.id]), waiting_id) != _versions(others, waiting_id):
            return None
        _defaults(session.get(Person, person.id), grant)
        _choose_primary(rows, rows[main], others)
        if rows[main].id != waiting_id:
            calendars.drop(session, calendars.get(session, waiting_id))
            session.flush()
        elsewhere = among(
            (row.id, one.events) for row, one in zip(rows, read, strict=True) if isinstance(one, SyncResult)
        )
        for row, result in zip(rows, read, strict=True):
            _keep(house, session, adapter, row, result, person, elsewhere)
    return rows[main].id


def _versions(rows: Sequence[Calendar], waiting_id: str) -> dict[str, int]:
    """What must not have changed between reading and writing."""
    return {one.id: one.version for one in rows if one.id != waiting_id and one.status != "authorization_required"}


def _readings(
    house: House, adapter: CalendarAdapter, rows: Sequence[Calendar], main: Calendar, person: Person
) -> list[Reading | None]:
    """What each reading brought, or why it failed; ``None`` for a calendar that is not read."""
    window = reading_window(house.now())
    wanted = [row for row in rows if row.counts or row.is_primary or row is main]
    tasks = [partial(adapter.sync, account_of(house, row, person), None, window) for row in wanted]
    found: dict[str, Reading] = {}
    for row, future in zip(wanted, side_by_side(tasks, seconds=SECONDS), strict=True):
        if not future.done():
            found[row.id] = Unreachable("Reading it takes longer than usual.")
            continue
        try:
            found[row.id] = future.result()
        except (ProviderTrouble, BadInput) as trouble:
            if row is main and not isinstance(trouble, Unreachable | Throttled):
                raise
            found[row.id] = trouble
    return [found.get(row.id) for row in rows]


def _keep(
    house: House,
    session: Session,
    adapter: CalendarAdapter,
    made: Calendar,
    result: Reading | None,
    person: Person,
    elsewhere: Elsewhere,
) -> None:
    row = session.merge(made)
    session.flush()
    if isinstance(result, SyncResult):
        keep_reading(house, session, row, adapter, account_of(house, row, person), result, elsewhere)
    else:
        if result is not None:
            row.status, row.problem, row.problem_text, row.failures = "error", result.code, result.detail, 1
        house.jobs.enqueue(session, "sync_calendar", row.id, key=f"{row.id}:connected:{house.now()}", delay=1)
    plan_watch(house, session, row)


def _row(
    house: House,
    waiting: Calendar,
    one: Connection,
    grant: Grant,
    settings: dict[str, str],
    others: Sequence[Calendar],
    *,
    main: bool,
) -> Calendar:
    """The calendar's row: the one that had it before (reconnected, with its history), the waiting one, or a new one."""
    known = {**settings, **one.settings}
    before = next((c for c in others if c.provider == waiting.provider and _same(c, known)), None)
    calendar_id = before.id if before else waiting.id if main else house.new_id("cal")
    access = known.get("access", grant.access)
    return Calendar(
        id=calendar_id,
        person_id=waiting.person_id,
        provider=waiting.provider,
        status="connected",
        access=access,
        name=one.name[:200],
        is_primary=bool(before and before.is_primary),
        counts=before.counts if before else waiting.counts if main else one.settings.get("counts") != "no",
        writable=one.writable and access == "events",
        server_invites=one.server_invites,
        settings=known,
        secret=sealed(house, calendar_id, dict(grant.secret)),
        sync_state=None,
        synced_at=before.synced_at if before else None,
        busy=before.busy if before else None,
        expanded_until=before.expanded_until if before else 0,
        problem=None,
        problem_text=None,
        failures=0,
        retry_at=None,
        refreshing_until=None,
        version=before.version + 1 if before else waiting.version + 1,
        created_at=before.created_at if before else house.now(),
    )


def _choose_primary(rows: Sequence[Calendar], main: Calendar, others: Sequence[Calendar]) -> None:
    """The first account's main calendar; what was chosen before stays chosen."""
    chosen = any(row.is_primary for row in rows) or any(
        c.is_primary and c.id not in {row.id for row in rows} for c in others
    )
    if not chosen:
        main.is_primary = True


def _same(calendar: Calendar, settings: Mapping[str, str]) -> bool:
    held = calendar.settings
    return held.get("subject") == settings.get("subject") and held.get("calendar") == settings.get("calendar")


def _defaults(person: Person | None, grant: Grant) -> None:
    """Working hours come over from the account where nobody has set them here. The zone was set, always: it is shown beside the
    account's (``settings``), and stays."""
    if person is None or not grant.working_hours or person.hours_given:
        return
    if person.working_hours == DEFAULT_WORKING_HOURS:
        person.working_hours = list(grant.working_hours)
        person.version += 1
