"""People over HTTP: defaults, changes, lists, links, busy time, export, erasure."""

from __future__ import annotations

from typing import Any

import pytest
from api_hand import Api, fields, problem

ADA = {"name": "Ada", "email": "ada@example.org", "time_zone": "Europe/Berlin"}
WEEK = ["mon", "tue", "wed", "thu", "fri"]


def test_a_person_comes_back_with_every_default_filled_in(api: Api) -> None:
    answer = api.post("/v1/people", ADA)
    assert answer.status_code == 201
    person = answer.json()
    assert answer.headers["Location"] == f"/v1/people/{person['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert person["id"].startswith("per_")
    assert person["working_hours"] == [{"weekdays": WEEK, "start": "09:00", "end": "17:00"}]
    assert person["windows"]["core"] == {"weekdays": WEEK, "start": "09:00", "end": "17:00"}
    assert person["windows"]["breakfast"]["end"] == "09:00"
    assert person["preferences"] == {
        "min_notice_hours": 24, "buffer_minutes": 0, "max_meetings_per_day": None, "holidays": None, "churn": True,
        "mails_per_week": 3, "quiet_hours": {"start": "20:00", "end": "08:00"}, "language": "en",
    }  # fmt: skip
    assert person["feed_url"].startswith("http://holdfast.test/feeds/")
    assert api.get(answer.headers["Location"]).json() == person


def test_everything_that_can_be_said_of_a_person_is_kept(api: Api) -> None:
    said = {
        **ADA,
        "working_hours": [{"weekdays": ["mon", "wed"], "start": "08:00", "end": "12:00"}],
        "windows": {"lunch": None, "coffee": [{"weekdays": ["mon"], "start": "16:00", "end": "17:00"}]},
        "preferences": {
            "min_notice_hours": 48, "buffer_minutes": 15, "max_meetings_per_day": 3, "holidays": "US-NY",
            "mails_per_week": 1, "quiet_hours": None, "language": "en", "churn": False,
        },
    }  # fmt: skip
    person = api.made("/v1/people", said)
    assert person["working_hours"] == said["working_hours"]
    assert person["windows"]["lunch"] is None
    assert person["windows"]["coffee"] == {"weekdays": ["mon"], "start": "16:00", "end": "17:00"}
    assert person["preferences"] == said["preferences"]


def test_a_patch_changes_what_it_names_and_nothing_else(api: Api) -> None:
    path = f"/v1/people/{api.person()}"
    before = api.get(path).json()
    answer = api.patch(path, {"windows": {"coffee": None}, "preferences": {"buffer_minutes": 10}})
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    after = answer.json()
    assert after["windows"] == {**before["windows"], "coffee": None}
    assert after["preferences"] == {**before["preferences"], "buffer_minutes": 10}
    assert {k: v for k, v in after.items() if k not in ("windows", "preferences", "version")} == {
        k: v for k, v in before.items() if k not in ("windows", "preferences", "version")
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "A\x00B"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.c\r\nBcc: x@y.z"}, "email"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "localtime"}, "time_zone"),  # the server's own, whatever that is
        ({"time_zone": "Factory"}, "time_zone"),
        ({"time_zone": 1}, "time_zone"),
        ({"nickname": "A"}, "nickname"),
        ({"preferences": {"min_notice_hours": -1}}, "preferences.min_notice_hours"),
        ({"preferences": {"min_notice_hours": "24"}}, "preferences.min_notice_hours"),
        ({"preferences": {"min_notice_hours": True}}, "preferences.min_notice_hours"),
        ({"preferences": {"holidays": "XX"}}, "preferences.holidays"),
        ({"preferences": {"mails_per_week": 0}}, "preferences.mails_per_week"),
        ({"preferences": {"mails_per_week": 8}}, "preferences.mails_per_week"),
        ({"preferences": {"mails_per_week": None}}, "preferences.mails_per_week"),
        ({"preferences": {"quiet_hours": {"start": "20:00"}}}, "preferences.quiet_hours.end"),
        ({"preferences": {"quiet_hours": {"start": "20:00", "end": "20:00"}}}, "preferences.quiet_hours.end"),
        ({"preferences": {"quiet_hours": {"start": "late", "end": "08:00"}}}, "preferences.quiet_hours.start"),
        ({"preferences": {"language": "tlh"}}, "preferences.language"),
        ({"windows": {"dinner": None}}, "windows.dinner"),
        ({"windows": {"lunch": {"weekdays": ["mon"], "start": "25:00", "end": "13:00"}}}, "windows.lunch.start"),
        ({"windows": {"lunch": {"weekdays": ["mon"], "start": 12, "end": "13:00"}}}, "windows.lunch.start"),
        ({"windows": {"lunch": {"weekdays": ["mo"], "start": "12:00", "end": "13:00"}}}, "windows.lunch.weekdays[0]"),
        ({"windows": {"lunch": [{"weekdays": ["mon"], "start": "12:00"}]}}, "windows.lunch[0].end"),
        ({"working_hours": [{"weekdays": ["mon"], "start": "9", "end": "17:00"}]}, "working_hours[0].start"),
        ({"working_hours": [{"weekdays": [], "start": "09:00", "end": "17:00"}]}, "working_hours[0].weekdays"),
    ],
)
def test_a_bad_value_is_named_as_the_caller_wrote_it(shared: Api, change: dict[str, Any], field: str) -> None:
    assert list(fields(shared.post("/v1/people", {**ADA, **change}))) == [field]
    assert list(fields(shared.patch(f"/v1/people/{shared.person()}", change))) == [field]


