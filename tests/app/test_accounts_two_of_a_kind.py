"""Against both emulators: an event that is dragged to another calendar of the account, and one account that two people have
connected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fault_town import Case, Door, Town, template

from integrations.google.scopes import ASKED, LISTING
from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import sync_calendar
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.ports.clock import FixedClock
from service.store import calendars
from service.store.tables import Calendar
from tests.emulators.google.emulator import GoogleEmulator
from tests.emulators.google.oauth import Consent
from tests.emulators.microsoft.emulator import MicrosoftEmulator
from tests.house import MONDAY


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = FixedClock(MONDAY)
    door = Door()
    with GoogleEmulator(clock=clock) as google, MicrosoftEmulator(now=clock.now) as microsoft:
        made = Town(google, microsoft, door, template(tmp_path_factory.mktemp("two")), clock)
        yield made
        made.close()
    door.close()


def connected(case: Case, person: str) -> str:
    """One more time through the sign-in with the case's account, all its calendars listed."""
    house, town = case.at.house, case.town
    waiting = connect_calendar(house, person, {"provider": case.provider, "choose": True})
    with house.reading() as session:
        url = authorization_url(house, calendars.get(session, waiting))
    assert url is not None
    if case.provider == "google":
        town.google.consent = Consent(email=case.email, scopes={*ASKED, LISTING})
        query = dict(parse_qsl(urlsplit(town.google.browse(url)).query))
    else:
        query = town.microsoft.browse(url, case.email)
    return finish_sign_in(house, case.provider, query)


def mine(case: Case, person: str) -> list[Calendar]:
    with case.at.house.reading() as session:
        return calendars.of_people(session, [person])


class Desk:
    """A mentor with two calendars in one account, and a meeting in the first."""

    def __init__(self, town: Town, provider: str, folder: Path) -> None:
        self.case = Case(town, provider, folder)
        self.other_name = f"side{town.number}@group.calendar.google.com"
        if provider == "google":
            town.google.world.add_box(self.other_name, owner=self.case.email, zone="Europe/Berlin", summary="Side")
        else:
            self.other_name = town.microsoft.outlook(self.case.email).box.add_calendar("Side").id
        connected(self.case, self.case.mentor)
        rows = {one.settings.get("calendar"): one.id for one in mine(self.case, self.case.mentor)}
        self.main, self.side = self.case.calendar, rows[self.other_name]
        self.case.go_on(60, 60)
        self.meeting = self.case.at.booked(self.case.at.pair(self.case.mentor, self.case.mentee), rank=-1)
        self.case.go_on(60, 60)
        assert self.held().booking_status == "written"

    def held(self) -> Any:
        return self.case.meeting(self.meeting)

    def drag(self) -> None:
        if self.case.provider == "google":
            self.case.town.google.person(self.case.email).drag(self.held().remote_id, self.other_name)
        else:
            self.case.town.microsoft.outlook(self.case.email).drag(self.held().ics_uid, self.other_name)

    def read(self, *calendar_ids: str) -> None:
        for id_ in calendar_ids:
            sync_calendar(self.case.at.house, id_)

    def quiet(self) -> bool:
        """Nobody was told anything."""
        posts, mails = self.case.at.posts, self.case.our_mails()
        told = posts.of("meeting.cancelled") + posts.of("meeting.rescheduled")
        return not told and not mails and self.case.mailed("CANCEL") == 0


