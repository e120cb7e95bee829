"""A fault run over the whole house: every call that a connector makes, each fault, once and for good, before and after the
provider did its work. Nothing is lost, nothing doubled, and never is a time called free that is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fault_town import KINDS, Case, Door, Town, template

from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.sync_calendar import sync_calendar
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.jobs.registry import JOBS
from service.ports.clock import FixedClock
from tests.emulators.google.emulator import GoogleEmulator
from tests.emulators.microsoft.emulator import MicrosoftEmulator
from tests.house import MONDAY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
COUNTED: Counter[str] = Counter()
LOST_ANSWERS = ("500", "503", "hang", "cut", "malformed")  # what can also strike after the work was done


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bookings are given up after four tries within a quarter of an hour; that it is a day in earnest the jobs' tests say."""
    monkeypatch.setitem(JOBS, "write_booking", replace(JOBS["write_booking"], retries=(5, 60, 600)))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = FixedClock(MONDAY)
    door = Door()
    with GoogleEmulator(clock=clock) as google, MicrosoftEmulator(now=clock.now) as microsoft:
        made = Town(google, microsoft, door, template(tmp_path_factory.mktemp("faults")), clock)
        yield made
        made.close()
        google.faults.clear()
    door.close()
    print(f"fault run: {dict(sorted(COUNTED.items()))}, {sum(COUNTED.values())} runs")  # noqa: T201


Run = Callable[[Case, Callable[[], None], bool, bool], None]


def reading(case: Case, strike: Callable[[], None], forever: bool, after: bool) -> None:
    """Something was noted before, something is noted now; the reading in between fails."""
    first, second = MONDAY + 30 * HOUR, MONDAY + 54 * HOUR
    case.add(first)
    case.go_on(600, 300)
    assert case.seen(first) == "busy"
    case.add(second)
    strike()
    sync_calendar(case.at.house, case.calendar)
    assert case.seen(first) == "busy", "what was known stays known"
    assert case.seen(second) in {"busy", "unknown"}
    if forever:
        assert case.row().status == "error", case.row().status
        pair = case.at.pair(case.mentor, case.mentee)
        assert case.at.slots(pair)[1] == [], "nothing is proposed on a guess"
        case.go_on(2 * HOUR)
        assert (case.seen(first), case.seen(second)) == ("busy", "unknown")
        case.town.mended()
    case.go_on(2 * HOUR)
    assert (case.seen(first), case.seen(second)) == ("busy", "busy")
    assert case.row().status == "connected"


def renewing(case: Case, strike: Callable[[], None], forever: bool, after: bool) -> None:
    """The access token has run out, and renewing it fails. That is no withdrawal."""
    noted = MONDAY + 54 * HOUR
    case.go_on(600, 300)
    case.at.clock.at += 2 * HOUR
    case.add(noted)
    strike()
    sync_calendar(case.at.house, case.calendar)
    assert case.seen(noted) in {"busy", "unknown"}
    if forever:
        case.go_on(2 * HOUR)
        assert case.seen(noted) == "unknown"
        case.town.mended()
    case.go_on(2 * HOUR)
    assert case.seen(noted) == "busy"
    assert case.row().status == "connected"
    assert case.at.posts.of("calendar.disconnected") == []


def creating(case: Case, strike: Callable[[], None], forever: bool, after: bool) -> None:
    """A slot is accepted, and creating its event fails."""
    case.go_on(600, 300)
    pair = case.at.pair(case.mentor, case.mentee)
    strike()
    meeting = case.at.booked(pair, rank=-1)
    start = case.meeting(meeting).start
    assert case.seen(start) == "busy"
    case.go_on(HOUR if forever else 1200, 400)
    held = case.meeting(meeting)
    assert (held.status, held.start) == ("booked", start)
    if forever and not after:
        assert (held.booking_status, held.organizer) == ("failed", "holdfast")
        assert case.events() == []
        assert case.mailed("REQUEST") == 0
        assert sorted(case.our_mails()) == ["REQUEST", "REQUEST"], "then we invite both"
        case.town.mended()
        case.go_on(DAY, 12 * HOUR)
        assert case.events() == []
        return
    assert case.events() == [(held.ics_uid, start)], "one event"
    assert held.booking_status == "written"
    assert case.mailed("REQUEST") == 1, "one invitation"
    assert case.our_mails() == []


