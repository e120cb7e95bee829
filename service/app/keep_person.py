"""People: adding one, changing one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import time
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.post.ask import plan_anew
from service.app.timetables import (
    DEFAULT_WORKING_HOURS,
    check_holiday_code,
    check_zone,
    read_windows,
    read_working_hours,
)
from service.domain.errors import BadInput, Stale
from service.domain.mail_rules import FEWEST, MOST
from service.store import calendars, churn, people
from service.store.tables import Person
from service.words import languages

NUMBERS = {
    "min_notice_hours": (0, 24 * 60),
    "buffer_minutes": (0, 240),
    "max_meetings_per_day": (1, 48),
    "mails_per_week": (FEWEST, MOST),
}


def check_email(field: str, email: str) -> str:
    """An address as a mail's header takes it, unchanged: one @, no blanks, comments, quotes or empty labels."""
    if not email.isprintable() or any(c.isspace() or c in '<>,;"' for c in email) or not _addressable(email):
        raise BadInput.of(field, "is not an e-mail address")
    return email


def _addressable(email: str) -> bool:
    plain = "".join(c if c.isascii() else "x" for c in email)  # letters of other scripts are letters
    try:
        return Address(addr_spec=plain).addr_spec == plain
    except (MessageError, ValueError, IndexError):
        return False


def check_name(field: str, name: str) -> str:
    """Something a person can be called, on one line."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > 200 or any(ord(c) < 32 for c in cleaned):
        raise BadInput.of(field, "must have between 1 and 200 characters")
    return cleaned


def _apply(person: Person, facts: Mapping[str, Any]) -> None:
    if "name" in facts:
        person.name = check_name("name", facts["name"])
    if "email" in facts:
        person.email = check_email("email", facts["email"])
    if "time_zone" in facts:
        person.time_zone = check_zone("time_zone", facts["time_zone"])
    if "working_hours" in facts:
        read_working_hours(facts["working_hours"])
        person.working_hours, person.hours_given = list(facts["working_hours"]), True
    if "windows" in facts:
        read_windows(facts["windows"])
        person.windows = {**person.windows, **facts["windows"]}
    _prefer(person, facts.get("preferences") or {})


def _prefer(person: Person, preferences: Mapping[str, Any]) -> None:
    for name, (low, high) in NUMBERS.items():
        if name in preferences:
            value = preferences[name]
            if value is None and name != "max_meetings_per_day":
                raise BadInput.of(f"preferences.{name}", "must be a number")
            if value is not None and not low <= value <= high:
                raise BadInput.of(f"preferences.{name}", f"must be from {low} to {high}")
            setattr(person, name, value)
    if "churn" in preferences:
        if not isinstance(preferences["churn"], bool):
            raise BadInput.of("preferences.churn", "must be true or false")
        person.churn = preferences["churn"]
    if "holidays" in preferences:
        person.holidays = check_holiday_code(preferences["holidays"])
    if "quiet_hours" in preferences:
        person.quiet_from, person.quiet_until = read_quiet_hours("preferences.quiet_hours", preferences["quiet_hours"])
    if "language" in preferences:
        person.language = check_language("preferences.language", preferences["language"])


def read_quiet_hours(field: str, raw: Mapping[str, Any] | None) -> tuple[int, int]:
    """``{"start": "20:00", "end": "08:00"}`` in minutes of the day; ``None``: no quiet hours."""
    if raw is None:
        return 0, 0
    found = []
    for name in ("start", "end"):
        try:
            clock = time.fromisoformat(raw.get(name) or "")
        except (ValueError, TypeError):
            raise BadInput.of(f"{field}.{name}", "must be a time of day such as 20:00") from None
        found.append(clock.hour * 60 + clock.minute)
    if found[0] == found[1]:
        raise BadInput.of(f"{field}.end", "must be another time than the start; null switches quiet hours off")
    return found[0], found[1]


def check_language(field: str, language: str) -> str:
    """One that Holdfast speaks."""
    if language not in languages():
        raise BadInput.of(field, f"must be one of {', '.join(languages())}")
    return language


def create_person(house: House, facts: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Adds a person with every default filled in; returns the id. ``facts`` as in ``POST /v1/people``."""
    seen_before(house, once)
    person_id = house.new_id("per")
    token = secrets.token_urlsafe(24)
    person = Person(
        id=person_id,
        name="",
        email="",
        time_zone="UTC",
        working_hours=list(DEFAULT_WORKING_HOURS),
        windows={},
        min_notice_hours=24,
        buffer_minutes=0,
        feed_secret=house.vault.seal(token, person_id),
        feed_hash=house.vault.fingerprint(token),
        created_at=house.now(),
    )
    _apply(person, facts)
    with house.writing() as session:
        keep(session, once, person_id, house.now())
        session.add(person)
        session.flush()
        if person.churn:
            churn.begin(session, person_id)
    return person_id


def change_person(house: House, person_id: str, facts: Mapping[str, Any], *, if_version: int | None = None) -> None:
    """Changes what ``facts`` names. ``windows`` replaces the windows it names; ``null`` switches one off."""
    with house.writing() as session:
        person = people.get(session, person_id)
        if if_version is not None and person.version != if_version:
            raise Stale("This person was changed in between; read again and send your change once more.")
        zone, wanted = person.time_zone, person.churn
        _apply(person, facts)
        person.version += 1
        if person.churn != wanted:
            (churn.begin if person.churn else churn.forget)(session, person_id)
        if person.time_zone != zone:
            _read_anew(house, session, person)
        plan_anew(house, session, person)


def _read_anew(house: House, session: Session, person: Person) -> None:
    """Another zone: floating and all-day times of the person's calendars mean other instants, unknown until read again."""
    for calendar in calendars.of_people(session, [person.id]):
        calendar.expanded_until = 0
        house.jobs.enqueue(session, "sync_calendar", calendar.id, key=f"{calendar.id}:zone:{person.version}")
