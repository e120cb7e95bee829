"""Our meetings in Outlook: one event, one invitation, nothing of others overwritten, found again after a lost answer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from microsoft_site import ALICE, BOB, SPAN, START, ZONE, Site, at, draft, moved

from integrations.microsoft.writing import MEETING, VERSION, _time, transaction_id
from service.domain.errors import Changed, Gone, Unreachable, Unsupported
from service.domain.timespan import HOUR, MINUTE, Span
from service.ports.calendar import Attendee, Finds
from tests.emulators.microsoft.server import Answer


def bodies(site: Site, operation: str) -> list[dict]:
    return [json.loads(it.request.body) for it in site.microsoft.calls if it.operation == operation]


def kinds(site: Site, address: str = BOB) -> list[str]:
    return [it.kind for it in site.microsoft.mails if it.to == address]


def test_the_guest_is_invited_by_outlook_once(site: Site) -> None:
    account = site.account(online="teamsForBusiness")
    written = site.calendar.create(account, replace(draft(), conference=True))
    event = site.alice.only()
    assert (written.remote_id, written.uid, written.invited) == (event.id, event.uid, True)
    assert (event.start, event.end, event.subject) == (SPAN.start, SPAN.end, "Alice and Bob")
    assert event.properties == {MEETING: "mtg_01", VERSION: "0"}
    assert event.online == "teamsForBusiness"
    assert [it.address for it in event.guests] == [BOB]
    assert site.bob.only().uid == written.uid
    assert kinds(site) == ["invitation"]
    assert kinds(site, ALICE) == []
    (sent,) = bodies(site, "createEvent")
    assert "isReminderOn" not in sent  # reminders are the person's own business
    assert sent["start"] == {"dateTime": "2027-03-10T09:00:00", "timeZone": ZONE}


def test_finding_writes_nothing_and_finds_only_our_own(site: Site) -> None:
    account = site.account()
    assert isinstance(site.calendar, Finds)
    assert site.calendar.find(account, draft()) is None
    site.alice.add(START)
    written = site.calendar.create(account, draft())
    site.calendar.create(account, draft(meeting="mtg_02"))
    assert site.calendar.find(account, draft()) == written
    site.alice.move(written.uid, START + 100 * HOUR)
    assert site.calendar.find(account, draft()).remote_id == written.remote_id
    assert site.calendar.find(site.account(address=BOB), draft()) is None  # a guest's copy is not ours to write
    site.alice.delete(written.uid)
    assert site.calendar.find(account, draft()) is None
    assert len(site.alice.uids()) == 2


@pytest.mark.parametrize("duplicates", ["same", "conflict"])
def test_a_lost_answer_makes_no_second_event(site: Site, duplicates: str) -> None:
    site.microsoft.graph.duplicates = duplicates
    account = site.account()
    site.microsoft.faults.on("createEvent", "cut", after=True)
    with pytest.raises(Unreachable):
        site.calendar.create(account, draft())
    first = site.calendar.create(account, draft())
    again = site.calendar.create(account, draft())
    assert first == again
    assert site.alice.uids() == [first.uid]
    assert kinds(site) == ["invitation"]


def test_a_lost_answer_and_a_move_by_hand_in_between(site: Site) -> None:
    site.microsoft.graph.duplicates = "conflict"
    account = site.account()
    site.microsoft.faults.on("createEvent", "hang", after=True)
    with pytest.raises(Unreachable):
        site.hasty().create(account, draft())
    site.alice.move(site.alice.only().uid, START + 5 * HOUR)
    written = site.calendar.create(account, draft())
    assert site.alice.only().start == START + 5 * HOUR  # theirs stands, and the next reading sees it
    assert written.etag == f'W/"{site.alice.only().key}"'


def test_an_event_that_was_deleted_is_not_made_again(site: Site) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    site.alice.delete(written.uid)
    with pytest.raises(Gone):
        site.calendar.create(account, draft())
    assert site.alice.uids() == []


def test_the_transaction_is_the_meetings_and_no_other(site: Site) -> None:
    assert transaction_id(draft()) == transaction_id(moved(3))
    assert transaction_id(draft()) != transaction_id(draft(meeting="mtg_02"))
    account = site.account()
    site.calendar.create(account, draft())
    site.calendar.create(account, draft(meeting="mtg_02"))
    assert len(site.alice.uids()) == 2


def test_a_conflict_finds_the_right_meeting(site: Site) -> None:
    site.microsoft.graph.duplicates = "conflict"
    account = site.account()
    made = {it: site.calendar.create(account, draft(meeting=it)).uid for it in ("mtg_01", "mtg_02", "mtg_03")}
    assert {it: site.calendar.create(account, draft(meeting=it)).uid for it in made} == made


def test_a_move_tells_the_guest_and_leaves_the_rest_alone(site: Site) -> None:
    account = site.account(online="teamsForBusiness")
    written = site.calendar.create(account, replace(draft(), conference=True))
    site.alice.rename(written.uid, "My own title")
    etag = site.sync(account=account).events[0].etag
    later = site.calendar.update(account, written.remote_id, etag, moved(2))
    event = site.alice.only()
    assert (event.start, event.subject, event.text.splitlines()[0]) == (
        START + 2 * HOUR,
        "My own title",
        "Two people who mean to meet.",
    )
    assert event.properties[VERSION] == "1"
    assert event.online == "teamsForBusiness"
    assert (later.uid, later.invited) == (written.uid, True)
    assert site.bob.only().start == START + 2 * HOUR
    assert kinds(site) == ["invitation", "update"]
    (sent,) = bodies(site, "updateEvent")
    assert set(sent) == {"start", "end", "singleValueExtendedProperties"}


def test_a_new_version_at_the_same_time_bothers_nobody(site: Site) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    site.calendar.update(account, written.remote_id, written.etag, draft(sequence=1))
    assert kinds(site) == ["invitation"]
    assert site.alice.only().properties[VERSION] == "1"


@pytest.mark.parametrize("kind", ["cut", "malformed", "500"])
def test_a_lost_update_is_made_once(site: Site, kind: str) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    site.microsoft.faults.on("updateEvent", kind, after=True)
    with pytest.raises(Unreachable):
        site.calendar.update(account, written.remote_id, written.etag, moved(2))
    assert site.calendar.update(account, written.remote_id, written.etag, moved(2)).etag is not None
    assert kinds(site) == ["invitation", "update"]


def test_an_update_right_between_reading_and_writing_is_not_lost(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    real = site.microsoft.graph._updateEvent

    def too_late(asked):
        site.alice.move(written.uid, START + 7 * HOUR)
        return real(asked)

    monkeypatch.setattr(site.microsoft.graph, "_updateEvent", too_late)
    with pytest.raises(Changed):
        site.calendar.update(account, written.remote_id, written.etag, moved(2))
    assert site.alice.only().start == START + 7 * HOUR


def test_an_answer_of_a_guest_is_a_new_version(site: Site) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    site.bob.accept(written.uid)
    with pytest.raises(Changed):
        site.calendar.update(account, written.remote_id, written.etag, moved(2))
    etag = site.sync(account=account).events[0].etag
    assert site.calendar.update(account, written.remote_id, etag, moved(2)).etag != etag


def test_an_event_called_off_is_gone(site: Site) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    site.alice.call_off(written.uid)
    with pytest.raises(Gone):
        site.calendar.update(account, written.remote_id, None, moved(2))
    with pytest.raises(Gone):
        site.calendar.update(account, "AAkALg-no-such-event-at-all=", None, moved(2))
    with pytest.raises(Gone):
        site.calendar.update(account, "/etc/../passwd", None, moved(2))


def test_cancelling_tells_the_guest_once(site: Site) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    site.microsoft.faults.on("cancelEvent", "cut", after=True)
    with pytest.raises(Unreachable):
        site.calendar.cancel(account, written.remote_id, written.etag, draft(sequence=1))
    site.calendar.cancel(account, written.remote_id, written.etag, draft(sequence=1))
    site.calendar.cancel(account, written.remote_id, None, draft(sequence=1))
    assert site.alice.uids() == []
    assert site.bob.only().cancelled
    assert kinds(site) == ["invitation", "cancellation"]
    assert "cancelEvent" in site.microsoft.counts()
    assert "deleteEvent" not in site.microsoft.counts()


def test_without_guests_it_is_deleted(site: Site) -> None:
    account = replace(site.account(), server_invites=False)
    written = site.calendar.create(account, draft())
    assert not written.invited
    site.calendar.cancel(account, written.remote_id, written.etag, draft(sequence=1))
    assert site.alice.uids() == []
    assert site.microsoft.mails == []
    assert "cancelEvent" not in site.microsoft.counts()


def test_what_somebody_else_organises_is_theirs_to_announce(site: Site) -> None:
    foreign = replace(draft(), organizer=Attendee("Holdfast", "meetings@holdfast.example"))
    assert not site.calendar.create(site.account(), foreign).invited
    assert site.microsoft.mails == []
    assert site.alice.only().guests == []


def test_the_account_may_have_another_address_than_its_owner(site: Site) -> None:
    account = replace(site.account(), owner_email="alice@private.example")
    ours = replace(
        draft(),
        organizer=Attendee("Alice", "alice@private.example"),
        attendees=(Attendee("Alice", "Alice@Private.example"), Attendee("Bob", BOB)),
    )
    assert site.calendar.create(account, ours).invited
    assert [it.address for it in site.alice.only().guests] == [BOB]


def test_an_online_meeting_only_where_the_calendar_makes_them(site: Site) -> None:
    site.microsoft.add_account(ALICE, "Alice", online=())
    (found,) = site.calendar.connect(site.account())
    assert "online" not in found.settings
    site.calendar.create(replace(site.account(), settings=found.settings), replace(draft(), conference=True))
    assert site.alice.only().online is None
    assert "isOnlineMeeting" not in bodies(site, "createEvent")[0]


@pytest.mark.parametrize("wanted", [True, False])
def test_an_online_meeting_only_where_it_is_wanted(site: Site, wanted: bool) -> None:
    (found,) = site.calendar.connect(site.account())
    account = replace(site.account(), settings=found.settings)
    assert found.settings["online"]
    site.calendar.create(account, replace(draft(), conference=wanted))
    assert (site.alice.only().online is not None) is wanted
    assert ("isOnlineMeeting" in bodies(site, "createEvent")[0]) is wanted


def test_into_another_calendar(site: Site) -> None:
    other = site.alice.box.add_calendar("Team")
    account = site.account(calendar=other.id)
    site.microsoft.graph.duplicates = "conflict"
    written = site.calendar.create(account, draft())
    assert site.calendar.create(account, draft()) == written
    assert [it.calendar for it in site.alice.box.events.values()] == [other.id]


@pytest.mark.parametrize("settings", [{"access": "free_busy"}, {"writes": "no"}])
def test_who_did_not_allow_writing_is_not_asked(site: Site, settings: dict[str, str]) -> None:
    account = site.account("Calendars.Read", **settings)
    for act in (
        lambda: site.calendar.create(account, draft()),
        lambda: site.calendar.update(account, "x" * 30, None, moved(1)),
        lambda: site.calendar.cancel(account, "x" * 30, None, draft()),
    ):
        with pytest.raises(Unsupported):
            act()
    assert site.microsoft.calls == []


def test_a_calendar_that_may_only_be_read_is_no_withdrawn_access(site: Site) -> None:
    written = site.calendar.create(site.account(), draft())
    account = site.account("Calendars.Read")
    for act in (
        lambda: site.calendar.create(account, draft(meeting="mtg_02")),
        lambda: site.calendar.update(account, written.remote_id, None, moved(1)),
        lambda: site.calendar.cancel(account, written.remote_id, None, draft()),
    ):
        with pytest.raises(Unsupported):
            act()
    assert site.alice.uids() == [written.uid]


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"iCalUId": "x"}, "<html>", "[]"])
def test_an_answer_without_an_event_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch, body: object) -> None:
    monkeypatch.setattr(site.microsoft.graph, "_createEvent", lambda _: Answer(201, body))
    with pytest.raises(Unreachable):
        site.calendar.create(site.account(), draft())


def test_an_update_answered_without_a_body_is_read_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    account = site.account()
    written = site.calendar.create(account, draft())
    real = site.microsoft.graph._updateEvent

    def silent(asked):
        real(asked)
        return Answer(204)

    monkeypatch.setattr(site.microsoft.graph, "_updateEvent", silent)
    later = site.calendar.update(account, written.remote_id, written.etag, moved(2))
    assert later.etag == f'W/"{site.alice.only().key}"'


@pytest.mark.parametrize(
    ("start", "zone", "written"),
    [
        (at(2027, 3, 10, 9), ZONE, ("2027-03-10T09:00:00", ZONE)),
        (at(2027, 10, 31, 2), ZONE, ("2027-10-31T00:00:00", "UTC")),  # 02:00 comes twice that night
        (at(2027, 10, 31, 4), ZONE, ("2027-10-31T04:00:00", ZONE)),
        (at(2027, 3, 28, 3), ZONE, ("2027-03-28T03:00:00", ZONE)),
        (at(2027, 3, 10, 9), "Europe/Vienna", ("2027-03-10T08:00:00", "UTC")),  # Windows has no name for it
        (at(2027, 3, 10, 9), "UTC", None),
        (at(2027, 3, 10, 1), "America/New_York", ("2027-03-09T19:00:00", "America/New_York")),
    ],
)
def test_times_are_written_on_a_clock_that_outlook_knows(
    site: Site, start: int, zone: str, written: tuple[str, str] | None
) -> None:
    shown = _time(start, zone)
    assert written is None or (shown["dateTime"], shown["timeZone"]) == written
    meeting = replace(draft(), span=Span(start, start + 50 * MINUTE), zone=zone)
    site.calendar.create(site.account(), meeting)
    assert (site.alice.only().start, site.alice.only().end) == (start, start + 50 * MINUTE)
