"""The calendar contract for Outlook, over the emulator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from calendar_contract import CalendarContract
from contract_words import OWNER
from sketches import WINDOW, ZONE, Sketch

from integrations.http import GuardedClient
from integrations.microsoft import Graph, MicrosoftCalendar
from service.domain.timespan import DAY
from service.ports.calendar import Account
from service.ports.clock import FixedClock
from tests.emulators.microsoft.emulator import MicrosoftEmulator


@pytest.fixture(scope="module")
def microsoft() -> Iterator[MicrosoftEmulator]:
    with MicrosoftEmulator(now=lambda: WINDOW.start) as running:
        yield running


@pytest.fixture(scope="module")
def client(microsoft: MicrosoftEmulator) -> Iterator[GuardedClient]:
    client = GuardedClient(allow_private=True, ca_bundle=microsoft.ca_bundle)
    yield client
    client.close()


class OutlookHand:
    """Sketches, drawn by hand in Outlook."""

    def __init__(self, microsoft: MicrosoftEmulator) -> None:
        self.outlook = microsoft.outlook(OWNER)

    def put(self, sketch: Sketch) -> None:
        show = "free" if sketch.transparent else "tentative" if sketch.status == "TENTATIVE" else "busy"
        there = self.outlook.box.by_uid(sketch.uid)
        if there is None:
            self._add(sketch, show)
        elif (there.start, there.end) != _times(sketch):
            self.outlook.move(sketch.uid, *_times(sketch))
        self.outlook.rename(sketch.uid, sketch.title)
        if sketch.status == "CANCELLED":
            self.outlook.call_off(sketch.uid)

    def _add(self, sketch: Sketch, show: str) -> None:
        span = sketch.span
        if sketch.rule is not None:
            self.outlook.add_series(sketch.start, sketch.rule, zone=ZONE, minutes=sketch.minutes, uid=sketch.uid)
            for one in sketch.skipped:
                self.outlook.delete_occurrence(sketch.uid, one)
            for original, instead in sketch.moved:
                moved = replace(sketch, start=instead).span
                self.outlook.move_occurrence(sketch.uid, original, moved.start, moved.end)
        elif hasattr(sketch.start, "hour"):
            self.outlook.add(span.start, span.end, show_as=show, uid=sketch.uid)
        else:
            after = sketch.start.fromordinal(sketch.start.toordinal() + 1)
            self.outlook.add_days(sketch.start, after, show_as=show, uid=sketch.uid)

    def delete(self, uid: str) -> None:
        self.outlook.delete(uid)

    def uids(self) -> list[str]:
        return self.outlook.uids()


def _times(sketch: Sketch) -> tuple[int, int]:
    return sketch.span.start, sketch.span.end


class Line:
    """Trouble on the line to Graph."""

    def __init__(self, microsoft: MicrosoftEmulator) -> None:
        self._faults = microsoft.faults

    @contextlib.contextmanager
    def _as(self, kind: str) -> Iterator[None]:
        self._faults.on("*", kind, times=None)
        try:
            yield
        finally:
            self._faults.clear()

    def hanging(self) -> contextlib.AbstractContextManager[None]:
        return self._as("hang")

    def cutting(self) -> contextlib.AbstractContextManager[None]:
        return self._as("cut")

    def talking_nonsense(self) -> contextlib.AbstractContextManager[None]:
        return self._as("html")


class MicrosoftContract(CalendarContract):
    """What the kinds of accounts share."""

    personal = False

    def shown_sequence(self, sequence: int) -> int:
        return 0  # Graph shows no SEQUENCE

    @pytest.fixture
    def graph(self, client: GuardedClient, microsoft: MicrosoftEmulator) -> Graph:
        return Graph(client, microsoft.url, clock=FixedClock(WINDOW.start), patience=30)

    @pytest.fixture
    def adapter(self, graph: Graph) -> MicrosoftCalendar:
        return MicrosoftCalendar(graph, connect_budget=60, write_budget=60)

    @pytest.fixture
    def hasty(self, client: GuardedClient, microsoft: MicrosoftEmulator) -> MicrosoftCalendar:
        return MicrosoftCalendar(Graph(client, microsoft.url, clock=FixedClock(WINDOW.start), patience=0.3))

    @pytest.fixture
    def hand(self, microsoft: MicrosoftEmulator) -> OutlookHand:
        microsoft.add_account(OWNER, "Alice", personal=self.personal)  # a fresh mailbox
        return OutlookHand(microsoft)

    @pytest.fixture
    def trouble(self, microsoft: MicrosoftEmulator) -> Line:
        return Line(microsoft)

    @pytest.fixture
    def account(self, microsoft: MicrosoftEmulator, hand: OutlookHand) -> Account:
        return Account(
            calendar_id="cal_1",
            owner_email=OWNER,
            zone=ZONE,
            settings={"kind": "personal" if self.personal else "work", "access": "events", "writes": "yes"},
            secret={"access_token": microsoft.token(OWNER, lifetime=400 * DAY)},
            server_invites=True,
        )

    @pytest.fixture
    def typed(self, account: Account) -> Account:
        return account

    @pytest.fixture(autouse=True)
    def _emulator(self, microsoft: MicrosoftEmulator) -> Iterator[None]:
        self.microsoft = microsoft
        yield
        microsoft.faults.clear()
        microsoft.graph.largest_page = 200
        microsoft.graph.duplicates = "same"

    def spoil(self, state: str) -> str:
        self.microsoft.forget_delta(OWNER)
        return state


class TestWork(MicrosoftContract):
    """An account of work or school."""


class TestPersonal(MicrosoftContract):
    """A personal account."""

    personal = True


class TestPageByPage(MicrosoftContract):
    """Two entries to a page, a 409 for a transaction that is known, and 404 for a forgotten token."""

    @pytest.fixture(autouse=True)
    def _strict(self, _emulator: None, microsoft: MicrosoftEmulator) -> Iterator[None]:
        microsoft.graph.largest_page = 2
        microsoft.graph.duplicates = "conflict"
        microsoft.graph.forgotten = (404, "syncStateNotFound")
        yield
        microsoft.graph.forgotten = (410, "syncStateNotFound")
