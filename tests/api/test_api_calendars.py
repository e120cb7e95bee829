"""Calendars and local events over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from api_hand import Api, api_on, fields, problem

from service.domain.errors import BadAddress, HoldfastError, Refused, Throttled, Unreachable, Unsupported
from service.ports.calendar import Account, Capabilities, Connection

NOWHERE = "cal_01k0a7m9s8e4v2b6c3d5f7g9h1"


@dataclass
class Troubled:
    """A calendar that cannot be connected."""

    trouble: HoldfastError
    capabilities: Capabilities = field(
        default=Capabilities(
            name="caldav", reads="events", writes=True, invites=False, push=False, incremental=True, discovers=True
        )
    )

    def connect(self, account: Account) -> list[Connection]:
        """Fails."""
        raise self.trouble


CALDAV = {"provider": "caldav", "url": "https://dav.example.org/", "username": "ada", "password": "correct horse"}


def test_a_local_calendar_is_connected_listed_read_and_taken_out(api: Api) -> None:
    person_id = api.person()
    answer = api.post(f"/v1/people/{person_id}/calendars", {"provider": "local"})
    assert answer.status_code == 201
    calendar = answer.json()
    assert answer.headers["Location"] == f"/v1/calendars/{calendar['id']}"
    assert calendar["provider"] == "local"
    assert (calendar["status"], calendar["primary"], calendar["access"]) == ("connected", True, "events")
    listed = api.get(f"/v1/people/{person_id}/calendars").json()
    assert listed == {"items": [calendar], "next_cursor": None}
    assert api.get(f"/v1/calendars/{calendar['id']}").json() == calendar
    assert api.delete(f"/v1/calendars/{calendar['id']}").status_code == 204
    problem(api.get(f"/v1/calendars/{calendar['id']}"), 404, "not-found")
    assert api.get(f"/v1/people/{person_id}/calendars").json()["items"] == []


def test_what_a_calendar_is_for_is_chosen(api: Api) -> None:
    person_id = api.person()
    first, second = api.local(person_id), api.local(person_id)
    api.made(f"/v1/calendars/{second}/events", {"title": "x", "start": api.in_hours(30), "end": api.in_hours(31)})
    busy = f"/v1/people/{person_id}/busy"
    assert len(api.get(busy).json()["items"]) == 1
    shown = api.get(f"/v1/calendars/{second}")
    assert (shown.json()["counts"], shown.json()["primary"]) == (True, False)
    changed = api.patch(f"/v1/calendars/{second}", {"counts": False, "primary": True}, If_Match=shown.headers["ETag"])
    assert (changed.json()["counts"], changed.json()["primary"]) == (False, True)
    assert changed.headers["ETag"] != shown.headers["ETag"]
    assert api.get(f"/v1/calendars/{first}").json()["primary"] is False
    assert api.get(busy).json() == {"items": [], "complete": True, "unknown": []}
    problem(api.patch(f"/v1/calendars/{second}", {"counts": True}, If_Match=shown.headers["ETag"]), 412, "stale")
    api.patch(f"/v1/calendars/{second}", {"counts": True})
    assert len(api.get(busy).json()["items"]) == 1
    assert "primary" in fields(api.patch(f"/v1/calendars/{second}", {"primary": False}))
    assert "counts" in fields(api.patch(f"/v1/calendars/{second}", {"counts": None}))
    assert "colour" in fields(api.patch(f"/v1/calendars/{second}", {"colour": "red"}))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "provider"),
        ({"provider": "fax"}, "provider"),
        ({"provider": 1}, "provider"),
        ({"provider": "ics"}, "provider"),  # this house has none
        ({"provider": "caldav", "url": "https://dav.example.org/"}, "username"),
        ({"provider": "local", "url": "https://x.example.org"}, "url"),
        ({"provider": "ics", "url": 5}, "url"),
    ],
)
def test_what_cannot_be_a_calendar_is_refused(shared: Api, body: dict[str, Any], field: str) -> None:
    assert field in fields(shared.post(f"/v1/people/{shared.person()}/calendars", body))


@pytest.mark.parametrize(
    ("trouble", "status", "code", "wait"),
    [
        (Refused("The server does not take this password."), 422, "refused", None),
        (Unreachable("The server did not answer in time."), 502, "unreachable", None),
        (Throttled("Too many requests.", retry_after=12.3), 503, "throttled", "13"),
        (Throttled("Too many requests."), 503, "throttled", "60"),
        (Unsupported("There is no calendar for events there."), 422, "unsupported", None),
        (BadAddress("url: leads to a private address"), 422, "bad-address", None),
    ],
)
def test_trouble_with_a_provider_is_told_apart(
    tmp_path: Path, trouble: HoldfastError, status: int, code: str, wait: str | None
) -> None:
    api = api_on(tmp_path, calendars={"caldav": Troubled(trouble)})
    answer = api.post(f"/v1/people/{api.person()}/calendars", CALDAV)
    assert "correct horse" not in answer.text
    assert problem(answer, status, code)["detail"] == trouble.detail
    assert answer.headers.get("Retry-After") == wait


def test_events_of_a_local_calendar(api: Api) -> None:
    path = f"/v1/calendars/{api.local(api.person())}/events"
    event = api.made(
        path, {"title": "Dentist", "start": "2026-06-02T10:00:00+02:00", "end": "2026-06-02T11:00:00+02:00"}
    )
    assert event["start"] == "2026-06-02T08:00:00Z"
    assert (event["transparent"], event["meeting_id"], event["version"]) == (False, None, 1)
    one = f"{path}/{event['id']}"
    moved = api.patch(one, {"start": "2026-06-02T12:00:00Z"})
    assert moved.json()["end"] == "2026-06-02T13:00:00Z"
    assert moved.headers["ETag"] == '"2"'
    assert api.patch(one, {"title": "Doctor", "transparent": True}).json()["title"] == "Doctor"
    assert [item["id"] for item in api.get(path).json()["items"]] == [event["id"]]
    assert api.delete(one).status_code == 204
    problem(api.delete(one), 404, "not-found")
    problem(api.patch(one, {"title": "x"}), 404, "not-found")
    assert api.get(path).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"end": "2026-06-02T10:00:00Z"}, "end"),
        ({"end": "2028-06-02T10:00:00Z"}, "end"),
        ({"start": "2026-06-02T10:00:00"}, "start"),
        ({"start": 1780300800}, "start"),
        ({"start": None}, "start"),
        ({"transparent": "no"}, "transparent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_event_must_make_sense(shared: Api, change: dict[str, Any], field: str) -> None:
    path = f"/v1/calendars/{shared.local(shared.person())}/events"
    good = {"title": "x", "start": "2026-06-02T10:00:00Z", "end": "2026-06-02T11:00:00Z"}
    assert list(fields(shared.post(path, {**good, **change}))) == [field]


def test_only_local_calendars_have_events_here(api: Api) -> None:
    calendar_id = api.local(api.person())
    with api.house.writing() as session:
        from service.store import calendars

        calendars.get(session, calendar_id).provider = "ics"
    good = {"title": "x", "start": "2026-06-02T10:00:00Z", "end": "2026-06-02T11:00:00Z"}
    assert list(fields(api.post(f"/v1/calendars/{calendar_id}/events", good))) == ["calendar_id"]
    assert list(fields(api.get(f"/v1/calendars/{calendar_id}/events"))) == ["calendar_id"]


def test_a_calendar_that_is_not_there(shared: Api) -> None:
    good = {"title": "x", "start": "2026-06-02T10:00:00Z", "end": "2026-06-02T11:00:00Z"}
    for answer in (
        shared.get(f"/v1/calendars/{NOWHERE}"),
        shared.delete(f"/v1/calendars/{NOWHERE}"),
        shared.patch(f"/v1/calendars/{NOWHERE}", {"counts": False}),
        shared.get(f"/v1/calendars/{NOWHERE}/events"),
        shared.post(f"/v1/calendars/{NOWHERE}/events", good),
        shared.post("/v1/people/per_01k0a7m9s8e4v2b6c3d5f7g9h1/calendars", {"provider": "local"}),
        shared.get("/v1/calendars/%00"),
        shared.get("/v1/calendars/42"),
    ):
        problem(answer, 404, "not-found")
