"""Connecting an account elsewhere: send the person there, take them back, read what they gave, and only then be connected.

The state that travels with the person is random, kept only as a hash, bound to one calendar, good for one use and a quarter
of an hour.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import col, delete

from service.app.accounts import account_of, reading_window, sealed
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.sync_calendar import keep_reading
from service.app.timetables import DEFAULT_WORKING_HOURS
from service.app.watch_calendar import plan_watch
from service.domain.errors import Denied, HoldfastError, LinkExpired, NotFound, Refused
from service.domain.timespan import MINUTE
from service.ports.calendar import Connection
from service.ports.sign_in import Grant
from service.store import calendars, people
from service.store.tables import Calendar, Person, SignInRow

GOOD_FOR = 15 * MINUTE


def redirect_uri(house: House, provider: str) -> str:
    """Where the provider sends people back to."""
    return f"{house.public_url.rstrip('/')}/oauth/{provider}/callback"


def begin_sign_in(house: House, person_id: str, provider: str, *, once: Once | None = None) -> str:
    """Makes a calendar that waits for access; returns its id. ``authorization_url`` says where to send the person."""
    seen_before(house, once)
    with house.reading() as session:
        person = people.get(session, person_id)
    calendar_id = house.new_id("cal")
    state = secrets.token_urlsafe(32)
    step = house.sign_ins[provider].begin(
        state=state, redirect_uri=redirect_uri(house, provider), login_hint=person.email
    )
    hashed = house.vault.fingerprint(state)
    with house.writing() as session:
        keep(session, once, calendar_id, house.now())
        session.add(
            Calendar(
                id=calendar_id,
                person_id=person_id,
                provider=provider,
                status="authorization_required",
                access="free_busy",
                settings={},
                secret=sealed(house, calendar_id, {"authorization_url": step.url}),
                created_at=house.now(),
            )
        )
        session.add(
            SignInRow(
                state_hash=hashed,
                calendar_id=calendar_id,
                provider=provider,
                keep=house.vault.seal(json.dumps(step.keep), hashed),
                expires_at=house.now() + GOOD_FOR,
            )
        )
    return calendar_id


def authorization_url(house: House, calendar: Calendar) -> str | None:
    """Where to send the person, while access is still to be given."""
    if calendar.status != "authorization_required" or calendar.secret is None:
        return None
    opened: dict[str, str] = json.loads(house.vault.open(calendar.secret, calendar.id))
    return opened.get("authorization_url")


def finish_sign_in(house: House, provider: str, query: Mapping[str, str]) -> str:
    """Takes the person back from the provider; returns the id of the connected calendar.

    Raises ``Denied`` for a state that is none of ours or was used, ``LinkExpired`` for an old one, ``Refused`` when access
    was not given."""
    row = _take(house, provider, query.get("state", ""))
    kept = json.loads(house.vault.open(row.keep, row.state_hash))
    try:
        grant = house.sign_ins[provider].finish(query=query, keep=kept, redirect_uri=redirect_uri(house, provider))
        return _connect(house, row.calendar_id, grant)
    except HoldfastError as trouble:
        _note_trouble(house, row.calendar_id, trouble)
        raise


def _take(house: House, provider: str, state: str) -> SignInRow:
    hashed = house.vault.fingerprint(state)
    with house.writing() as session:
        row = session.get(SignInRow, hashed)
        if row is None or row.provider != provider:
            raise Denied("This sign-in was not begun here, or it is finished already.")
        session.delete(row)
        session.exec(delete(SignInRow).where(col(SignInRow.expires_at) <= house.now()))
        session.flush()
    if row.expires_at <= house.now():
        raise LinkExpired("This sign-in took too long; begin again.")
    return row


def _connect(house: House, calendar_id: str, grant: Grant) -> str:
    with house.reading() as session:
        waiting = calendars.get(session, calendar_id)
        person = people.get(session, waiting.person_id)
        others = [c for c in calendars.of_people(session, [person.id]) if c.id != calendar_id]
    adapter = house.calendar(waiting.provider)
    settings = {**grant.settings, "subject": grant.subject, "email": grant.email}
    probe = replace(
        account_of(house, waiting, person), owner_email=grant.email, settings=settings, secret=dict(grant.secret)
    )
    found = adapter.connect(replace(probe, server_invites=adapter.capabilities.invites))
    if not found:
        raise Refused("There is no calendar in this account.")
    rows = [_row(house, waiting, one, grant, settings, others) for one in found]
    read = []
    for row in rows:
        account = account_of(house, row, person)
        read.append(adapter.sync(account, row.sync_state, reading_window(house.now())))
    main = next((r for r, one in zip(rows, found, strict=True) if one.primary), rows[0])
    with house.writing() as session:
        has_primary = any(c.is_primary and c.id not in {r.id for r in rows} for c in others)
        _defaults(session.get(Person, person.id), grant)
        if main.id != calendar_id:
            calendars.drop(session, calendars.get(session, calendar_id))
        for index, row in enumerate(rows):
            row.is_primary = row is main and not has_primary
            rows[index] = session.merge(row)
        session.flush()
        for row, result in zip(rows, read, strict=True):
            keep_reading(house, session, row, adapter, account_of(house, row, person), result)
            plan_watch(house, session, row)
    return main.id


def _row(
    house: House, waiting: Calendar, one: Connection, grant: Grant, settings: dict[str, str], others: list[Calendar]
) -> Calendar:
    """The calendar's row: the one that had it before (reconnected, with its history), the waiting one, or a new one."""
    known = {**settings, **one.settings}
    before = next((c for c in others if c.provider == waiting.provider and _same(c, known)), None)
    calendar_id = before.id if before else waiting.id if one.primary else house.new_id("cal")
    return Calendar(
        id=calendar_id,
        person_id=waiting.person_id,
        provider=waiting.provider,
        status="connected",
        access=grant.access,
        name=one.name[:200],
        is_primary=bool(before and before.is_primary),
        writable=one.writable and grant.access == "events",
        server_invites=one.server_invites,
        settings=known,
        secret=sealed(house, calendar_id, dict(grant.secret)),
        sync_state=None,
        created_at=before.created_at if before else house.now(),
    )


def _same(calendar: Calendar, settings: Mapping[str, str]) -> bool:
    held = calendar.settings
    return held.get("subject") == settings.get("subject") and held.get("calendar") == settings.get("calendar")


def _defaults(person: Person | None, grant: Grant) -> None:
    """Working hours come over from the account where the person has not set their own."""
    if person is not None and grant.working_hours and person.working_hours == DEFAULT_WORKING_HOURS:
        person.working_hours = list(grant.working_hours)


def _note_trouble(house: House, calendar_id: str, trouble: HoldfastError) -> None:
    with house.writing() as session:
        try:
            calendar = calendars.locked(session, calendar_id)
        except NotFound:
            return
        if calendar.status == "authorization_required":
            calendar.problem, calendar.problem_text = trouble.code, trouble.detail
