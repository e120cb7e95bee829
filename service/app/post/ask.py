"""Asking a person something: written down in the transaction that makes it necessary, mailed later, in a bundle, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.domain.mail_rules import GATHER, MailRules, when
from service.domain.timespan import DAY, WEEK
from service.store import asks, people
from service.store.people import Mailable
from service.store.tables import Person

_NO_FACTS: Mapping[str, Any] = {}


def ask(
    house: House,
    session: Session,
    person_id: str,
    kind: str,
    *,
    pair_id: str,
    about: str,
    useless_after: int | None = None,
    facts: Mapping[str, Any] = _NO_FACTS,
    wait: int = GATHER,
    plan: Plan | None = None,
) -> str:
    """Asks, inside the caller's transaction; returns the ask's id. The same ``(person_id, kind, about)`` is asked once, and
    once it was withdrawn or answered it is not asked again: what comes round again needs an ``about`` of its own.

    ``kind`` is one of ``post.kinds.KINDS``; ``facts`` (ids and numbers) is what its section needs beside ``about``; ``wait``
    in seconds: how long at least before it is mailed, for what the person has before their eyes just now; ``plan``: when it is
    mailed, where that was found out in this transaction."""
    plan = plan or plan_for(house, session, person_id, wait=wait)
    row = {
        "id": house.new_id("ask"),
        "person_id": person_id,
        "pair_id": pair_id,
        "kind": kind,
        "about": about,
        "facts": dict(facts),
        "created_at": house.now(),
        "useless_after": useless_after,
        "due_at": plan.due_at,
    }
    return asks.add(session, row)


@dataclass(frozen=True, slots=True)
class Plan:
    """When what a person is asked now is mailed; ``None``: never (they were erased)."""

    due_at: int | None
    now: int

    @property
    def reaches(self) -> int:
        """When it reaches them: at once, unless their rules keep the mail for more than a day. Their time to answer begins
        then; on their page they may answer sooner."""
        return self.now if self.due_at is None or self.due_at - self.now <= DAY else self.due_at


def plan_for(house: House, session: Session, person_id: str, *, wait: int = GATHER) -> Plan:
    """Joins the bundle that is planned already for ``wait`` seconds from now on, or plans one."""
    now = house.now()
    planned = asks.planned_for(session, person_id)
    if planned is not None and planned >= now + wait:
        return Plan(planned, now)
    person = people.mailable(session, person_id)
    return Plan(None if person.erased_at is not None else may_go(session, person_id, person, now + wait), now)


def drop_asks(house: House, session: Session, *, about: str | None = None, pair_id: str | None = None) -> None:
    """Withdraws what is asked about a thing, or everything about a pair, inside the caller's transaction."""
    if about is None and pair_id is None:
        raise ValueError("say what is no longer asked about")
    asks.close(session, house.now(), about=about, pair_id=pair_id)


def plan_anew(house: House, session: Session, person: Person) -> None:
    """After their rules, hours or zone have changed: what waits goes when the new ones allow it."""
    waiting = [row for row in asks.open_of(session, person.id) if row.due_at is not None]
    if waiting:
        at = may_go(session, person.id, person, house.now() + GATHER)
        for row in waiting:
            row.due_at = at


def rules_of(person: Person | Mailable) -> MailRules:
    """What the person allows. A day without working hours is a day off."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    worked = {names.index(day) for block in person.working_hours for day in block["weekdays"]}
    return MailRules(
        per_week=person.mails_per_week,
        quiet_from=person.quiet_from,
        quiet_until=person.quiet_until,
        workdays=frozenset(worked),
        holidays=person.holidays,
    )


def may_go(session: Session, person_id: str, person: Person | Mailable, earliest: int) -> int:
    """The first moment from ``earliest`` on at which a bundle may go to this person."""
    sent = asks.mailed_at(session, person_id, since=earliest - 8 * WEEK // 7)
    return when(earliest, rules_of(person), person.time_zone, sent)
