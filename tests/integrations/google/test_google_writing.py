"""Writing: one event and one invitation however often it is tried, and nothing of anybody else's overwritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from google_site import ALICE, BOB, LATER, MEETING, Site

from integrations.google.writing import event_id
from service.domain.errors import Changed, Gone, ProviderTrouble, Unsupported
from service.ports.calendar import Attendee
from tests.emulators.google import times
from tests.emulators.google.emulator import FREE_BUSY
from tests.emulators.google.faults import Fault


def test_what_is_written(site: Site) -> None:
    written = site.adapter.create(site.account(), site.draft())
    event = site.alice.event(written.remote_id)
    assert event["start"] == {"dateTime": "2027-03-10T09:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert event["guestsCanModify"] is False
    assert event["reminders"] == {"useDefault": True}
    assert event["extendedProperties"] == {"private": {"holdfast_meeting": "mtg_01", "holdfast_sequence": "0"}}
    assert event["attendees"] == [
        {"email": ALICE, "responseStatus": "accepted"},
        {"email": BOB, "displayName": "Bob", "responseStatus": "needsAction"},
    ]
    (request,) = site.google.asked("calendar.events.insert")
    assert "iCalUID" not in request.body
    assert (request.query["sendUpdates"], request.query["conferenceDataVersion"]) == ("all", 1)
    assert (written.uid, written.invited) == (f"{written.remote_id}@google.com", True)
    assert written.etag == event["etag"]


def test_the_id_is_ours_and_stays(site: Site) -> None:
    one = event_id(site.draft())
    assert re.fullmatch("[a-v0-9]{5,1024}", one)
    assert event_id(site.draft(LATER, sequence=7)) == one
    assert event_id(replace(site.draft(), meeting_id="mtg_02", uid="mtg_02@holdfast")) != one


def test_exactly_one_invitation_and_a_copy_for_the_guest(site: Site) -> None:
    bob = site.google.person(BOB)
    for _ in range(3):
        site.adapter.create(site.account(), site.draft())
    assert [(mail.to, mail.method) for mail in site.google.mails] == [(BOB, "REQUEST")]
    (copy,) = bob.events()
    assert (copy["organizer"]["email"], copy["iCalUID"]) == (ALICE, site.alice.events()[0]["iCalUID"])
    assert "private" not in copy.get("extendedProperties", {})


def test_a_move_is_told_once_and_a_cancellation_once(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    moved = site.adapter.update(account, written.remote_id, written.etag, site.draft(LATER, sequence=1))
    for _ in range(2):  # the answer was lost, so it is tried again
        again = site.adapter.update(account, written.remote_id, written.etag, site.draft(LATER, sequence=1))
        assert again == moved
    for _ in range(2):
        site.adapter.cancel(account, moved.remote_id, moved.etag, site.draft(LATER, sequence=2))
    told = [(mail.to, mail.method, mail.start) for mail in site.google.mails]
    assert told == [(BOB, "REQUEST", MEETING.start), (BOB, "REQUEST", LATER.start), (BOB, "CANCEL", LATER.start)]


def test_the_owner_is_no_guest_of_their_own_under_another_address(site: Site) -> None:
    draft = replace(
        site.draft(),
        organizer=Attendee("Alice", "alice@work.example"),
        attendees=(Attendee("Alice", "Alice@Work.example"), Attendee("Bob", BOB)),
    )
    site.adapter.create(replace(site.account(), owner_email="alice@work.example"), draft)
    assert {mail.to for mail in site.google.mails} == {BOB}
    without = replace(site.account(), settings={}, owner_email="alice@work.example")
    site.adapter.create(without, replace(draft, meeting_id="mtg_02"))
    assert {mail.to for mail in site.google.mails} == {BOB}


def test_our_count_alone_is_nothing_to_tell_a_guest(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    site.adapter.update(account, written.remote_id, written.etag, site.draft(sequence=1))
    assert site.google.asked("calendar.events.patch")[0].query["sendUpdates"] == "none"
    assert len(site.google.mails) == 1
    assert site.alice.event(written.remote_id)["extendedProperties"]["private"]["holdfast_sequence"] == "1"


def test_what_people_did_to_the_event_stays(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    held = site.alice.event(written.remote_id)
    site.alice.change(
        written.remote_id,
        summary="Our hour",
        colorId="5",
        attendees=[*held["attendees"], {"email": "carol@example.org"}],
        extendedProperties={"private": {"theirs": "1"}},
    )
    version = site.alice.event(written.remote_id)["etag"]
    site.adapter.update(account, written.remote_id, version, site.draft(LATER, sequence=1))
    event = site.alice.event(written.remote_id)
    assert (event["summary"], event["colorId"], len(event["attendees"])) == ("Our hour", "5", 3)
    assert event["extendedProperties"]["private"]["theirs"] == "1"
    assert event["start"] == times.when(LATER.start, "Europe/Berlin")


def test_a_guest_who_was_dropped_is_invited_to_the_new_time(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    site.alice.change(written.remote_id, attendees=[])
    version = site.alice.event(written.remote_id)["etag"]
    site.adapter.update(account, written.remote_id, version, site.draft(LATER, sequence=1))
    assert [mail.method for mail in site.google.mails] == ["REQUEST", "CANCEL", "REQUEST"]


def test_an_answer_in_between_makes_the_version_old(site: Site) -> None:
    bob = site.google.person(BOB)
    account = site.account()
    written = site.adapter.create(account, site.draft())
    bob.accept(written.remote_id)
    with pytest.raises(Changed):
        site.adapter.update(account, written.remote_id, written.etag, site.draft(LATER, sequence=1))
    assert site.alice.event(written.remote_id)["start"] == times.when(MEETING.start, "Europe/Berlin")


def between(site: Site, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Somebody acts after the adapter has looked and before it writes."""
    real = site.google.methods._METHODS["calendar.events.patch"]

    def late(*call: object) -> object:
        act()
        return real(*call)

    monkeypatch.setitem(site.google.methods._METHODS, "calendar.events.patch", late)


