"""A fault run: every call the connector makes, each fault, once and for good, before and after it was done.

Nothing is lost, nothing doubled, and what cannot be read is never called free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from microsoft_site import ALICE, BOB, START, WINDOW, ZONE, Site, draft, moved

from integrations.microsoft import MicrosoftCalendar, MicrosoftWatcher
from service.domain.errors import (
    BadCalendar,
    Refused,
    Throttled,
    Unreachable,
    Unsupported,
)
from service.domain.timespan import HOUR
from service.ports.calendar import Account, Written
from service.ports.watch import Watch
from tests.emulators.microsoft.emulator import MicrosoftEmulator

KINDS = ("429", "403", "500", "503", "hang", "cut", "malformed")
LATE = ("500", "503", "hang", "cut", "malformed")
CARELESS = (Throttled, Unreachable)  # what is tried again
HASTY = 0.15  # seconds that a hanging answer is waited for here

pytestmark = pytest.mark.slow


@dataclass
class Scene:
    """One task, ready to be tried. ``right`` looks at the result and at the world, and fails where either is wrong."""

    act: Callable[[], object]
    right: Callable[[object], None]


@dataclass(frozen=True)
class Case:
    """Which operation is broken in which task. ``writes``: the broken call changes something."""

    operation: str
    stage: Callable[[Site], Scene]
    writes: bool = False
    reads: bool = False  # answers that make no sense are a calendar that cannot be read
    skip: int = 0  # calls of the operation that go well before


def adapter(site: Site) -> MicrosoftCalendar:
    return MicrosoftCalendar(site.graph, connect_budget=60, write_budget=60)


# --- reading ---


def connecting(site: Site) -> Scene:
    site.alice.box.add_calendar("Family")
    account, ours = site.account(), adapter(site)

    def right(found: object) -> None:
        assert [it.name for it in found] == ["Calendar", "Family"]

    return Scene(lambda: ours.connect(account), right)


def full_reading(site: Site) -> Scene:
    site.microsoft.graph.largest_page = 2
    uids = {site.alice.add(START + number * HOUR) for number in range(5)}
    account, ours = site.account(), adapter(site)

    def right(found: object) -> None:
        assert found.full
        assert {it.uid for it in found.events if it.occurrences} == uids

    return Scene(lambda: ours.sync(account, None, WINDOW), right)


def reading_on(site: Site) -> Scene:
    goes = site.alice.add(START)
    account, ours = site.account(), adapter(site)
    first = ours.sync(account, None, WINDOW)
    comes = site.alice.add(START + HOUR)
    site.alice.delete(goes)

    def right(found: object) -> None:
        assert [it.uid for it in found.events] == [comes]
        assert len(found.removed) == 1

    return Scene(lambda: ours.sync(account, first.state, WINDOW), right)


def reading_on_in_a_series(site: Site) -> Scene:
    uid = site.alice.add_series(datetime(2027, 3, 10, 9), "FREQ=WEEKLY;COUNT=30", zone=ZONE)
    account, ours = site.account(), adapter(site)
    first = ours.sync(account, None, WINDOW)
    site.alice.delete_occurrence(uid, datetime(2027, 3, 17, 9))

    def right(found: object) -> None:
        assert [len(it.occurrences) for it in found.events] == [29]

    return Scene(lambda: ours.sync(account, first.state, WINDOW), right)


def moved_out(site: Site) -> Scene:
    uid = site.alice.add(START)
    account, ours = site.account(), adapter(site)
    first = ours.sync(account, None, WINDOW)
    site.alice.move(uid, WINDOW.end + 90 * 24 * HOUR)

    def right(found: object) -> None:
        assert [it.uid for it in found.events] == [uid]
        assert found.removed == ()

    return Scene(lambda: ours.sync(account, first.state, WINDOW), right)


def forgotten(site: Site) -> Scene:
    scene = reading_on(site)
    site.microsoft.forget_delta(ALICE)

    def right(found: object) -> None:
        assert found.full
        assert len(found.events) == 1

    return Scene(scene.act, right)


def free_busy_of_work(site: Site) -> Scene:
    site.alice.add(START)
    site.alice.add(WINDOW.end - 2 * HOUR)
    account, ours = site.account("Calendars.ReadBasic", access="free_busy"), adapter(site)

    def right(found: object) -> None:
        assert [len(it.occurrences) for it in found.events] == [2]

    return Scene(lambda: ours.sync(account, None, WINDOW), right)


def free_busy_of_a_person(site: Site) -> Scene:
    site.microsoft.add_account(ALICE, "Alice", personal=True)
    for number in range(300):
        site.alice.add(START + number * HOUR)
    account = site.account("Calendars.ReadBasic", access="free_busy", kind="personal")
    ours = adapter(site)

    def right(found: object) -> None:
        assert [len(it.occurrences) for it in found.events] == [300]

    return Scene(lambda: ours.sync(account, None, WINDOW), right)


# --- writing ---


def mails(site: Site) -> list[str]:
    return [it.kind for it in site.microsoft.mails if it.to == BOB]


def creating(site: Site) -> Scene:
    account, ours = site.account(), adapter(site)

    def right(found: object) -> None:
        assert isinstance(found, Written)
        assert site.alice.uids() == site.bob.uids() == [found.uid]
        assert mails(site) == ["invitation"]

    return Scene(lambda: ours.create(account, draft()), right)


def creating_strictly(site: Site) -> Scene:
    site.microsoft.graph.duplicates = "conflict"
    return creating(site)


def finding_again(site: Site) -> Scene:
    scene = creating_strictly(site)
    scene.act()
    return scene


def finding_the_moved(site: Site) -> Scene:
    account, ours = site.account(), adapter(site)
    written = ours.create(account, draft())
    site.alice.move(written.uid, START + 50 * HOUR)

    def right(found: object) -> None:
        assert isinstance(found, Written)
        assert (found.remote_id, found.uid) == (written.remote_id, written.uid)

    return Scene(lambda: ours.find(account, draft()), right)


def updating(site: Site) -> Scene:
    account, ours = site.account(), adapter(site)
    written = ours.create(account, draft())

    def right(found: object) -> None:
        assert isinstance(found, Written)
        assert (site.alice.only().start, site.bob.only().start) == (START + 2 * HOUR, START + 2 * HOUR)
        assert mails(site) == ["invitation", "update"]

    return Scene(lambda: ours.update(account, written.remote_id, written.etag, moved(2)), right)


def cancelling(site: Site) -> Scene:
    account, ours = site.account(), adapter(site)
    written = ours.create(account, draft())

    def right(found: object) -> None:
        assert site.alice.uids() == []
        assert site.bob.only().cancelled
        assert mails(site) == ["invitation", "cancellation"]

    return Scene(lambda: ours.cancel(account, written.remote_id, written.etag, draft(sequence=1)), right)


def deleting(site: Site) -> Scene:
    account, ours = replace(site.account(), server_invites=False), adapter(site)
    written = ours.create(account, draft())

    def right(found: object) -> None:
        assert site.alice.uids() == []
        assert mails(site) == []

    return Scene(lambda: ours.cancel(account, written.remote_id, written.etag, draft(sequence=1)), right)


# --- watching (the handshake is another test's; here the receiver always nods) ---


def watcher(site: Site) -> tuple[MicrosoftWatcher, Account]:
    site.microsoft.notices._shakes_hands = lambda _: True
    return MicrosoftWatcher(site.graph), site.account()


WAYS = {"channel_id": "ch_1", "token": "t" * 40, "address": "https://holdfast.example/hooks/microsoft?channel=ch_1"}


def subscribing(site: Site) -> Scene:
    ours, account = watcher(site)

    def right(found: object) -> None:
        assert isinstance(found, Watch)
        assert [it.id for it in site.microsoft.notices.alive()] == [found.id]

    return Scene(lambda: ours.watch(account, **WAYS), right)


def renewing(site: Site) -> Scene:
    ours, account = watcher(site)
    watch = ours.watch(account, **WAYS)
    site.clock.advance(5 * 24 * HOUR)

    def right(found: object) -> None:
        (kept,) = site.microsoft.notices.alive()
        assert (kept.id, found.id) == (watch.id, watch.id)
        assert kept.until == found.expires_at == watch.expires_at + 5 * 24 * HOUR

    return Scene(lambda: ours.renew(account, watch, **WAYS), right)


def stopping(site: Site) -> Scene:
    ours, account = watcher(site)
    watch = ours.watch(account, **WAYS)

    def right(found: object) -> None:
        assert site.microsoft.notices.alive() == []

    return Scene(lambda: ours.stop(account, watch), right)


CASES = [
    Case("calendars", connecting, reads=True),
    Case("delta", full_reading, reads=True),
    Case("delta", full_reading, reads=True, skip=1),
    Case("delta", reading_on, reads=True),
    Case("delta", forgotten, reads=True),
    Case("instances", reading_on_in_a_series, reads=True),
    Case("getEvent", reading_on_in_a_series, reads=True),
    Case("getEvent", reading_on, reads=True),
    Case("getEvent", moved_out, reads=True),
    Case("calendarView", moved_out, reads=True),
    Case("getSchedule", free_busy_of_work, reads=True),
    Case("getSchedule", free_busy_of_work, reads=True, skip=7),
    Case("calendarView", free_busy_of_a_person, reads=True),
    Case("calendarView", free_busy_of_a_person, reads=True, skip=1),
    Case("createEvent", creating, writes=True),
    Case("createEvent", creating_strictly, writes=True),
    Case("calendarView", finding_again),
    Case("findEvents", finding_the_moved),
    Case("getEvent", updating),
    Case("updateEvent", updating, writes=True),
    Case("getEvent", cancelling),
    Case("cancelEvent", cancelling, writes=True),
    Case("deleteEvent", deleting, writes=True),
    Case("createSubscription", subscribing, writes=True),
    Case("renewSubscription", renewing, writes=True),
    Case("deleteSubscription", stopping, writes=True),
]
NAMES = [f"{it.operation}-{it.stage.__name__}" + (f"-{it.skip}-later" if it.skip else "") for it in CASES]
RUNS = [
    pytest.param(case, kind, after, id=f"{name}-{kind}{'-late' if after else ''}")
    for case, name in zip(CASES, NAMES, strict=True)
    for kind, after in [*((it, False) for it in KINDS), *((it, True) for it in LATE if case.writes)]
]


def expected(case: Case, kind: str) -> tuple[type[Exception], ...]:
    if kind == "403":
        return (Refused,) if case.reads else (Refused, Unsupported)
    if kind == "429":
        return (Throttled,)
    if kind == "malformed" and case.reads:
        return (BadCalendar,)
    return CARELESS


@pytest.mark.parametrize(("case", "kind", "after"), RUNS)
def test_once(site: Site, case: Case, kind: str, after: bool) -> None:
    scene = case.stage(site)
    site.microsoft.faults.on(case.operation, kind, after=after, skip=case.skip)
    site.graph.patience = HASTY if kind == "hang" else 4.0
    try:
        result = scene.act()
    except expected(case, kind):
        site.graph.patience = 4.0
        result = scene.act()  # as the job does
    else:
        # Only what needs no answer may go on as if nothing had happened.
        assert (case.writes, kind) == (True, "malformed")
    assert site.microsoft.faults.met == 1
    scene.right(result)


@pytest.mark.parametrize(("case", "kind", "after"), RUNS)
def test_for_good(site: Site, case: Case, kind: str, after: bool) -> None:
    scene = case.stage(site)
    site.microsoft.faults.on(case.operation, kind, times=None, after=after, skip=case.skip)
    site.graph.patience = HASTY if kind == "hang" else 4.0
    for attempt in range(2):
        try:
            scene.act()
        except expected(case, kind):
            continue
        # Done at last although every answer was lost: the second attempt found it done.
        assert after
        assert case.writes
        assert attempt > 0 or kind == "malformed"
        break
    site.microsoft.faults.clear()
    site.graph.patience = 4.0
    scene.right(scene.act())


def test_every_call_that_the_connector_makes_is_in_the_run(site: Site) -> None:
    made: set[str] = set()
    for case in CASES:
        with MicrosoftEmulator(now=site.clock.now) as microsoft:
            case.stage(Site(microsoft, site.client, site.clock)).act()
            made |= set(microsoft.counts())
    # Looking for leftovers is a courtesy: tested with the subscriptions. Signing in has a run of its own.
    assert made - {it.operation for it in CASES} == {"listSubscriptions"}