def changing(case: Case, strike: Callable[[], None], forever: bool, after: bool) -> None:
    """A meeting is moved by the API, and writing that fails."""
    meeting, held = booked(case)
    strike()
    move_meeting(case.at.house, meeting, start=held.start + 7 * DAY, by=Seat.MENTEE)
    case.go_on(HOUR if forever else 1200, 400)
    now = case.meeting(meeting)
    if forever and not after:
        assert (now.start, now.booking_status, now.organizer) == (held.start + 7 * DAY, "failed", "holdfast")
        assert case.events() == [(held.ics_uid, held.start)]
        assert (case.mailed("REQUEST"), case.our_mails()) == (1, ["REQUEST", "REQUEST"]), "then we tell both, once"
        return
    assert case.events() == [(held.ics_uid, held.start + 7 * DAY)]
    assert (now.status, now.sequence, now.start, now.booking_status) == ("booked", 1, held.start + 7 * DAY, "written")
    assert case.mailed("REQUEST") == 2, "an invitation and a new time"
    assert case.our_mails() == []
    assert len(case.at.posts.of("meeting.rescheduled")) == 1


def cancelling(case: Case, strike: Callable[[], None], forever: bool, after: bool) -> None:
    """A meeting is called off by the API, and taking it out fails."""
    meeting, _ = booked(case)
    strike()
    cancel_meeting(case.at.house, meeting, by=Seat.MENTEE)
    case.go_on(HOUR if forever else 1200, 400)
    if forever and not after:
        assert case.meeting(meeting).status == "cancelled"
        assert (case.mailed("CANCEL"), case.our_mails()) == (0, ["CANCEL", "CANCEL"]), "then we tell both, once"
        return
    assert case.events() == []
    assert (case.meeting(meeting).status, case.meeting(meeting).sequence) == ("cancelled", 1)
    assert case.meeting(meeting).booking_status == "removed"
    assert case.mailed("CANCEL") == 1
    assert case.our_mails() == []
    assert len(case.at.posts.of("meeting.cancelled")) == 1


def booked(case: Case) -> tuple[str, Any]:
    case.go_on(600, 300)
    meeting = case.at.booked(case.at.pair(case.mentor, case.mentee), rank=-1)
    case.go_on(600, 300)
    held = case.meeting(meeting)
    assert held.booking_status == "written"
    assert held.start > MONDAY + 6 * DAY, "far enough ahead for a fault that lasts"
    return meeting, held


def watching(case: Case, strike: Callable[[], None], forever: bool, after: bool) -> None:
    """Being told cannot be arranged; the rounds go on all the same, and arrange it later."""
    strike()
    noted = MONDAY + 54 * HOUR
    case.go_on(2 * HOUR, HOUR if forever else 20 * 60)
    if forever:
        assert case.watches() == 0
        case.add(noted)
        case.go_on(HOUR)
        assert case.seen(noted) == "busy", "reading needs no push"
        case.town.mended()
        case.go_on(2 * HOUR)
    assert case.watches() == 1
    assert case.row().status == "connected"


CALLS: list[tuple[str, str, Run, str, bool]] = [
    # provider, operation, what is tried, access, whether the call changes something there
    ("google", "calendar.events.list", reading, "events", False),
    ("google", "calendar.freebusy.query", reading, "free_busy", False),
    ("google", "oauth.token", renewing, "events", False),
    ("google", "calendar.events.insert", creating, "events", True),
    ("google", "calendar.events.patch", changing, "events", True),
    ("google", "calendar.events.delete", cancelling, "events", True),
    ("google", "calendar.events.watch", watching, "events", True),
    ("microsoft", "delta", reading, "events", False),
    ("microsoft", "getSchedule", reading, "free_busy", False),
    ("microsoft", "token", renewing, "events", False),
    ("microsoft", "createEvent", creating, "events", True),
    ("microsoft", "updateEvent", changing, "events", True),
    ("microsoft", "cancelEvent", cancelling, "events", True),
    ("microsoft", "createSubscription", watching, "events", True),
]


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]}-{call[1].rpartition('.')[2]}")
def test_every_call_and_every_fault(
    call: tuple[str, str, Run, str, bool], kind: str, town: Town, tmp_path: Path
) -> None:
    provider, operation, run, access, writes = call
    if provider == "microsoft" and kind == "403 rate limit":
        return  # Graph throttles by 429 alone
    for after in (False, True) if writes and kind in LOST_ANSWERS else (False,):
        for forever in (False, True):
            case = Case(town, provider, tmp_path, access=access, hasty=kind == "hang")
            before = town.struck(provider)

            def strike(forever: bool = forever, after: bool = after) -> None:
                town.broken(provider, operation, kind, times=None if forever else 1, after=after)

            try:
                run(case, strike, forever, after)
                assert town.struck(provider) > before, "the fault was never met"
            except AssertionError as error:
                raise AssertionError(f"{provider} {operation} {kind} {forever=} {after=}: {error}") from error
            finally:
                case.close()
            COUNTED[f"{provider} {'for good' if forever else 'once'}"] += 1
