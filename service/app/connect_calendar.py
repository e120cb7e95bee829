"""Connecting a calendar: check it, find what lies behind it, read it once, and only then keep it.

A calendar that cannot be read is refused with the reason, so that nobody believes to be connected when they are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from service.app.accounts import account_of, reading_window, sealed
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.sign_in import begin_sign_in
from service.app.sync_calendar import keep_reading
from service.app.tokens import secret_of
from service.app.watch_calendar import end_watches
from service.domain.errors import BadInput, FieldProblem, ProviderTrouble
from service.ports.calendar import CalendarAdapter, Connection, SyncResult
from service.store import calendars, people
from service.store.tables import Calendar, Person

log = structlog.get_logger(__name__)
SECRET_FIELDS = {"caldav": ("username", "password"), "ics": ("url", "content")}


def connect_calendar(house: House, person_id: str, request: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Connects ``{provider, …}`` as in ``POST /v1/people/{id}/calendars``; returns the id of the (primary) calendar.

    An account with several calendars becomes one row each; all of them count as busy. What was connected before, and lost
    its access since, is the same calendar again, with its id and its meetings. Raises ``BadInput`` for what cannot
    be a calendar, ``Refused`` for wrong credentials, ``Unreachable`` where nothing answers in time."""
    seen_before(house, once)
    with house.reading() as session:
        person = people.get(session, person_id)
        before = calendars.of_people(session, [person_id])
    provider = str(request.get("provider", ""))
    if provider in house.sign_ins:
        return begin_sign_in(
            house,
            person_id,
            provider,
            choose=bool(request.get("choose")),
            on_own_page=bool(request.get("on_own_page")),
            once=once,
        )
    adapter = house.calendar(provider)
    settings, secret = _split(provider, request)
    read: list[tuple[Calendar, SyncResult]] = []
    try:
        for found in _connections(house, adapter, person, provider, settings, secret):
            held = _held(house, before, provider, found, secret)
            calendar = _row(house, person_id, provider, adapter, found, secret, held)
            account = account_of(house, calendar, person)
            read.append((calendar, adapter.sync(account, None, reading_window(house.now()))))
    except BadInput as trouble:
        raise _with_field(trouble, "content" if "content" in secret else "url") from None
    primary = {c.id for c in before if c.is_primary}
    again = next((c for c, _ in read if c.id in primary), None)
    main = again or next((c for c, _ in read if c.is_primary and c.writable), None) or read[0][0]
    for calendar, _ in read:
        calendar.is_primary = calendar is main and (calendar is again or not primary)
        if calendar.settings.get("source") == "upload":
            calendar.secret = None  # an uploaded file is read once; what is kept of it has no titles
    with house.writing() as session:
        keep(session, once, main.id, house.now())
        for calendar, result in read:
            kept = session.merge(calendar)
            session.flush()
            keep_reading(house, session, kept, adapter, account_of(house, kept, person), result)
    return main.id


def _with_field(trouble: BadInput, field: str) -> BadInput:
    """An adapter knows what is wrong with a calendar, but not under which name the caller gave it."""
    if trouble.fields:
        return trouble
    return type(trouble)(trouble.detail, fields=[FieldProblem(field, trouble.detail)])


def _split(provider: str, request: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    given = {k: str(v) for k, v in request.items() if k != "provider" and v is not None}
    if provider == "ics" and ("url" in given) == ("content" in given):
        raise BadInput.of("url", "give either the address of an .ics calendar (url) or its text (content)")
    if provider == "caldav":
        for name in ("url", "username", "password"):
            if name not in given:
                raise BadInput.of(name, "is needed to connect a CalDAV calendar")
    names = SECRET_FIELDS.get(provider, ())
    secret = {k: v for k, v in given.items() if k in names}
    return {k: v for k, v in given.items() if k not in names}, secret


def _connections(
    house: House,
    adapter: CalendarAdapter,
    person: Person,
    provider: str,
    settings: dict[str, str],
    secret: dict[str, str],
) -> list[Connection]:
    probe = Calendar(
        id=house.new_id("cal"),
        person_id=person.id,
        provider=provider,
        status="connected",
        access=adapter.capabilities.reads,
        settings=settings,
        created_at=house.now(),
    )
    probe.secret = sealed(house, probe.id, secret)
    return adapter.connect(account_of(house, probe, person))


def _held(
    house: House, rows: Sequence[Calendar], provider: str, found: Connection, secret: dict[str, str]
) -> Calendar | None:
    """The row that this very calendar has already: the same collection, the same secret address."""
    url = found.settings.get("url") or secret.get("url") if provider in ("caldav", "ics") else None
    for row in rows if url else ():
        if row.provider == provider and url == (row.settings.get("url") or secret_of(house, row).get("url")):
            return row
    return None


def _row(
    house: House,
    person_id: str,
    provider: str,
    adapter: CalendarAdapter,
    found: Connection,
    secret: dict[str, str],
    held: Calendar | None,
) -> Calendar:
    calendar_id = held.id if held else house.new_id("cal")
    return Calendar(
        id=calendar_id,
        person_id=person_id,
        provider=provider,
        status="connected",
        access=adapter.capabilities.reads,
        name=found.name[:200],
        is_primary=found.primary,
        writable=found.writable and adapter.capabilities.writes,
        server_invites=found.server_invites,
        settings=found.settings,
        counts=held.counts if held else True,
        secret=sealed(house, calendar_id, secret),
        version=held.version + 1 if held else 1,
        created_at=held.created_at if held else house.now(),
    )


def disconnect_calendar(house: House, calendar_id: str) -> None:
    """Takes a calendar out with its secret and all that is held of it. Meetings written there stay where they are.

    What the provider gave is given back first: its watches end, and with the last calendar of an account its tokens (while
    nobody else here has the same account connected, for providers take back all of an account's tokens at once)."""
    with house.reading() as session:
        calendar = calendars.get(session, calendar_id)
        subject = calendar.settings.get("subject")
        rows = calendars.behind(session, calendar.provider, subject) if subject else [calendar]
    if calendar.provider in house.sign_ins and calendar.status != "authorization_required":
        _stop_reading(house, calendar_id)
        end_watches(house, calendar)
        if all(one.id == calendar_id for one in rows):
            _give_back(house, calendar)
    with house.writing() as session:
        calendar = calendars.locked(session, calendar_id)
        others = [c for c in calendars.of_people(session, [calendar.person_id]) if c.id != calendar_id and c.writable]
        if calendar.is_primary and others:
            others[0].is_primary = True
        calendars.drop(session, calendar)


def _stop_reading(house: House, calendar_id: str) -> None:
    """A reading that is under way finds the access gone in a moment: that is its owner's own doing, and nobody is mailed."""
    with house.writing() as session:
        calendars.locked(session, calendar_id).status = "disconnected"


def _give_back(house: House, calendar: Calendar) -> None:
    try:
        house.sign_ins[calendar.provider].revoke(secret_of(house, calendar))
    except ProviderTrouble as trouble:  # the tokens are deleted here in any case
        log.warning("not_revoked", calendar_id=calendar.id, reason=trouble.code)
