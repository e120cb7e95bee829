"""An emulated Google with two people at it, our adapters, and a meeting of theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from integrations.google import GoogleApi, GoogleCalendar, GoogleSignIn, GoogleWatcher
from integrations.http import GuardedClient
from service.domain.timespan import DAY, HOUR, Span, epoch
from service.ports.calendar import Account, Attendee, EventDraft, SyncResult
from service.ports.clock import FixedClock
from tests.emulators.google.emulator import CLIENT_ID, CLIENT_SECRET, EVENTS, GoogleEmulator

ALICE, BOB = "alice@example.com", "bob@example.net"
ZONE = "Europe/Berlin"
NOW = epoch(datetime(2027, 3, 1, tzinfo=UTC))
WINDOW = Span(NOW - 40 * DAY, NOW + 400 * DAY)
MEETING = Span(epoch(datetime(2027, 3, 10, 8, tzinfo=UTC)), epoch(datetime(2027, 3, 10, 9, tzinfo=UTC)))
LATER = MEETING.moved_to(MEETING.start + 2 * HOUR)
CALLBACK = "https://holdfast.example/oauth/google/callback"


class Site:
    """``alice`` is the mentor whose calendar is connected; Bob is at Google too once he is named."""

    def __init__(self, client: GuardedClient, *, patience: float = 4.0) -> None:
        self.clock = FixedClock(NOW)
        self.google = GoogleEmulator(clock=self.clock, redirect_uris=(CALLBACK,))
        self.client = client
        self.api = GoogleApi(base=self.google.url, clock=self.clock, client=client, patience=patience)
        self.adapter = GoogleCalendar(self.api)
        self.watcher = GoogleWatcher(self.api)
        self.sign_in = GoogleSignIn(self.api, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        self.alice = self.google.person(ALICE, zone=ZONE)

    def hasty(self, seconds: float = 0.4) -> None:
        """From now on little patience."""
        self.api.patience = seconds

    def account(self, scopes: tuple[str, ...] = EVENTS, **settings: str) -> Account:
        """Alice's calendar as connected."""
        return Account(
            calendar_id="cal_1",
            owner_email=ALICE,
            zone=ZONE,
            settings={"account": ALICE, **settings},
            secret=self.google.secret(ALICE, scopes),
        )

    def sync(self, account: Account, state: str | None = None) -> SyncResult:
        return self.adapter.sync(account, state, WINDOW)

    def draft(self, span: Span = MEETING, *, sequence: int = 0) -> EventDraft:
        return EventDraft(
            uid="mtg_01@holdfast",
            meeting_id="mtg_01",
            sequence=sequence,
            span=span,
            stamp=NOW + sequence,
            summary="Alice and Bob",
            description="Two people who mean to meet.",
            organizer=Attendee("Alice", ALICE),
            attendees=(Attendee("Alice", ALICE), Attendee("Bob", BOB)),
            zone=ZONE,
            url="https://holdfast.example",
        )


def with_settings(account: Account, /, **settings: str) -> Account:
    return replace(account, settings={**account.settings, **settings})
