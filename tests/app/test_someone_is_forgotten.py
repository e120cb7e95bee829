"""Erasure: what is left of a person is nothing, also in the bytes of the database file; the partner's things stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_calendar import ScriptedCalendar

from service.app.alter_meeting import move_meeting
from service.app.connect_calendar import connect_calendar
from service.app.export_person import export_person
from service.app.forget_person import forget_person
from service.app.rest_pair import restart_pair
from service.domain.errors import NotNow, Unreachable
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.ports.mailer import Method, Sending
from service.store import mails, meetings, pairs
from tests.house import TestHouse, make_house

NAMES = (b"Zebulon", b"zebulon@example.org", b"Quagga")


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def met(house: TestHouse) -> tuple[str, str, str]:
    """Zebulon (mentee) and Ada (mentor, whose local calendar carries the event), one past and one coming meeting."""
    ada, zebulon = house.person("Ada"), house.person("Zebulon Quagga")
    house.local(ada)
    pair = house.pair(ada, zebulon)
    first = house.booked(pair)
    move_meeting(house.house, first, start=house.clock.now() + 3 * DAY, by=Seat.MENTOR)
    house.run()
    house.clock.advance(20 * DAY)
    house.booked(pair)
    return ada, zebulon, pair


def left_in(folder: Path) -> list[tuple[str, bytes]]:
    """Which of the names still stand in which of the database's files."""
    files = sorted(folder.glob("holdfast.sqlite*"))
    assert files
    return [(file.name, name) for file in files for name in NAMES if name in file.read_bytes()]


def test_nothing_is_left_in_the_file(house: TestHouse, tmp_path: Path) -> None:
    ada, zebulon, _ = met(house)
    assert left_in(tmp_path)  # else this test could not fail
    forget_person(house.house, zebulon)
    house.run()
    assert left_in(tmp_path) == []
    assert [event["title"] for event in export_person(house.house, ada)["events"]] == ["A meeting"]


def test_the_mail_that_calls_off_still_goes_out_and_is_emptied_then(house: TestHouse, tmp_path: Path) -> None:
    ada, zebulon = house.person("Ada"), house.person("Zebulon Quagga")  # no calendars: both are invited by mail
    meeting = house.booked(house.pair(zebulon, ada))
    house.mails.sent.clear()
    house.mails.trouble = Unreachable("The mail server is away.")
    forget_person(house.house, zebulon)
    house.run()
    house.mails.trouble = None
    house.clock.advance(DAY)
    house.run()
    said = [(mail.to.email, mail.method, mail.subject) for mail in house.mails.sent]
    assert said == [
        ("ada@example.org", Method.CANCEL, "Called off: Zebulon Quagga and Ada"),
        ("ada@example.org", None, "Your meetings with Zebulon Quagga have come to their end"),
    ]
    with house.house.reading() as session:
        assert {row.status for row in mails.of_meetings(session, [meeting])} == {Sending.SENT.value}
    assert left_in(tmp_path) == []


def test_the_partners_ledger_stays_and_the_pair_cannot_go_on(house: TestHouse) -> None:
    _, zebulon, pair = met(house)
    with house.house.reading() as session:
        before = [entry.id for entry in pairs.ledger(session, pair)]
    forget_person(house.house, zebulon)
    with house.house.reading() as session:
        after = pairs.ledger(session, pair)
    assert [entry.id for entry in after][: len(before)] == before
    assert not any(name.decode() in str(entry.data) for entry in after for name in NAMES)
    with pytest.raises(NotNow):
        restart_pair(house.house, pair, by=Seat.MENTOR)


def test_no_user_name_is_left_in_the_names_of_events(tmp_path: Path) -> None:
    dav = ScriptedCalendar()
    house = make_house(tmp_path, calendars={"caldav": dav})
    ada, zebulon = house.person("Ada"), house.person("Zebulon Quagga")
    given = {"provider": "caldav", "url": "https://dav.example", "username": "quagga", "password": "p"}
    connect_calendar(house.house, zebulon, given)
    meeting = house.booked(house.pair(zebulon, ada))
    with house.house.reading() as session:
        assert meetings.get(session, meeting).remote_id
    forget_person(house.house, zebulon)
    house.run()
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
    assert (row.status, row.remote_id, row.etag) == ("cancelled", None, None)
