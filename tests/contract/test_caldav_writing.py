"""Writing: servers that refuse, rename, lead astray or change in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from caldav_site import WORK, Site
from contract_words import START, draft
from mini_dav import HOME
from sketches import Sketch, to_ics

from service.domain.errors import (
    BadCalendar,
    Changed,
    Gone,
    ProviderTrouble,
    Unsupported,
)


def test_our_event_is_known_again_under_another_name(site: Callable[..., Site]) -> None:
    here = site()
    account = here.account()
    written = here.adapter.create(account, draft())
    data = here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]
    here.mini._delete(f"{WORK}mtg_01@holdfast.ics", {}, b"")
    here.put_bytes("their-own-name.ics", data)
    conflict = "<D:error xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><C:no-uid-conflict/></D:error>"
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", 409, conflict)
    again = here.adapter.create(account, draft())
    assert again.remote_id == f"{WORK}their-own-name.ics"
    assert again.uid == written.uid


def test_somebody_elses_resource_in_our_place_is_not_taken_for_ours(site: Callable[..., Site]) -> None:
    here = site()
    here.put("mtg_01@holdfast.ics", Sketch("somebody-elses", START))
    with pytest.raises(ProviderTrouble):
        here.adapter.create(here.account(), draft())
    assert b"somebody-elses" in here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]


@pytest.mark.parametrize("status", [403, 405])
def test_not_being_allowed_to_write_is_no_wrong_password(site: Callable[..., Site], status: int) -> None:
    here = site()
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", status)
    with pytest.raises(Unsupported):
        here.adapter.create(here.account(), draft())
    assert here.sync().full


def test_a_write_is_never_led_elsewhere(site: Callable[..., Site]) -> None:
    here = site()
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", 307, Location=f"{HOME}elsewhere.ics")
    with pytest.raises(ProviderTrouble):
        here.adapter.create(here.account(), draft())
    assert here.asked("PUT") == [f"{WORK}mtg_01%40holdfast.ics"]


def test_a_write_that_was_taken_is_not_sent_again(site: Callable[..., Site]) -> None:
    here = site()  # asks nobody for a password, and the account does not know that yet
    written = here.adapter.create(here.account(), draft())
    here.adapter.cancel(here.account(), written.remote_id, written.etag, draft(sequence=1))
    assert [(one.method, one.status) for one in here.mini.asked] == [("PUT", 201), ("DELETE", 204)]


def test_a_newer_version_of_the_same_time_is_written(site: Callable[..., Site]) -> None:
    here = site()
    written = here.adapter.create(here.account(), draft())
    again = here.adapter.update(here.account(), written.remote_id, written.etag, draft(sequence=2))
    assert again.etag != written.etag
    assert b"SEQUENCE:2" in here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]


def test_a_meeting_somebody_called_off_is_not_taken_for_ours(site: Callable[..., Site]) -> None:
    here = site()
    written = here.adapter.create(here.account(), draft())
    path = f"{WORK}mtg_01@holdfast.ics"
    here.put_bytes("mtg_01@holdfast.ics", here.mini._items[path][1].replace(b"CONFIRMED", b"CANCELLED"))
    with pytest.raises(Changed):
        here.adapter.update(here.account(), written.remote_id, written.etag, draft())


def test_people_we_invite_ourselves_are_marked_as_ours(site: Callable[..., Site]) -> None:
    here = site()
    ours, theirs = here.account(), replace(here.account(), server_invites=True)
    written = here.adapter.create(ours, draft())
    assert not written.invited
    assert here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1].count(b"SCHEDULE-AGENT=CLIENT") == 3

    later = draft(start=START + timedelta(hours=1), sequence=1)
    moved = here.adapter.update(theirs, written.remote_id, written.etag, later)
    assert moved.invited
    assert b"SCHEDULE-AGENT" not in here.mini._items[f"{WORK}mtg_01@holdfast.ics"][1]

    foreign = replace(
        draft(start=datetime(2027, 3, 12, 9), sequence=2), organizer=replace(later.organizer, email="x@y.z")
    )
    assert not here.adapter.update(theirs, moved.remote_id, moved.etag, foreign).invited


def test_what_others_added_stays(site: Callable[..., Site]) -> None:
    here = site()
    written = here.adapter.create(here.account(), draft())
    path = f"{WORK}mtg_01@holdfast.ics"
    alarm = b"X-COLOUR;ODD=:red\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT"
    here.put_bytes("mtg_01@holdfast.ics", here.mini._items[path][1].replace(b"END:VEVENT", alarm))
    etag = here.mini._items[path][0]
    here.adapter.update(here.account(), written.remote_id, etag, draft(start=START + timedelta(hours=1), sequence=1))
    assert alarm in here.mini._items[path][1]


def test_a_web_page_is_no_written_event(site: Callable[..., Site]) -> None:
    here = site()
    for method in ("PUT", "GET"):
        here.can(method, f"{WORK}mtg_01%40holdfast.ics", 200, "<html>Please log in</html>")
    with pytest.raises(BadCalendar):
        here.adapter.create(here.account(), draft())


@pytest.mark.parametrize(("deleted", "error"), [(False, Changed), (True, Gone)])
def test_a_change_between_reading_and_writing_is_not_overwritten(
    site: Callable[..., Site], deleted: bool, error: type
) -> None:
    here = site()
    written = here.adapter.create(here.account(), draft())
    path = f"{WORK}mtg_01@holdfast.ics"
    theirs = to_ics(Sketch(written.uid, START + timedelta(days=1), sequence=1)).encode()
    get = here.mini._get

    def meanwhile(*asked: object) -> object:
        found = get(*asked)
        here.mini._get = get
        if deleted:
            here.mini._delete(path, {}, b"")
        else:
            here.mini._put(path, {}, theirs)
        return found

    here.mini._get = meanwhile
    with pytest.raises(error):
        here.adapter.update(
            here.account(auth="basic"),
            written.remote_id,
            written.etag,
            draft(start=START + timedelta(hours=1), sequence=1),
        )
    assert here.mini._items.get(path, ("", None))[1] == (None if deleted else theirs)


def test_an_event_that_is_too_much_for_the_server_is_given_up(site: Callable[..., Site]) -> None:
    here = site()
    here.can("PUT", f"{WORK}mtg_01%40holdfast.ics", 412)  # as Radicale answers beyond max-resource-size
    with pytest.raises(ProviderTrouble) as trouble:
        here.adapter.create(here.account(), draft())
    assert not isinstance(trouble.value, Changed)