def test_several_bad_values_are_named_at_once(shared: Api) -> None:
    assert set(fields(shared.post("/v1/people", {"name": 1, "shoe": 44}))) == {"name", "email", "time_zone", "shoe"}


def test_a_list_has_everyone_but_the_forgotten(api: Api) -> None:
    ids = [api.person(name) for name in ("Ada", "Ben", "Cleo")]
    assert api.delete(f"/v1/people/{ids[1]}").status_code == 204
    listed = api.get("/v1/people").json()
    assert [person["id"] for person in listed["items"]] == [ids[0], ids[2]]
    assert listed["next_cursor"] is None


def test_a_link_can_be_made_and_withdrawn(api: Api) -> None:
    person_id = api.person()
    answer = api.post(f"/v1/people/{person_id}/links", {"purpose": "home"})
    assert answer.status_code == 201
    link = answer.json()
    assert link["url"].startswith("http://holdfast.test/me/")
    assert link["expires_at"] == api.in_hours(30 * 24)
    assert api.post(f"/v1/people/{person_id}/links").status_code == 201
    assert list(fields(api.post(f"/v1/people/{person_id}/links", {"purpose": "admin"}))) == ["purpose"]
    assert api.delete(f"/v1/people/{person_id}/links").status_code == 204
    problem(api.post("/v1/people/per_01k0a7m9s8e4v2b6c3d5f7g9h1/links"), 404, "not-found")
    problem(api.delete("/v1/people/per_01k0a7m9s8e4v2b6c3d5f7g9h1/links"), 404, "not-found")


def test_busy_time_is_merged_and_cut(api: Api) -> None:
    person_id = api.person()
    calendar = api.local(person_id)
    for start, end in ((1, 3), (2, 4), (10, 12), (30, 31)):
        api.made(
            f"/v1/calendars/{calendar}/events",
            {"title": "x", "start": api.in_hours(start), "end": api.in_hours(end)},
        )
    answer = api.client.get(f"/v1/people/{person_id}/busy", params={"from": api.in_hours(2), "to": api.in_hours(11)})
    assert answer.json() == {
        "items": [
            {"start": api.in_hours(2), "end": api.in_hours(4), "kind": "busy"},
            {"start": api.in_hours(10), "end": api.in_hours(11), "kind": "busy"},
        ],
        "complete": True,
        "unknown": [],
    }
    assert len(api.get(f"/v1/people/{person_id}/busy").json()["items"]) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-06-01T00:00:00", "from"),
        ("from=1780300800", "from"),
        ("to=tomorrow", "to"),
        ("from=2026-02-30T00:00:00Z", "from"),
        ("from=9999-12-31T23:59:59-23:00", "from"),
        ("from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z", "to"),
        ("from=2026-06-01T00:00:00Z&to=2027-07-07T00:00:00Z", "to"),
    ],
)
def test_busy_wants_a_sensible_range_with_offsets(shared: Api, query: str, field: str) -> None:
    assert list(fields(shared.get(f"/v1/people/{shared.person()}/busy?{query}"))) == [field]


def test_a_plus_that_the_address_turned_into_a_blank_is_understood(api: Api) -> None:
    person_id = api.person()
    query = "from=2026-06-01T08:00:00+02:00&to=2026-06-02T08:00:00+02:00"
    assert api.get(f"/v1/people/{person_id}/busy?{query}").status_code == 200


def test_an_unknown_calendar_is_told_and_never_free(api: Api) -> None:
    person_id = api.person()
    calendar_id = api.local(person_id)
    with api.house.writing() as session:
        from service.store import calendars

        row = calendars.get(session, calendar_id)
        row.status, row.problem = "error", "unreachable"
    answer = api.get(f"/v1/people/{person_id}/busy").json()
    assert answer["complete"] is False
    assert answer["unknown"] == [{"calendar_id": calendar_id, "reason": "unreachable"}]


def test_export_gives_everything_and_erasure_takes_it_out(api: Api) -> None:
    pair_id = api.pair(focus="Public speaking")
    api.booked(pair_id)
    pair = api.get(f"/v1/pairs/{pair_id}").json()
    path = f"/v1/people/{pair['mentee_id']}"
    held = api.get(f"{path}/export").json()
    assert held["person"]["name"] == "Emil Mentee"
    assert len(held["calendars"]) == 1
    assert held["pairs"][0]["meetings"][0]["status"] == "booked"
    assert any(entry["type"] == "meeting.booked" for entry in held["pairs"][0]["ledger"])
    assert held["mails"]

    assert api.delete(path).status_code == 204
    for gone in (path, f"{path}/export", f"{path}/busy", f"{path}/calendars"):
        problem(api.get(gone), 404, "not-found")
    problem(api.delete(path), 404, "not-found")
    problem(api.patch(path, {"name": "Back"}), 404, "not-found")
    ledger = api.get(f"/v1/pairs/{pair_id}/ledger").text
    assert "Emil" not in ledger
    assert "meeting.booked" in ledger
    assert api.get(f"/v1/pairs/{pair_id}").json()["status"] == "ended"


def test_mails_speak_the_language_of_their_reader(api: Api) -> None:
    pair_id = api.pair()
    pair = api.get(f"/v1/pairs/{pair_id}").json()
    answer = api.patch(f"/v1/people/{pair['mentee_id']}", {"preferences": {"language": "de", "quiet_hours": None}})
    assert answer.json()["preferences"]["language"] == "de"
    api.booked(pair_id)
    api.at.run()
    german = [mail for mail in api.at.mails.sent if "Verschieben oder absagen" in mail.text]
    assert german
    assert all("Guten Tag" in mail.text and 'lang="de"' in mail.html for mail in german)
