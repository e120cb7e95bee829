"""Reading a calendar: fetch what changed, then in ONE transaction keep it, notice moves of our meetings, store the token.

The token is stored with what was learned from it, never before. A calendar that cannot be read becomes *unknown*; what we
hold of it stays known as busy. Two readings at once: the second finds the token changed and gives way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import structlog
from sqlmodel import Session

from service.app.accounts import account_of, reading_window
from service.app.disconnect import mark_disconnected
from service.app.dragged import NOWHERE, Elsewhere, look_elsewhere
from service.app.house import House
from service.app.observe_copy import carriers_behind
from service.app.observe_move import observe
from service.app.tokens import with_account
from service.domain.busy import Busy
from service.domain.errors import BadInput, HoldfastError, NotFound, ProviderTrouble, Refused, Throttled, Unreachable
from service.domain.timespan import DAY, HOUR, Span
from service.ports.calendar import Account, CalendarAdapter, Occurrence, RemoteEvent, SyncResult
from service.store import calendars, people
from service.store.tables import Calendar, Person, RemoteEventRow

log = structlog.get_logger(__name__)
EXPAND_AGAIN_BELOW = 200 * DAY
MOST_DOUBLINGS = 2
LONGEST_PAUSE = HOUR  # between two looks of the rounds at a calendar that goes on failing
SECOND_LOOK = 5  # seconds after the first failure
LONGEST_WAIT = DAY  # whatever a provider asks for


def sync_calendar(house: House, calendar_id: str, *, carriers_first: bool = True) -> None:
    """Brings what we hold of a calendar up to date. Never raises for what the provider does: that is written down.

    ``carriers_first``: where it holds a moved copy of a meeting, the calendar that carries the meeting is read before, so
    that what the organiser did is not taken for the copy's owner's doing.

    Raises ``NotFound`` for a calendar that is no longer there."""
    for _ in range(3):
        with house.reading() as session:
            calendar = calendars.get(session, calendar_id)
            person = people.get(session, calendar.person_id)
            wanted = calendars.is_read(session, calendar_id, house.now())
        if calendar.status not in ("connected", "error") or not wanted:
            return
        adapter = house.calendar(calendar.provider)
        account = account_of(house, calendar, person)
        try:
            result = _fetch(house, adapter, calendar, person)
            elsewhere = look_elsewhere(house, calendar, person, result)
        except (ProviderTrouble, BadInput) as trouble:
            _keep_trouble(house, calendar_id, trouble, began_with=calendar.version)
            return
        if carriers_first:
            _read_carriers(house, calendar, result)
        if _keep(house, adapter, account, calendar.sync_state, result, elsewhere):
            return
    log.info("sync_gave_way", calendar_id=calendar_id)


def _read_carriers(house: House, calendar: Calendar, result: SyncResult) -> None:
    with house.reading() as session:
        behind = carriers_behind(session, calendar, result.events)
    for carrier in behind:
        try:
            sync_calendar(house, carrier, carriers_first=False)
        except NotFound:
            continue


def _fetch(house: House, adapter: CalendarAdapter, calendar: Calendar, person: Person) -> SyncResult:
    window = reading_window(house.now())
    return with_account(house, calendar, person, lambda account: adapter.sync(account, calendar.sync_state, window))


def _keep(
    house: House,
    adapter: CalendarAdapter,
    account: Account,
    began_with: str | None,
    result: SyncResult,
    elsewhere: Elsewhere,
) -> bool:
    """The transaction. False when another reading has stored its token in between: begin again from there."""
    with house.writing() as session:
        calendar = calendars.locked(session, account.calendar_id)
        if calendar.status not in ("connected", "error"):
            return True  # its access was withdrawn while we read: what was read before that does not give it back
        if calendar.sync_state != began_with:
            return False
        keep_reading(house, session, calendar, adapter, account, result, elsewhere)
    return True


def keep_reading(
    house: House,
    session: Session,
    calendar: Calendar,
    adapter: CalendarAdapter,
    account: Account,
    result: SyncResult,
    elsewhere: Elsewhere = NOWHERE,
) -> None:
    """Keeps what a reading brought, inside the caller's transaction: events, packed busy table, moves noticed, token.

    ``elsewhere``: which of our events that are gone here were dragged to another calendar of the account."""
    window = reading_window(house.now())
    held = calendars.events(session, calendar.id) if not result.unchanged else {}
    seen: dict[str, RemoteEvent | None] = {event.remote_id: event for event in result.events}
    gone = [id_ for id_ in result.removed if id_ not in seen]
    if result.full and not result.unchanged:
        gone += [id_ for id_ in held if id_ not in seen]
    uids = {id_: held[id_].uid for id_ in gone if id_ in held}
    _store(session, calendar, held, result.events)
    if gone:
        calendars.forget_events(session, calendar.id, gone)
    calendar.sync_state, calendar.synced_at = result.state, house.now()
    calendar.status, calendar.problem, calendar.problem_text, calendar.failures = "connected", None, None, 0
    calendar.retry_at = None
    session.flush()
    if not result.unchanged or calendar.busy is None:
        calendar.busy = _packed(calendars.events(session, calendar.id).values())
    if result.full and not result.unchanged:
        _set_horizon(calendar, [event.known_until for event in result.events], window)
    if calendar.expanded_until < house.now() + EXPAND_AGAIN_BELOW and "known_until" not in calendar.settings:
        _expand_again(session, adapter, account, calendar, window, skip=set(seen))
    observe(house, session, calendar, seen | dict.fromkeys(gone), uids, elsewhere)


def _set_horizon(calendar: Calendar, ends: Iterable[int | None], window: Span) -> None:
    """How far ahead the calendar is known: as far as we expanded it, or as far as published free/busy speaks."""
    known = min((end for end in ends if end is not None), default=None)
    settings = {name: value for name, value in calendar.settings.items() if name != "known_until"}
    calendar.settings = settings if known is None else {**settings, "known_until": known}
    calendar.expanded_until = window.end if known is None else min(known, window.end)


def _pack(occurrences: Iterable[Occurrence], *, series: bool) -> bytes:
    table = Busy.of((o.start, o.end, o.kind) for o in occurrences)
    return (table.in_series() if series else table).pack()


def _packed(rows: Iterable[RemoteEventRow]) -> bytes:
    return Busy.union(Busy.unpack(row.spans) for row in rows).pack()


def _store(
    session: Session, calendar: Calendar, held: dict[str, RemoteEventRow], events: Iterable[RemoteEvent]
) -> None:
    for event in events:
        row = held.get(event.remote_id)
        if row is None:
            row = RemoteEventRow(calendar_id=calendar.id, remote_id=event.remote_id, spans=b"")
        row.uid, row.etag, row.skeleton = event.uid, event.etag, event.skeleton
        # Published free/busy comes in one piece: that its times are many does not make them a series.
        row.spans = _pack(event.occurrences, series=event.recurring and calendar.access == "events")
        session.add(row)


def _expand_again(
    session: Session, adapter: CalendarAdapter, account: Account, calendar: Calendar, window: Span, *, skip: set[str]
) -> None:
    """The horizon has moved on: expands what is kept of recurring events once more, without asking the provider."""
    rows = calendars.events(session, calendar.id)
    for remote_id, row in rows.items():
        if row.skeleton and remote_id not in skip:
            recurs = Busy.unpack(row.spans).series is not None
            row.spans = _pack(adapter.expand(row.skeleton, account, window), series=recurs)
    calendar.busy = _packed(rows.values())
    calendar.expanded_until = window.end


def _keep_trouble(house: House, calendar_id: str, trouble: HoldfastError, *, began_with: int | None = None) -> None:
    with house.writing() as session:
        try:
            calendar = calendars.locked(session, calendar_id)
        except NotFound:
            return
        if calendar.status == "disconnected" or began_with not in (None, calendar.version):
            return  # found out already; or connected anew meanwhile, and this speaks of the access before
        if isinstance(trouble, Refused):
            mark_disconnected(house, session, calendar, trouble.detail)
        else:
            calendar.status, calendar.problem, calendar.problem_text = "error", trouble.code, trouble.detail
        calendar.failures += 1
        wait = pause(house.sync_seconds, calendar.failures, trouble)
        calendar.retry_at = house.now() + wait
        if calendar.failures == 1 and calendar.status == "error":
            _look_again_soon(house, session, calendar, trouble, wait)
        log.warning("calendar_unknown", calendar_id=calendar_id, reason=trouble.code, provider=calendar.provider)


def _look_again_soon(house: House, session: Session, calendar: Calendar, trouble: HoldfastError, wait: int) -> None:
    """Most trouble is over in a moment: one more look comes soon, and not only with the next round."""
    asked = math.ceil(trouble.retry_after or 0) if isinstance(trouble, Throttled) else 0
    delay = max(SECOND_LOOK, asked + 1)
    if delay < wait and isinstance(trouble, Unreachable | Throttled):
        house.jobs.enqueue(session, "sync_calendar", calendar.id, key=f"{calendar.id}:again:{house.now()}", delay=delay)


def pause(sync_seconds: int, failures: int, trouble: HoldfastError) -> int:
    """Seconds until the rounds look again at a calendar that failed ``failures`` times in a row: twice as long each time,
    four rounds or an hour at most (so that one that is back is soon known again), and never sooner than the provider asks.
    Whoever asks for it now gets a look now all the same."""
    usual = max(sync_seconds, 1)
    backed_off = min(usual << min(max(failures - 1, 0), MOST_DOUBLINGS), max(LONGEST_PAUSE, usual))
    asked = math.ceil(trouble.retry_after or 0) if isinstance(trouble, Throttled) else 0
    return max(backed_off, min(asked, LONGEST_WAIT))


def give_up_reading(house: House, calendar_id: str, trouble: HoldfastError) -> None:
    """The reading failed by a fault of ours, however often it was tried: what cannot be read is unknown."""
    _keep_trouble(house, calendar_id, trouble)


def due_calendars(house: House) -> list[str]:
    """Calendars whose turn it is in this round."""
    with house.reading() as session:
        now = house.now()
        return calendars.due(session, synced_before=now - house.sync_seconds + 1, now=now)
