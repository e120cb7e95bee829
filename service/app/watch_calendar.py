"""Being told: watches are made, renewed before they end, replaced when lost and ended on disconnecting.

A push only ever schedules a reading; what push loses is found by the next round.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

import structlog
from sqlmodel import Session, col, select

from service.app.house import House
from service.app.tokens import with_account
from service.domain.errors import NotFound, ProviderTrouble, Throttled, Unreachable
from service.domain.timespan import HOUR
from service.ports.watch import Watch
from service.store import calendars, people
from service.store.tables import Calendar, WatchRow

log = structlog.get_logger(__name__)
RENEW_BEFORE = 12 * HOUR


def can_watch(house: House, provider: str) -> bool:
    """Push needs a watcher, and an https address that the provider can reach. (On this machine itself a provider that is
    an emulator may take http; a real one says no, and rounds do the work.)"""
    parts = urlsplit(house.public_url)
    ours = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return provider in house.watchers and (parts.scheme == "https" or ours)


def plan_watch(house: House, session: Session, calendar: Calendar) -> None:
    """Plans a watch for a calendar that was just connected, inside the caller's transaction."""
    if can_watch(house, calendar.provider):
        key = f"{calendar.id}:connected:{calendar.version}"
        house.jobs.enqueue(session, "watch_calendar", calendar.id, key=key)


def due_watches(house: House) -> list[str]:
    """Connected calendars that should be watched and are not, or not for much longer."""
    providers = [p for p in house.watchers if can_watch(house, p)]
    if not providers:
        return []
    fresh = select(WatchRow.calendar_id).where(WatchRow.expires_at > house.now() + RENEW_BEFORE)
    query = select(Calendar.id).where(
        col(Calendar.provider).in_(providers),
        Calendar.status == "connected",
        col(Calendar.id).not_in(fresh),
        calendars.read_at_all(house.now()),
    )
    with house.reading() as session:
        return list(session.exec(query).all())


def watch_calendar(house: House, calendar_id: str) -> None:
    """Makes or renews the watch of one calendar. Raises ``Unreachable`` or ``Throttled`` to be tried again."""
    with house.reading() as session:
        calendar = calendars.get(session, calendar_id)
        person = people.get(session, calendar.person_id)
        old = session.exec(
            select(WatchRow).where(WatchRow.calendar_id == calendar_id).order_by(col(WatchRow.expires_at).desc())
        ).first()
        wanted = calendars.is_read(session, calendar_id, house.now())
    if calendar.status != "connected" or not wanted or not can_watch(house, calendar.provider):
        return
    if old is not None and old.expires_at > house.now() + RENEW_BEFORE:
        return
    watcher = house.watchers[calendar.provider]
    token, channel = secrets.token_urlsafe(32), house.new_id("watch").replace("_", "-")
    address = f"{house.public_url.rstrip('/')}/hooks/{calendar.provider}"
    try:
        if old is not None and old.expires_at > house.now():
            before = Watch(old.id, old.resource_id, old.expires_at)
            made = with_account(
                house, calendar, person,
                lambda a: watcher.renew(a, before, channel_id=channel, token=token, address=address),
            )  # fmt: skip
        else:
            made = with_account(
                house, calendar, person, lambda a: watcher.watch(a, channel_id=channel, token=token, address=address)
            )
    except (Unreachable, Throttled):
        raise
    except ProviderTrouble as trouble:
        log.warning("not_watched", calendar_id=calendar_id, reason=trouble.code)
        return
    _store(house, calendar_id, old, made, token)


def _store(house: House, calendar_id: str, old: WatchRow | None, made: Watch, token: str) -> None:
    with house.writing() as session:
        row = session.get(WatchRow, made.id)
        if row is None:
            hashed = house.vault.fingerprint(token)
            row = WatchRow(
                id=made.id,
                calendar_id=calendar_id,
                resource_id=made.resource_id,
                token_hash=hashed,
                expires_at=made.expires_at,
            )
        row.expires_at, row.resource_id = made.expires_at, made.resource_id or row.resource_id
        session.add(row)
        if old is not None and old.id != made.id:
            stale = session.get(WatchRow, old.id)
            if stale is not None:
                session.delete(stale)
        # Between the last reading and the promise something may have changed.
        house.jobs.enqueue(
            session, "sync_calendar", calendar_id, key=f"{calendar_id}:watched:{made.id}:{made.expires_at}"
        )


def pushed(house: House, watch_id: str, token: str, message: str) -> bool:
    """A message of a watch: schedules a reading when the token is right. False where it is none of ours.

    ``message`` tells one message from the next, so that one sent twice is one reading."""
    with house.reading() as session:
        row = session.get(WatchRow, watch_id)
    if row is None or not hmac.compare_digest(row.token_hash, house.vault.fingerprint(token)):
        return False
    with house.writing() as session:
        house.jobs.enqueue(
            session, "sync_calendar", row.calendar_id, key=f"{row.calendar_id}:push:{watch_id}:{message}"
        )
    return True


def to_renew(house: House, watch_id: str, token: str) -> bool:
    """The provider asks to have a watch authorised again: renew it now, and read what may have been missed."""
    with house.writing() as session:
        row = session.get(WatchRow, watch_id)
        if row is None or not hmac.compare_digest(row.token_hash, house.vault.fingerprint(token)):
            return False
        row.expires_at = min(
            row.expires_at, house.now() + HOUR
        )  # so the job finds it due, and renews what still stands
        key = f"{row.calendar_id}:renew:{watch_id}:{house.now()}"
        house.jobs.enqueue(session, "watch_calendar", row.calendar_id, key=key)
        house.jobs.enqueue(session, "sync_calendar", row.calendar_id, key=key)
    return True


def lost(house: House, watch_id: str, token: str) -> bool:
    """The provider ended a watch: read, and make a new one."""
    with house.writing() as session:
        row = session.get(WatchRow, watch_id)
        if row is None or not hmac.compare_digest(row.token_hash, house.vault.fingerprint(token)):
            return False
        calendar_id = row.calendar_id
        session.delete(row)
        key = f"{calendar_id}:lost:{watch_id}"
        house.jobs.enqueue(session, "watch_calendar", calendar_id, key=key)
        house.jobs.enqueue(session, "sync_calendar", calendar_id, key=key)
    return True


def end_watches(house: House, calendar: Calendar) -> None:
    """Ends a calendar's watches at the provider, as far as it lets us, before it is disconnected."""
    with house.reading() as session:
        rows = list(session.exec(select(WatchRow).where(WatchRow.calendar_id == calendar.id)).all())
        try:
            person = people.get(session, calendar.person_id)
        except NotFound:
            return
    watcher = house.watchers.get(calendar.provider)
    for row in rows:
        try:
            if watcher is not None:
                held = Watch(row.id, row.resource_id, row.expires_at)
                with_account(house, calendar, person, lambda a, held=held: watcher.stop(a, held))  # type: ignore[misc]
        except ProviderTrouble as trouble:
            log.info("watch_not_ended", calendar_id=calendar.id, reason=trouble.code)
    with house.writing() as session:
        for row in rows:
            stale = session.get(WatchRow, row.id)
            if stale is not None:
                session.delete(stale)
