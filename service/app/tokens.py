"""Calls to a calendar whose access token runs out: renewed in time, once, by one of however many want it.

Two workers never race one refresh token: the right to renew is a short lease on the account (on the first calendar's row
behind it), taken in its own transaction; whoever does not get it waits until the other is done and reads what they stored.
No transaction is open while the provider is asked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session, col, or_, update

from service.app.accounts import account_of, sealed
from service.app.house import House
from service.domain.errors import NotFound, Refused, Unauthorized, Unreachable
from service.domain.timespan import MINUTE
from service.ports.calendar import Account
from service.store import calendars, people
from service.store.tables import Calendar, Person

Result = TypeVar("Result")
LEASE_SECONDS = 30
RENEW_BEFORE = MINUTE
_POLL, _POLLS = 0.1, 60


def with_account(house: House, calendar: Calendar, person: Person, work: Callable[[Account], Result]) -> Result:
    """Runs ``work`` with an account whose token is good. A token that turns out not to be is renewed once.

    Raises ``Refused`` when renewing is refused, or the renewed token is too."""
    account = account_of(house, calendar, person)
    if calendar.provider not in house.sign_ins:
        return work(account)
    if _runs_out(house, account):
        account = _renewed(house, calendar, account)
    try:
        return work(account)
    except Unauthorized:
        account = _renewed(house, calendar, account)
    try:
        return work(account)
    except Unauthorized as trouble:
        raise Refused(trouble.detail) from trouble


def _runs_out(house: House, account: Account) -> bool:
    ends = account.secret.get("expires_at")
    return ends is not None and int(float(ends)) <= house.now() + RENEW_BEFORE


def _renewed(house: House, calendar: Calendar, stale: Account) -> Account:
    for _ in range(_POLLS):
        account = _read(house, calendar.id)
        if account.secret != stale.secret:
            return account  # somebody else has renewed it meanwhile
        lease = _lease(house, calendar.id)
        if lease is not None:
            return _renew(house, calendar, stale, lease)
        threading.Event().wait(_POLL)
    raise Unreachable("The access token is being renewed elsewhere and that takes too long.")


def _renew(house: House, calendar: Calendar, stale: Account, lease: tuple[str, int]) -> Account:
    fresh: dict[str, str] | None = None
    try:
        account = _read(house, calendar.id)
        if account.secret != stale.secret:
            return account  # renewed between our look and our turn
        fresh = house.sign_ins[calendar.provider].refresh(account.secret)
    finally:
        _store(house, calendar.id, lease, stale.secret, fresh)
    return _read(house, calendar.id)


def _read(house: House, calendar_id: str) -> Account:
    with house.reading() as session:
        calendar = calendars.get(session, calendar_id)
        return account_of(house, calendar, people.get(session, calendar.person_id))


def _lease(house: House, calendar_id: str) -> tuple[str, int] | None:
    """The row that stands for the account and the end of the lease, if it could be had."""
    now = house.now()
    until = now + LEASE_SECONDS
    free = or_(col(Calendar.refreshing_until).is_(None), col(Calendar.refreshing_until) <= now)
    with house.writing() as session:
        anchor = behind_same_sign_in(session, calendars.get(session, calendar_id))[0].id
        taken = session.exec(
            update(Calendar)
            .where(col(Calendar.id) == anchor, free)
            .values(refreshing_until=until)
            .returning(col(Calendar.id))
        ).all()
        return (anchor, until) if taken else None


def _store(
    house: House, calendar_id: str, lease: tuple[str, int], stale: dict[str, str], fresh: dict[str, str] | None
) -> None:
    """Ends the lease; the renewed secret takes the place of the old one in every calendar of the same account. One that was
    connected anew meanwhile has a newer sign-in's secret and keeps it."""
    anchor, until = lease
    with house.writing() as session:
        session.exec(
            update(Calendar)
            .where(col(Calendar.id) == anchor, col(Calendar.refreshing_until) == until)
            .values(refreshing_until=None)
        )
        if fresh is None:
            return
        try:
            calendar = calendars.locked(session, calendar_id)
        except NotFound:
            return
        for one in behind_same_sign_in(session, calendar):
            if secret_of(house, one) == stale:
                one.secret = sealed(house, one.id, fresh)


def behind_same_sign_in(session: Session, calendar: Calendar) -> list[Calendar]:
    """This calendar and its owner's others behind the same account, in the order of their ids."""
    rows = calendars.of_people(session, [calendar.person_id])
    return [one for one in rows if same_account(one, calendar)]


def same_account(one: Calendar, other: Calendar) -> bool:
    """Whether two calendars lie behind the same account elsewhere."""
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
