"""Calls to a calendar whose access token runs out: renewed in time, once, by one of however many want it.

Two workers never race one refresh token: the right to renew is a short lease on the calendar's row, taken in its own
transaction; whoever does not get it waits until the other is done and reads what they stored. No transaction is open
while the provider is asked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlmodel import col, or_, update

from service.app.accounts import account_of, sealed
from service.app.house import House
from service.domain.errors import Refused, Unauthorized, Unreachable
from service.domain.timespan import MINUTE
from service.ports.calendar import Account
from service.store import calendars, people
from service.store.tables import Calendar, Person

Result = TypeVar("Result")
LEASE_SECONDS = 20
RENEW_BEFORE = MINUTE
_POLL, _POLLS = 0.1, 60


def with_account(house: House, calendar: Calendar, person: Person, work: Callable[[Account], Result]) -> Result:
    """Runs ``work`` with an account whose token is good. A token that turns out not to be is renewed once.

    Raises ``Refused`` when renewing is refused, or the renewed token is too."""
    account = account_of(house, calendar, person)
    if calendar.provider not in house.sign_ins:
        return work(account)
    if _runs_out(house, account):
        account = _renewed(house, calendar.id, account)
    try:
        return work(account)
    except Unauthorized:
        account = _renewed(house, calendar.id, account)
    try:
        return work(account)
    except Unauthorized as trouble:
        raise Refused(trouble.detail) from trouble


def _runs_out(house: House, account: Account) -> bool:
    ends = account.secret.get("expires_at")
    return ends is not None and int(float(ends)) <= house.now() + RENEW_BEFORE


def _renewed(house: House, calendar_id: str, stale: Account) -> Account:
    for _ in range(_POLLS):
        account = _read(house, calendar_id)
        if account.secret != stale.secret:
            return account  # somebody else has renewed it meanwhile
        if _lease(house, calendar_id):
            try:
                fresh = house.sign_ins[account_provider(house, calendar_id)].refresh(account.secret)
            except BaseException:
                _store(house, calendar_id, None)
                raise
            _store(house, calendar_id, fresh)
            return _read(house, calendar_id)
        threading.Event().wait(_POLL)
    raise Unreachable("The access token is being renewed elsewhere and that takes too long.")


def account_provider(house: House, calendar_id: str) -> str:
    """Whose calendar it is."""
    with house.reading() as session:
        return calendars.get(session, calendar_id).provider


def _read(house: House, calendar_id: str) -> Account:
    with house.reading() as session:
        calendar = calendars.get(session, calendar_id)
        return account_of(house, calendar, people.get(session, calendar.person_id))


def _lease(house: House, calendar_id: str) -> bool:
    now = house.now()
    free = or_(col(Calendar.refreshing_until).is_(None), col(Calendar.refreshing_until) <= now)
    with house.writing() as session:
        taken = session.exec(
            update(Calendar)
            .where(col(Calendar.id) == calendar_id, free)
            .values(refreshing_until=now + LEASE_SECONDS)
            .returning(col(Calendar.id))
        ).all()
        return bool(taken)


def _store(house: House, calendar_id: str, fresh: dict[str, str] | None) -> None:
    """Ends the lease; the renewed secret goes to every calendar of the same account."""
    with house.writing() as session:
        calendar = calendars.locked(session, calendar_id)
        calendar.refreshing_until = None
        if fresh is None:
            return
        for one in calendars.of_people(session, [calendar.person_id]):
            if same_account(one, calendar):
                one.secret = sealed(house, one.id, fresh)


def same_account(one: Calendar, other: Calendar) -> bool:
    """Whether two calendars lie behind the same sign-in."""
    subject = other.settings.get("subject")
    return one.id == other.id or (
        subject is not None and one.provider == other.provider and one.settings.get("subject") == subject
    )


def secret_of(house: House, calendar: Calendar) -> dict[str, str]:
    """The opened secret of a calendar, for giving access back."""
    if calendar.secret is None:
        return {}
    opened: dict[str, str] = json.loads(house.vault.open(calendar.secret, calendar.id))
    return opened
