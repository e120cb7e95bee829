"""Being told: watches are made, renewed before they end, replaced when lost and ended on disconnecting.

A push only ever schedules a reading; what push loses is found by the next round.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from sqlmodel import Session, col, select

from service.app.accounts import account_of
from service.app.house import House
from service.app.tokens import with_account
from service.domain.errors import NotFound, ProviderTrouble, Throttled, Unreachable
from service.domain.timespan import HOUR
from service.ports.watch import Watch
from service.store import calendars, people
from service.store.tables import Calendar, Person, WatchRow

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
        address = _address(house, session, calendar)
    if calendar.status != "connected" or not wanted or not can_watch(house, calendar.provider):
        return
    if old is not None and old.expires_at > house.now() + RENEW_BEFORE:
        return
    watcher = house.watchers[calendar.provider]
    token, channel = secrets.token_urlsafe(32), house.new_id("watch").replace("_", "-")
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
    if not _store(house, calendar_id, old, made, token):
        _take_back(house, calendar, person, made)


def _address(house: House, session: Session, calendar: Calendar) -> str:
    """Where the provider is to tell of changes.

    Where several people have connected the same account each has an address of their own below it: a provider that counts
    its promises by address must not take the one for the other's, and what is left over of one is not ended as the other's."""
    base = f"{house.public_url.rstrip('/')}/hooks/{calendar.provider}"
    subject = calendar.settings.get("subject")
    rows = calendars.behind(session, calendar.provider, subject) if subject else []
    return f"{base}/{calendar.id}" if any(one.person_id != calendar.person_id for one in rows) else base


def _store(house: House, calendar_id: str, old: WatchRow | None, made: Watch, token: str) -> bool:
    """False where the calendar was disconnected while the provider was asked: whoever did that could not end this promise."""
    with house.writing() as session:
        try:
            connected = calendars.locked(session, calendar_id).status == "connected"
        except NotFound:
            connected = False
        if not connected:
            return False
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
    return True


def _take_back(house: House, calendar: Calendar, person: Person, made: Watch) -> None:
    """Ends a promise that nobody waits for any more, as far as the provider still lets us."""
    try:
        house.watchers[calendar.provider].stop(account_of(house, calendar, person), made)
    except ProviderTrouble as trouble:
        log.info("watch_not_ended", calendar_id=calendar.id, reason=trouble.code)


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider sent: for which watch, with which token."""

    watch_id: str
    token: str


def pushed(house: House, messages: Sequence[Message]) -> bool:
    """Messages that came together: schedules one reading of each calendar for which there is one with the right token. False
    where any of them is none of ours.

    Never taken for one that came before, however alike: the reading that the earlier one brought may have begun before what
    this one tells of, and nothing in a message is sure to differ."""
    with house.reading() as session:
        ids = sorted({one.watch_id for one in messages})
        rows = {row.id: row for row in session.exec(select(WatchRow).where(col(WatchRow.id).in_(ids))).all()}
    good = [
        row.calendar_id
        for one in messages
        if (row := rows.get(one.watch_id)) is not None
        and hmac.compare_digest(row.token_hash, house.vault.fingerprint(one.token))
    ]
    if good:
        with house.writing() as session:
            for calendar_id in sorted(set(good)):
                house.jobs.enqueue(session, "sync_calendar", calendar_id, key=f"{calendar_id}:{house.new_id('push')}")
    return len(good) == len(messages)


def _ours(house: House, watch_id: str, token: str) -> bool:
    """Whether a message bears the token of the watch that it names. Looked at without a transaction that writes: anybody may
    send anything here."""
    with house.reading() as session:
        row = session.get(WatchRow, watch_id)
    return row is not None and hmac.compare_digest(row.token_hash, house.vault.fingerprint(token))


def to_renew(house: House, watch_id: str, token: str) -> bool:
    """The provider asks to have a watch authorised again: renew it now, and read what may have been missed."""
    if not _ours(house, watch_id, token):
        return False
    with house.writing() as session:
        row = session.get(WatchRow, watch_id)
        if row is None:
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
    if not _ours(house, watch_id, token):
        return False
    with house.writing() as session:
        row = session.get(WatchRow, watch_id)
        if row is None:
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
