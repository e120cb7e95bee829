"""Choosing: which calendars of a person count, and in which one new meetings are written."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from scripted_account import Provider, state_of, with_provider
from scripted_calendar import event
from sqlmodel import select

from service.app.choose_calendar import choose_calendar
from service.app.connect_calendar import connect_calendar
from service.app.read_busy import known_of
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import due_calendars, sync_calendar
from service.app.watch_calendar import due_watches
from service.domain.errors import BadInput, Stale, Unreachable
from service.domain.timespan import DAY, HOUR
from service.store import calendars, meetings
from service.store.tables import Calendar, RemoteEventRow, WatchRow
from tests.house import MONDAY, TestHouse, make_house

TAKEN = MONDAY + 2 * DAY


class Desk:
    """A person with an account of several calendars."""

    def __init__(self, at: TestHouse, names: list[str]) -> None:
        self.at, self.provider = at, Provider(at.clock)
        with_provider(at, self.provider)
        self.provider.names = {self.provider.who: names}
        self.person = at.person("Ada Mentor")
        waiting = connect_calendar(at.house, self.person, {"provider": "google"})
        with at.house.reading() as session:
            url = authorization_url(at.house, calendars.get(session, waiting))
        for name in names:
            self.provider.box(name).events[f"{name}-1"] = event(f"{name}-1", TAKEN, TAKEN + HOUR)
        finish_sign_in(at.house, "google", {"state": state_of(url), "code": "c"})
        at.run()

    def rows(self) -> dict[str, Calendar]:
        with self.at.house.reading() as session:
            return {one.settings["calendar"]: one for one in calendars.of_people(session, [self.person])}

    def known(self) -> Any:
        with self.at.house.reading() as session:
            return known_of(self.at.house, session, [self.person], TAKEN, TAKEN + HOUR)[self.person]

    def held(self, calendar_id: str) -> int:
        with self.at.house.reading() as session:
            query = select(RemoteEventRow).where(RemoteEventRow.calendar_id == calendar_id)
            return len(session.exec(query).all())

    def watched(self) -> set[str]:
        with self.at.house.reading() as session:
            return set(session.exec(select(WatchRow.calendar_id)).all())

    def choose(self, name: str, **facts: Any) -> None:
        choose_calendar(self.at.house, self.rows()[name].id, facts)
        self.at.run()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_house(tmp_path), ["work", "choir"])


def busy(desk: Desk) -> bool:
    return bool(desk.known().busy.overlaps(TAKEN, TAKEN + HOUR))


def test_what_does_not_count_is_no_taken_time_and_not_read(desk: Desk) -> None:
    choir = desk.rows()["choir"].id
    desk.provider.box("work").events.clear()
    sync_calendar(desk.at.house, desk.rows()["work"].id)
    assert busy(desk)
    desk.choose("choir", counts=False)
    assert not busy(desk)
    assert desk.known().complete
    assert desk.held(choir) == 0, "nothing of it is kept"
    assert choir not in desk.watched()
    before = desk.provider.box("choir").syncs
    desk.at.clock.at += 2 * HOUR
    assert due_calendars(desk.at.house) == [desk.rows()["work"].id]
    assert choir not in due_watches(desk.at.house)
    sync_calendar(desk.at.house, choir)  # a push on its way
    assert desk.provider.box("choir").syncs == before


def test_what_counts_again_is_read_at_once(desk: Desk) -> None:
    desk.provider.box("work").events.clear()
    sync_calendar(desk.at.house, desk.rows()["work"].id)
    desk.choose("choir", counts=False)
    choose_calendar(desk.at.house, desk.rows()["choir"].id, {"counts": True})
    assert busy(desk)
    assert desk.known().complete
    desk.at.run()
    assert desk.rows()["choir"].id in desk.watched()


def test_what_counts_again_and_cannot_be_read_is_unknown(desk: Desk) -> None:
    desk.choose("choir", counts=False)
    desk.provider.box("choir").trouble = Unreachable("No answer.")
    choose_calendar(desk.at.house, desk.rows()["choir"].id, {"counts": True})
    assert [one.calendar_id for one in desk.known().unknown] == [desk.rows()["choir"].id]


def test_one_that_cannot_be_read_and_does_not_count_keeps_nobody_from_meeting(desk: Desk) -> None:
    desk.provider.box("choir").trouble = Unreachable("No answer.")
    sync_calendar(desk.at.house, desk.rows()["choir"].id)
    assert not desk.known().complete
    desk.choose("choir", counts=False)
    assert desk.known().complete


def test_new_meetings_are_written_where_it_was_chosen_and_older_ones_stay(desk: Desk) -> None:
    at = desk.at
    mentee = at.person("Emil Mentee")
    at.local(mentee)
    pair = at.pair(desk.person, mentee)
    first = at.booked(pair)
    desk.choose("choir", primary=True)
    assert [name for name, row in desk.rows().items() if row.is_primary] == ["choir"]
    second = at.booked(pair)
    with at.house.reading() as session:
        places = [meetings.get(session, id_).calendar_id for id_ in (first, second)]
    assert places == [desk.rows()["work"].id, desk.rows()["choir"].id]
    # Not counted any more, the first one's calendar is still looked after: a meeting stands there.
    desk.choose("work", counts=False)
    assert desk.held(desk.rows()["work"].id) > 0
    with at.house.reading() as session:
        held = meetings.get(session, first)
    box = desk.provider.box("work")
    box.move(held.ics_uid, held.start + DAY, held.end + DAY)
    at.clock.at += 600
    for id_ in due_calendars(at.house):
        sync_calendar(at.house, id_)
    with at.house.reading() as session:
        assert meetings.get(session, first).start == held.start + DAY
    # Once the meeting is over, nothing keeps the calendar in view.
    at.clock.at = held.end + 3 * DAY
    assert desk.rows()["work"].id not in due_calendars(at.house)


def test_the_primary_one_is_read_also_where_it_does_not_count(desk: Desk) -> None:
    desk.choose("work", counts=False)
    desk.at.clock.at += 600
    assert desk.rows()["work"].id in due_calendars(desk.at.house)
    desk.provider.box("choir").events.clear()
    sync_calendar(desk.at.house, desk.rows()["choir"].id)
    assert not busy(desk)


def test_one_that_can_only_be_read_cannot_be_the_primary_one(desk: Desk) -> None:
    with desk.at.house.writing() as session:
        calendars.get(session, desk.rows()["choir"].id).writable = False
    with pytest.raises(BadInput, match="primary"):
        desk.choose("choir", primary=True)
    with pytest.raises(BadInput, match="primary"):
        desk.choose("work", primary=False)
    desk.choose("choir", primary=False)  # says what is so


def test_two_who_choose_at_once_leave_one_primary_and_an_old_version_is_refused(desk: Desk) -> None:
    rows = desk.rows()
    with pytest.raises(Stale):
        choose_calendar(desk.at.house, rows["choir"].id, {"counts": False}, if_version=rows["choir"].version + 1)
    gate = threading.Barrier(2)

    def choose(name: str) -> None:
        gate.wait()
        choose_calendar(desk.at.house, rows[name].id, {"primary": True})

    threads = [threading.Thread(target=choose, args=(name,)) for name in ("work", "choir")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(row.is_primary for row in desk.rows().values()) == 1


def test_a_choice_outlives_a_reconnection(desk: Desk) -> None:
    desk.choose("choir", counts=False)
    desk.choose("choir", primary=True)
    waiting = connect_calendar(desk.at.house, desk.person, {"provider": "google", "choose": True})
    assert desk.provider.chooses
    with desk.at.house.reading() as session:
        url = authorization_url(desk.at.house, calendars.get(session, waiting))
    finish_sign_in(desk.at.house, "google", {"state": state_of(url), "code": "c"})
    rows = desk.rows()
    assert (rows["choir"].counts, rows["choir"].is_primary, rows["work"].counts) == (False, True, True)


def test_several_are_read_side_by_side_and_one_that_fails_is_unknown(tmp_path: Path) -> None:
    at = make_house(tmp_path)
    names = ["work", "choir", "club"]
    provider = Provider(at.clock)
    together = threading.Barrier(3)
    for name in names:
        box = provider.box(name)
        box.meanwhile = lambda: together.wait(10) and None  # type: ignore[func-returns-value]
    provider.box("club").trouble = Unreachable("No answer.")

    real = provider.box("club").sync
    provider.box("club").sync = lambda *a: (together.wait(10), real(*a))[1]  # type: ignore[assignment,method-assign]
    with_provider(at, provider)
    provider.names = {provider.who: names}
    person = at.person()
    waiting = connect_calendar(at.house, person, {"provider": "google"})
    with at.house.reading() as session:
        url = authorization_url(at.house, calendars.get(session, waiting))
    finish_sign_in(at.house, "google", {"state": state_of(url), "code": "c"})
    with at.house.reading() as session:
        states = {one.settings["calendar"]: one.status for one in calendars.of_people(session, [person])}
    assert states == {"work": "connected", "choir": "connected", "club": "error"}
