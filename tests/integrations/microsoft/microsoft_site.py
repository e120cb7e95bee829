"""Two people at an emulated Microsoft, and our adapter at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from integrations.http import GuardedClient
from integrations.microsoft import Graph, MicrosoftCalendar, MicrosoftSignIn, MicrosoftWatcher
from service.domain.timespan import DAY, HOUR, Span, epoch
from service.ports.calendar import Account, Attendee, EventDraft, SyncResult
from service.ports.clock import FixedClock
from tests.emulators.microsoft.emulator import MicrosoftEmulator
from tests.emulators.microsoft.hand import Outlook

ALICE, BOB = "alice@contoso.example", "bob@fabrikam.example"
ZONE = "Europe/Berlin"
NOW = epoch(datetime(2027, 3, 1, tzinfo=ZoneInfo(ZONE)))
WINDOW = Span(NOW - 40 * DAY, NOW + 400 * DAY)
REDIRECT = "https://holdfast.example/oauth/microsoft/callback"


def at(*parts: int) -> int:
    """Epoch seconds of a wall-clock time in Berlin."""
    return epoch(datetime(*parts, tzinfo=ZoneInfo(ZONE)))


START = at(2027, 3, 10, 9)
SPAN = Span(START, START + HOUR)


class Site:
    """Alice (work) and Bob (work, so that his copies can be seen), and whatever is needed to reach them."""

    def __init__(self, microsoft: MicrosoftEmulator, client: GuardedClient, clock: FixedClock) -> None:
        self.microsoft, self.client, self.clock = microsoft, client, clock
        self.graph = Graph(client, microsoft.url, clock=clock)
        self.calendar = MicrosoftCalendar(self.graph)
        self.watcher = MicrosoftWatcher(self.graph)
        microsoft.add_account(ALICE, "Alice")
        microsoft.add_account(BOB, "Bob")

    @property
    def alice(self) -> Outlook:
        return self.microsoft.outlook(ALICE)

    @property
    def bob(self) -> Outlook:
        return self.microsoft.outlook(BOB)

    def sign_in(self, **ways: object) -> MicrosoftSignIn:
        given = {
            "client_id": self.microsoft.client_id,
            "client_secret": self.microsoft.client_secret,
            "login_base": self.microsoft.url,
            **ways,
        }
        return MicrosoftSignIn(self.client, self.graph, **given)

    def account(self, *scopes: str, address: str = ALICE, **settings: str) -> Account:
        known = {"kind": "work", "access": "events", "writes": "yes", "address": address}
        return Account(
            calendar_id="cal_1",
            owner_email=address,
            zone=ZONE,
            settings={**known, **settings},
            secret={"access_token": self.microsoft.token(address, *scopes, lifetime=500 * DAY)},
            server_invites=True,
        )

    def sync(self, state: str | None = None, account: Account | None = None, window: Span = WINDOW) -> SyncResult:
        return self.calendar.sync(account or self.account(), state, window)

    def hasty(self) -> MicrosoftCalendar:
        return MicrosoftCalendar(Graph(self.client, self.microsoft.url, clock=self.clock, patience=0.25))


def draft(*, start: int = START, sequence: int = 0, meeting: str = "mtg_01") -> EventDraft:
    return EventDraft(
        uid=f"{meeting}@holdfast",
        meeting_id=meeting,
        sequence=sequence,
        span=Span(start, start + HOUR),
        stamp=NOW + sequence,
        summary="Alice and Bob",
        description="Two people who mean to meet.",
        organizer=Attendee("Alice", ALICE),
        attendees=(Attendee("Alice", ALICE), Attendee("Bob", BOB)),
        zone=ZONE,
        url="https://holdfast.example",
    )


def moved(hours: int, sequence: int = 1) -> EventDraft:
    later = draft(sequence=sequence)
    return replace(later, span=later.span.moved_to(START + hours * HOUR))


@pytest.fixture(scope="module")
def guarded() -> Iterator[GuardedClient]:
    from tests.emulators.microsoft.tls import certificates

    client = GuardedClient(allow_private=True, ca_bundle=certificates()[0])
    yield client
    client.close()


@pytest.fixture
def site(guarded: GuardedClient) -> Iterator[Site]:
    clock = FixedClock(NOW)
    with MicrosoftEmulator(now=clock.now) as microsoft:
        yield Site(microsoft, guarded, clock)