@pytest.fixture(params=["google", "microsoft"])
def desk(request: pytest.FixtureRequest, town: Town, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(town, request.param, tmp_path)
    yield made
    made.case.close()


@pytest.mark.parametrize("order", ["left first", "entered first"])
def test_dragged_to_another_calendar_it_is_the_same_meeting(desk: Desk, order: str) -> None:
    before = desk.held()
    desk.drag()
    desk.read(*((desk.main, desk.side) if order == "left first" else (desk.side, desk.main)))
    after = desk.held()
    assert (after.status, after.start, after.sequence) == ("booked", before.start, 0)
    assert after.calendar_id == desk.side
    assert desk.quiet()
    desk.case.go_on(HOUR, 600)
    assert desk.held().status == "booked"
    assert desk.quiet()


def test_it_is_moved_and_called_off_where_it_stands_by_now(desk: Desk) -> None:
    start = desk.held().start
    desk.drag()
    desk.read(desk.main)
    move_meeting(desk.case.at.house, desk.meeting, start=start + 7 * DAY, by=Seat.MENTEE)
    desk.case.go_on(600, 300)
    assert (desk.held().booking_status, desk.held().start) == ("written", start + 7 * DAY)
    assert desk.case.mailed("REQUEST") == 2, "an invitation and a new time"
    cancel_meeting(desk.case.at.house, desk.meeting, by=Seat.MENTEE)
    desk.case.go_on(600, 300)
    assert desk.held().booking_status == "removed"
    assert desk.case.mailed("CANCEL") == 1


def test_moved_by_hand_after_it_was_dragged(desk: Desk) -> None:
    start = desk.held().start
    desk.drag()
    if desk.case.provider == "google":
        from tests.emulators.google import times

        box = desk.case.town.google.world.boxes[desk.other_name]
        with desk.case.town.google.world.lock:
            old = box.events[desk.held().remote_id].data
            new = {name: times.when(at, box.zone) for name, at in (("start", start + DAY), ("end", start + DAY + HOUR))}
            desk.case.town.google.world.put(box, {**old, **new})
    else:
        desk.case.town.microsoft.outlook(desk.case.email).move(desk.held().ics_uid, start + DAY)
    desk.read(desk.main)
    desk.case.go_on(600, 300)
    assert (desk.held().status, desk.held().start) == ("booked", start + DAY)
    [change] = desk.case.at.posts.of("meeting.rescheduled")
    assert change["initiator"] == {"role": "mentor", "confidence": "inferred"}


def test_while_the_other_calendar_cannot_be_asked_nothing_is_decided(desk: Desk) -> None:
    desk.drag()
    operation = "calendar.events.get" if desk.case.provider == "google" else "calendarView"
    desk.case.town.broken(desk.case.provider, operation, "500", times=None)
    desk.read(desk.main)
    assert desk.held().status == "booked"
    assert desk.case.row().status == "error"
    assert desk.quiet()
    desk.case.town.mended()
    desk.case.go_on(HOUR, 600)
    assert (desk.held().status, desk.held().calendar_id) == ("booked", desk.side)
    assert desk.quiet()


def test_what_is_deleted_is_called_off_all_the_same(desk: Desk) -> None:
    if desk.case.provider == "google":
        desk.case.town.google.person(desk.case.email).delete(desk.held().remote_id)
    else:
        desk.case.town.microsoft.outlook(desk.case.email).delete(desk.held().ics_uid)
    desk.read(desk.main)
    assert desk.held().status == "cancelled"


def test_dragged_while_the_account_was_away(desk: Desk) -> None:
    desk.drag()
    connected(desk.case, desk.case.mentor)
    desk.case.go_on(600, 300)
    assert (desk.held().status, desk.held().calendar_id) == ("booked", desk.side)
    assert desk.quiet()


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_two_people_with_one_account_are_both_told(town: Town, provider: str, tmp_path: Path) -> None:
    case = Case(town, provider, tmp_path)
    case.go_on(60, 60)
    second = case.at.person("Second Owner")
    theirs = connected(case, second)
    case.go_on(60, 60)
    assert case.watches() == 2

    def alive() -> int:
        if provider == "google":
            return sum(1 for one in town.google.channels.open.values() if one.calendar == case.email)
        return sum(1 for one in town.microsoft.notices.alive() if one.box.address == case.email)

    assert alive() == 2, "the second promise did not end the first"
    noted = MONDAY + 60 * HOUR
    case.add(noted)
    if provider == "microsoft":
        town.microsoft.notices.flush()
    else:
        town.google.channels.settle()
    case.at.run()
    assert case.seen(noted) == "busy"
    with case.at.house.reading() as session:
        both = [calendars.get(session, id_) for id_ in (case.calendar, theirs)]
    assert [one.synced_at for one in both] == [case.at.clock.at] * 2
    # One of them leaves: the other is told as before.
    disconnect_calendar(case.at.house, theirs)
    assert alive() == 1
    case.close()
