"""A whole house for tests: real database, real use cases, real local calendars; clock, mail and webhooks under control."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from integrations.ical import IcalFeedWriter
from integrations.local import LocalCalendar
from integrations.vault import SealedVault
from service.app.answer_proposal import accept_slot
from service.app.connect_calendar import connect_calendar
from service.app.house import House, new_id
from service.app.keep_pair import create_pair
from service.app.keep_person import create_person
from service.app.local_calendar import add_event
from service.app.manage_endpoints import create_endpoint
from service.app.propose_slots import propose_slots
from service.domain.ledger import Seat
from service.domain.timespan import HOUR, epoch
from service.jobs.memory import MemoryJobs
from service.ports.calendar import CalendarAdapter
from service.ports.clock import FixedClock
from service.ports.mailer import Mail, Sending
from service.ports.webhooks import Attempt
from service.store import proposals
from service.store.engine import make_engine
from service.store.local_events import StoredLocalEvents
from service.store.migrate import migrate
from service.store.tables import ProposalSlot

# A Monday, well away from every change of clocks.
MONDAY = epoch(datetime(2026, 6, 1, 6, 0, tzinfo=UTC))


@dataclass
class RecordedMail:
    """A mailer that keeps what it is given. ``trouble``: raised instead, while set."""

    sent: list[Mail] = field(default_factory=list)
    trouble: Exception | None = None

    def send(self, mail: Mail) -> Sending:
        """See the port."""
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(mail)
        return Sending.SENT


@dataclass
class RecordedPosts:
    """A webhook sender that keeps what it is given and answers what it is told to (200 when the list is used up)."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Attempt] = field(default_factory=list)

    def send(self, *, url: str, event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> Attempt:
        """See the port."""
        self.posts.append({"url": url, "id": event_id, "secrets": list(secrets), **json.loads(body)})
        return self.answers.pop(0) if self.answers else Attempt(200, None, None, 1)

    def check(self, url: str) -> None:
        """Takes every address."""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The ``data`` of every post of a type."""
        return [post["data"] for post in self.posts if post["type"] == kind]


@dataclass
class TestHouse:
    """A house and its handles."""

    __test__ = False

    house: House
    clock: FixedClock
    jobs: MemoryJobs
    mails: RecordedMail
    posts: RecordedPosts

    def run(self) -> int:
        """Does every job that is due."""
        return self.jobs.run_due(self.house)

    def person(self, name: str = "Ada", zone: str = "Europe/Berlin", **facts: Any) -> str:
        """Adds a person; returns the id."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return create_person(self.house, {"name": name, "email": email, "time_zone": zone, **facts})

    def local(self, person_id: str) -> str:
        """Gives a person a local calendar; returns its id."""
        return connect_calendar(self.house, person_id, {"provider": "local"})

    def event(self, calendar_id: str, start: int, hours: float = 1.0, title: str = "Something") -> str:
        """Adds an event to a local calendar; returns its id."""
        facts = {"title": title, "start": start, "end": start + int(hours * HOUR)}
        return add_event(self.house, calendar_id, facts)

    def pair(self, mentor_id: str, mentee_id: str, **facts: Any) -> str:
        """Makes a pair; returns the id."""
        given = {"mentor_id": mentor_id, "mentee_id": mentee_id, "cadence": {"every": 1, "unit": "month"}, **facts}
        return create_pair(self.house, given)

    def ready_pair(self, **facts: Any) -> tuple[str, str, str]:
        """Two people with local calendars and their pair: ``(pair, mentor's calendar, mentee's calendar)``."""
        mentor, mentee = self.person("Marta Mentor"), self.person("Emil Mentee")
        calendars = self.local(mentor), self.local(mentee)
        return self.pair(mentor, mentee, **facts), *calendars

    def slots(self, pair_id: str, **facts: Any) -> tuple[str, list[ProposalSlot]]:
        """Makes a proposal: ``(its id, its slots)``."""
        proposal_id = propose_slots(self.house, pair_id, **facts)
        with self.house.reading() as session:
            return proposal_id, proposals.slots(session, proposal_id)

    def booked(self, pair_id: str, by: Seat = Seat.MENTEE, rank: int = 0) -> str:
        """Proposes, accepts a slot, does the jobs; returns the meeting's id."""
        proposal_id, slots = self.slots(pair_id)
        meeting_id = accept_slot(self.house, proposal_id, slot_id=slots[rank].id, by=by)
        self.run()
        return meeting_id


def make_house(
    tmp_path: Path,
    *,
    now: int = MONDAY,
    clock: FixedClock | None = None,
    engine: Engine | None = None,
    calendars: Mapping[str, CalendarAdapter] | None = None,
    explore: float = 0.0,
) -> TestHouse:
    """A fresh house on SQLite in ``tmp_path`` (or on ``engine``, already migrated), with one webhook endpoint. Nothing is
    drawn unless ``explore`` says so: the same facts give the same slots."""
    clock = clock or FixedClock(now)
    if engine is None:
        engine = make_engine(f"sqlite:///{tmp_path}/holdfast.sqlite")
        migrate(engine)
    jobs, mails, posts = MemoryJobs(clock), RecordedMail(), RecordedPosts()
    local = LocalCalendar(StoredLocalEvents(engine, lambda prefix: new_id(prefix, clock.now())))
    vault = SealedVault(["a key for tests"])
    house = House(
        engine=engine,
        clock=clock,
        vault=vault,
        jobs=jobs,
        calendars={"local": local, **(calendars or {})},
        mailer=mails,
        webhooks=posts,
        feed=IcalFeedWriter(),
        public_url="http://holdfast.test",
        mail_from="holdfast@holdfast.test",
        sync_seconds=300,
        explore=explore,
        bootstrap_key_hash=vault.fingerprint("bootstrap"),
    )
    create_endpoint(house, {"url": "https://receiver.example/hook"})
    return TestHouse(house, clock, jobs, mails, posts)
