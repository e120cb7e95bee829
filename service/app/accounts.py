"""A calendar's row as its adapter sees it: settings, and the secret opened just for the call."""

from __future__ import annotations

import json

from service.app.house import House
from service.domain.timespan import DAY, Span
from service.ports.calendar import Account
from service.store.tables import Calendar, Person

BEHIND_DAYS, AHEAD_DAYS = 40, 400


def reading_window(now: int) -> Span:
    """What is read of a calendar: recurrences are expanded from some weeks ago to over a year ahead."""
    today = now - now % DAY
    return Span(today - BEHIND_DAYS * DAY, today + AHEAD_DAYS * DAY)


def account_of(house: House, calendar: Calendar, person: Person) -> Account:
    """The account for one call. Never log it, never keep it."""
    secret = json.loads(house.vault.open(calendar.secret, calendar.id)) if calendar.secret else {}
    return Account(
        calendar_id=calendar.id,
        owner_email=person.email,
        zone=person.time_zone,
        settings={k: str(v) for k, v in calendar.settings.items()},
        secret=secret,
        server_invites=calendar.server_invites,
    )


def sealed(house: House, calendar_id: str, secret: dict[str, str]) -> bytes | None:
    """The secret as it is stored: sealed, and bound to its calendar's row."""
    return house.vault.seal(json.dumps(secret), calendar_id) if secret else None