@pytest.mark.parametrize("known", [True, False])
def test_a_move_between_looking_and_writing(site: Site, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    between(site, monkeypatch, lambda: site.alice.move(written.remote_id, LATER))
    with pytest.raises(Changed):
        site.adapter.update(account, written.remote_id, written.etag if known else None, site.draft(sequence=1))
    assert times.at(site.alice.event(written.remote_id)["start"], "UTC") == LATER.start


@pytest.mark.parametrize("versions", [True, False])
def test_a_deletion_between_looking_and_writing(site: Site, versions: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    between(site, monkeypatch, lambda: site.alice.delete(written.remote_id))
    if not versions:
        real = site.google.world.view
        without = {"etag"}
        monkeypatch.setattr(
            site.google.world,
            "view",
            lambda *call: {name: value for name, value in real(*call).items() if name not in without},
        )
    with pytest.raises(Gone):
        site.adapter.update(account, written.remote_id, None, site.draft(LATER, sequence=1))
    assert site.alice.events() == []


def test_an_event_that_was_deleted_is_not_made_again_nor_revived(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    site.alice.delete(written.remote_id)
    with pytest.raises(Gone):
        site.adapter.create(account, site.draft())
    for etag in (written.etag, None):
        with pytest.raises(Gone):
            site.adapter.update(account, written.remote_id, etag, site.draft(LATER, sequence=1))
    assert site.alice.events() == []


def test_another_event_under_our_id_is_not_taken_for_ours(site: Site) -> None:
    site.alice.add(MEETING, id=event_id(site.draft()))
    with pytest.raises(ProviderTrouble) as trouble:
        site.adapter.create(site.account(), site.draft())
    assert type(trouble.value) is ProviderTrouble


def test_a_move_that_google_made_before_we_noticed_is_not_overwritten(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    site.alice.move(written.remote_id, LATER)
    with pytest.raises(Changed):
        site.adapter.update(account, written.remote_id, written.etag, site.draft(sequence=1))
    with pytest.raises(Changed):
        site.adapter.cancel(account, written.remote_id, written.etag, site.draft(sequence=1))
    assert len(site.alice.events()) == 1


# --- a link to meet at ---


def test_a_link_is_made_where_it_is_wanted_and_survives_a_move(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, replace(site.draft(), conference=True))
    link = site.alice.event(written.remote_id)["conferenceData"]
    assert link["entryPoints"][0]["uri"].startswith("https://meet.google.com/")
    site.adapter.update(account, written.remote_id, written.etag, site.draft(LATER, sequence=1))
    assert site.alice.event(written.remote_id)["conferenceData"] == link


def test_no_link_unless_it_is_wanted(site: Site) -> None:
    written = site.adapter.create(site.account(), site.draft())
    assert "conferenceData" not in site.alice.event(written.remote_id)


def test_a_calendar_without_links_is_booked_without(site: Site) -> None:
    site.alice.box.conferences = ()
    written = site.adapter.create(site.account(), replace(site.draft(), conference=True))
    assert "conferenceData" not in site.alice.event(written.remote_id)
    assert len(site.google.mails) == 1


# --- what may not be written ---


def test_free_busy_alone_does_not_write_and_asks_nothing(site: Site) -> None:
    account = site.account(FREE_BUSY)
    site.google.faults.add("*", Fault.BROKEN)  # whoever asks is found out
    for act in (
        lambda: site.adapter.create(account, site.draft()),
        lambda: site.adapter.update(account, "x", None, site.draft()),
        lambda: site.adapter.cancel(account, "x", None, site.draft()),
    ):
        with pytest.raises(Unsupported):
            act()
    assert site.google.faults.struck == 0


def test_what_somebody_else_organises_is_not_ours_to_move(site: Site) -> None:
    bob = site.google.person(BOB)
    event = bob.add(MEETING, guests=(ALICE,))
    with pytest.raises(Unsupported):
        site.adapter.update(site.account(), event, None, site.draft(LATER))
