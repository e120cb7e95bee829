"""Reading calendars: unknown is never free, nothing is lost between two readings, our own writes are known as ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_calendar import ScriptedCalendar, event
from sqlmodel import col, select

from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.answer_proposal import accept_slot
from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.find_slots import find_slots, read_situation
from service.app.keep_person import change_person
from service.app.read_busy import known_of
from service.app.sync_calendar import sync_calendar
from service.app.write_booking import write_booking
from service.domain.errors import CalendarUnknown, Gone, Refused, TimeGone, Unreachable
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, MINUTE
from service.ports.calendar import Account, Connection, EventDraft, Written
from service.ports.mailer import Method
from service.store import calendars, meetings
from service.store.tables import Calendar, MailRow, RemoteEventRow
from tests.house import MONDAY, TestHouse, make_house


@pytest.fixture
def dav() -> ScriptedCalendar:
    return ScriptedCalendar()


@pytest.fixture
def house(tmp_path: Path, dav: ScriptedCalendar) -> TestHouse:
    return make_house(tmp_path, calendars={"caldav": dav})


@pytest.fixture
def people(house: TestHouse) -> tuple[str, str, str, str]:
    """``(pair, mentor, mentee, the mentor's calendar)``; the mentee has none."""
    mentor, mentee = house.person("Marta Mentor"), house.person("Emil Mentee")
    given = {"provider": "caldav", "url": "https://dav.example", "username": "m", "password": "p"}
    calendar = connect_calendar(house.house, mentor, given)
    return house.pair(mentor, mentee), mentor, mentee, calendar


def known(house: TestHouse, person: str, start: int = MONDAY, days: int = 28) -> Any:
    with house.house.reading() as session:
        return known_of(house.house, session, [person], start, start + days * DAY)[person]


def found(house: TestHouse, pair: str) -> Any:
    situation = read_situation(house.house, pair, horizon_days=28)
    return find_slots(house.house, situation, limit=5)


def meeting_of(house: TestHouse, meeting_id: str) -> Any:
    with house.house.reading() as session:
        return meetings.get(session, meeting_id)


def test_a_calendar_that_fails_is_unknown_and_what_is_known_stays_busy(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, mentor, _, calendar = people
    dav.events["a"] = event("a", MONDAY + DAY, MONDAY + DAY + HOUR)
    sync_calendar(house.house, calendar)
    assert found(house, pair).slots
    dav.trouble = Unreachable("The calendar did not answer.")
    sync_calendar(house.house, calendar)
    one = known(house, mentor)
    assert [(u.calendar_id, u.reason) for u in one.unknown] == [(calendar, "unreachable")]
    assert one.busy.overlaps(MONDAY + DAY, MONDAY + DAY + HOUR)
    nothing = found(house, pair)
    assert (nothing.complete, nothing.slots, nothing.declined_because.code) == (False, (), "calendar_unknown")
    dav.trouble = None
    sync_calendar(house.house, calendar)
    assert found(house, pair).slots


def test_withdrawn_access_disconnects_once_and_tells_once(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    _, mentor, _, calendar = people
    dav.trouble = Refused("The password is no longer right.")
    for _ in range(3):
        sync_calendar(house.house, calendar)
        house.run()
    with house.house.reading() as session:
        assert calendars.get(session, calendar).status == "disconnected"
    assert [data["calendar_id"] for data in house.posts.of("calendar.disconnected")] == [calendar]
    assert [u.reason for u in known(house, mentor).unknown] == ["disconnected"]


def test_a_slower_reading_does_not_undo_a_disconnection(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    _, _, _, calendar = people

    def refused() -> None:
        dav.trouble = Refused("The password is no longer right.")
        sync_calendar(house.house, calendar)
        dav.trouble = None

    def refused_then_slow() -> None:
        refused()
        raise Unreachable("It did not answer in time.")

    for slower in (refused, refused_then_slow):
        with house.house.writing() as session:
            calendars.get(session, calendar).status = "connected"
        house.posts.posts.clear()
        dav.meanwhile = slower
        sync_calendar(house.house, calendar)
        sync_calendar(house.house, calendar)
        house.run()
        with house.house.reading() as session:
            assert calendars.get(session, calendar).status == "disconnected"
        assert [data["calendar_id"] for data in house.posts.of("calendar.disconnected")] == [calendar]


@pytest.mark.parametrize(
    ("provider", "given"),
    [
        ("caldav", {"url": "https://dav.example/work/", "username": "ada", "password": "new"}),
        ("ics", {"url": "https://ics.example/secret.ics"}),
    ],
)
def test_connected_again_it_is_the_same_calendar(
    tmp_path: Path, dav: ScriptedCalendar, provider: str, given: dict[str, str]
) -> None:
    house = make_house(tmp_path, calendars={provider: dav})
    ada = house.person("Ada")
    if provider == "caldav":  # what the real adapter shows of a collection
        dav.connect = lambda account: [Connection("Work", {"url": given["url"]}, True, False, True)]  # type: ignore[method-assign]
    first = connect_calendar(house.house, ada, {"provider": provider, **given})
    dav.trouble = Refused("The password is no longer right.")
    sync_calendar(house.house, first)
    assert [u.reason for u in known(house, ada).unknown] == ["disconnected"]
    dav.trouble = None
    dav.events["a"] = event("a", MONDAY + DAY, MONDAY + DAY + HOUR)
    assert connect_calendar(house.house, ada, {"provider": provider, **given}) == first
    one = known(house, ada)
    assert one.complete
    assert one.calendars == 1
    assert one.busy.overlaps(MONDAY + DAY, MONDAY + DAY + HOUR)
    with house.house.reading() as session:
        (row,) = calendars.of_people(session, [ada])
    assert row.is_primary
    other = connect_calendar(house.house, ada, {"provider": provider, **given, "url": given["url"] + "x"})
    assert (other == first) is (provider == "caldav")  # there the server names the collection, not the person


def test_a_calendar_not_read_for_long_is_unknown(house: TestHouse, people: tuple[str, str, str, str]) -> None:
    _, mentor, _, calendar = people
    house.clock.advance(2 * HOUR)
    assert [u.reason for u in known(house, mentor).unknown] == ["stale"]
    sync_calendar(house.house, calendar)
    assert known(house, mentor).complete


def test_time_beyond_what_was_read_is_unknown(house: TestHouse, people: tuple[str, str, str, str]) -> None:
    _, mentor, _, _ = people
    assert known(house, mentor, days=399).complete
    assert [u.reason for u in known(house, mentor, days=401).unknown] == ["beyond_horizon"]


def test_the_horizon_moves_on_with_time(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    _, mentor, _, calendar = people
    dav.events["a"] = event("a", MONDAY + DAY, MONDAY + DAY + HOUR)
    sync_calendar(house.house, calendar)
    house.clock.advance(250 * DAY)
    sync_calendar(house.house, calendar)
    assert known(house, mentor, start=house.clock.at, days=390).complete


def test_another_zone_makes_the_calendar_unknown_until_it_is_read_again(
    house: TestHouse, people: tuple[str, str, str, str]
) -> None:
    _, mentor, _, _ = people
    change_person(house.house, mentor, {"time_zone": "Asia/Kolkata"})
    assert not known(house, mentor).complete
    house.run()
    assert known(house, mentor).complete


def test_of_two_readings_at_once_the_older_gives_way(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    _, mentor, _, calendar = people

    def faster_one() -> None:
        dav.events["new"] = event("new", MONDAY + DAY, MONDAY + DAY + HOUR)
        sync_calendar(house.house, calendar)

    dav.meanwhile = faster_one
    sync_calendar(house.house, calendar)
    assert known(house, mentor).busy.overlaps(MONDAY + DAY, MONDAY + DAY + HOUR)


def test_a_list_afresh_shows_what_was_deleted_in_between(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, _, _, calendar = people
    meeting = house.booked(pair)
    dav.events.clear()
    sync_calendar(house.house, calendar)
    assert meeting_of(house, meeting).status == "cancelled"


def test_accepting_reads_the_calendar_afresh(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, _, _, _ = people
    proposal, slots = house.slots(pair)
    house.clock.advance(5 * MINUTE)
    dav.events["late"] = event("late", slots[0].start, slots[0].end)
    with pytest.raises(TimeGone) as caught:
        accept_slot(house.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    assert caught.value.extra["slots"]
    dav.trouble = Unreachable("The calendar did not answer.")
    house.clock.advance(MINUTE)
    with pytest.raises(CalendarUnknown):
        accept_slot(house.house, proposal, slot_id=slots[1].id, by=Seat.MENTEE)
    dav.trouble = None
    assert accept_slot(house.house, proposal, slot_id=slots[1].id, by=Seat.MENTEE)


def test_a_crash_between_writing_and_recording_makes_no_second_event(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, _, _, calendar = people
    proposal, slots = house.slots(pair)
    meeting = accept_slot(house.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    row = meeting_of(house, meeting)
    dav.events[row.ics_uid] = event(row.ics_uid, row.start, row.end)  # written, and then the power went
    sync_calendar(house.house, calendar)
    assert meeting_of(house, meeting).sequence == 0
    write_booking(house.house, meeting)
    house.run()
    assert list(dav.events) == [row.ics_uid]
    assert meeting_of(house, meeting).booking_status == "written"


def test_an_old_version_of_ours_seen_late_is_not_somebodys_move(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    """Two moves of ours; the calendar shows the first when it is read in between."""
    pair, _, _, calendar = people
    meeting = house.booked(pair)
    row = meeting_of(house, meeting)
    first, second = row.start + 2 * DAY, row.start + 3 * DAY
    move_meeting(house.house, meeting, start=first, by=Seat.MENTEE)
    move_meeting(house.house, meeting, start=second, by=Seat.MENTEE)
    dav.move(row.ics_uid, first, first + HOUR)
    sync_calendar(house.house, calendar)
    assert meeting_of(house, meeting).sequence == 2
    house.run()
    master = dav.events[row.ics_uid].master
    assert master is not None
    assert master.start == second
    assert meeting_of(house, meeting).sequence == 2


def test_someone_moves_it_while_we_write(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    """The later fact, theirs, stands; both are on record."""
    pair, _, _, _ = people
    meeting = house.booked(pair)
    row = meeting_of(house, meeting)
    move_meeting(house.house, meeting, start=row.start + 2 * DAY, by=Seat.MENTEE)
    dav.move(row.ics_uid, row.start + 4 * DAY, row.end + 4 * DAY)
    house.run()
    house.clock.advance(MINUTE)
    house.run()
    now = meeting_of(house, meeting)
    assert (now.sequence, now.start) == (2, row.start + 4 * DAY)
    master = dav.events[row.ics_uid].master
    assert master is not None
    assert master.start == now.start


@pytest.mark.parametrize("read_before", [True, False])
def test_an_event_under_another_name_is_the_same_event(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str], read_before: bool
) -> None:
    """A calendar program may store it anew under a name of its own: no move, and our next version goes there."""
    pair, _, _, calendar = people
    meeting = house.booked(pair)
    row = meeting_of(house, meeting)
    written_to: list[str] = []
    update = dav.update

    def by_name(account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        written_to.append(remote_id)
        if remote_id != dav.events[draft.uid].remote_id:
            raise Gone("There is nothing of that name.")
        return update(account, remote_id, etag, draft)

    dav.update = by_name  # type: ignore[method-assign]
    dav.events[row.ics_uid] = replace(dav.events[row.ics_uid], remote_id="/renamed.ics", etag="7")
    if read_before:
        sync_calendar(house.house, calendar)
    assert meeting_of(house, meeting).sequence == 0
    move_meeting(house.house, meeting, start=row.start + 2 * DAY, by=Seat.MENTEE)
    house.run()
    house.clock.advance(MINUTE)
    house.run()
    master = dav.events[row.ics_uid].master
    assert master is not None
    assert master.start == row.start + 2 * DAY
    now = meeting_of(house, meeting)
    assert (now.sequence, now.booking_status, now.remote_id) == (1, "written", "/renamed.ics")
    assert written_to[-1] == "/renamed.ics"


def test_a_calendar_that_cannot_be_written_leaves_the_meeting_standing(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, _, _, calendar = people
    proposal, slots = house.slots(pair)
    meeting = accept_slot(house.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    dav.trouble = Refused("The password is no longer right.")
    house.run()
    now = meeting_of(house, meeting)
    assert (now.status, now.booking_status, now.organizer) == ("booked", "failed", "holdfast")
    with house.house.reading() as session:
        assert calendars.get(session, calendar).status == "disconnected"
        to = session.exec(select(MailRow.person_id).where(MailRow.method == Method.REQUEST)).all()
    assert len(to) == len(set(to)) == 2, "each is invited once, by mail"


@pytest.mark.parametrize("lost", ["refused", "taken out"])
def test_where_the_event_can_no_longer_be_changed_its_owner_is_told_by_mail(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str], lost: str
) -> None:
    """An older version stays behind in the calendar: without a mail, its owner would go there at the old time."""
    pair, _, _, calendar = people
    meeting = house.booked(pair)
    row = meeting_of(house, meeting)
    if lost == "refused":
        dav.trouble = Refused("The password is no longer right.")
    else:
        disconnect_calendar(house.house, calendar)
    with house.house.writing() as session:  # nobody has noticed yet
        if (held := session.get(Calendar, calendar)) is not None:
            held.synced_at = house.clock.now()
    house.mails.sent.clear()
    move_meeting(house.house, meeting, start=row.start + 2 * DAY, by=Seat.MENTEE)
    house.run()
    assert [(mail.to.email, mail.method) for mail in house.mails.sent] == [
        ("emil@example.org", Method.REQUEST),
        ("marta@example.org", Method.REQUEST),
    ]
    house.mails.sent.clear()
    cancel_meeting(house.house, meeting, by=Seat.MENTEE)
    house.run()
    assert {(mail.to.email, mail.method) for mail in house.mails.sent} == {
        ("emil@example.org", Method.CANCEL),
        ("marta@example.org", Method.CANCEL),
    }


def test_calling_off_what_stands_where_it_cannot_be_taken_out_is_told_by_mail(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, _, _, _ = people
    meeting = house.booked(pair)
    house.mails.sent.clear()
    dav.trouble = Refused("The password is no longer right.")
    cancel_meeting(house.house, meeting, by=Seat.MENTEE)
    house.run()
    house.run()
    assert {(mail.to.email, mail.method) for mail in house.mails.sent} == {
        ("emil@example.org", Method.CANCEL),
        ("marta@example.org", Method.CANCEL),
    }


def test_a_calendar_that_does_not_answer_is_tried_again_and_invitations_do_not_wait(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    pair, _, _, _ = people
    proposal, slots = house.slots(pair)
    meeting = accept_slot(house.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    dav.trouble = Unreachable("The calendar did not answer.")
    house.run()
    assert meeting_of(house, meeting).booking_status == "pending"
    assert len(house.mails.sent) == 1
    dav.trouble = None
    house.clock.advance(MINUTE)
    house.run()
    assert meeting_of(house, meeting).booking_status == "written"
    assert dav.writes == 1
    assert len(house.mails.sent) == 1


def test_where_the_server_invites_we_do_not(tmp_path: Path) -> None:
    dav = ScriptedCalendar(server_invites=True)
    house = make_house(tmp_path, calendars={"caldav": dav})
    mentor, mentee = house.person("Marta Mentor"), house.person("Emil Mentee")
    given = {"provider": "caldav", "url": "https://dav.example", "username": "m", "password": "p"}
    connect_calendar(house.house, mentor, given)
    meeting = house.booked(house.pair(mentor, mentee))
    move_meeting(house.house, meeting, start=meeting_of(house, meeting).start + 2 * DAY, by=Seat.MENTOR)
    cancel_meeting(house.house, meeting, by=Seat.MENTOR)
    house.run()
    assert house.mails.sent == []


def test_disconnecting_takes_everything_held_of_it_out(
    house: TestHouse, dav: ScriptedCalendar, people: tuple[str, str, str, str]
) -> None:
    _, mentor, _, calendar = people
    dav.events["a"] = event("a", MONDAY + DAY, MONDAY + DAY + HOUR)
    sync_calendar(house.house, calendar)
    disconnect_calendar(house.house, calendar)
    with house.house.reading() as session:
        left = session.exec(select(RemoteEventRow).where(col(RemoteEventRow.calendar_id) == calendar)).all()
    assert left == []
    assert not known(house, mentor).busy.starts.size


def test_a_server_that_promised_to_invite_and_did_not(tmp_path: Path) -> None:
    class Forgetful(ScriptedCalendar):
        def _written(self, uid: str) -> Any:
            return replace(super()._written(uid), invited=False)

    house = make_house(tmp_path, calendars={"caldav": Forgetful(server_invites=True)})
    mentor, mentee = house.person("Marta Mentor"), house.person("Emil Mentee")
    given = {"provider": "caldav", "url": "https://dav.example", "username": "m", "password": "p"}
    connect_calendar(house.house, mentor, given)
    house.booked(house.pair(mentor, mentee))
    assert [mail.to.email for mail in house.mails.sent] == ["emil@example.org"]
