"""The emulator and the adapter held against Microsoft's own description and samples, where they are at hand.

They are not part of the project: without ``HOLDFAST_TEST_DATA`` these tests are skipped."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from microsoft_site import ALICE, BOB, START, ZONE, Site, draft, moved

from integrations.microsoft.connecting import _connection
from integrations.microsoft.events import etag_of, instant, kind_of, occurrence_of, responses_of, uid_of
from integrations.microsoft.free_busy import _taken
from integrations.microsoft.watching import _watch
from integrations.microsoft.working_time import hours_of
from integrations.microsoft.zones import zone_of
from service.domain.errors import BadCalendar
from service.domain.timespan import Span
from tests.emulators.microsoft.slice import DATA, PRESENT, complaint, description, validator

pytestmark = pytest.mark.skipif(
    not PRESENT, reason="HOLDFAST_TEST_DATA does not name a folder with Graph's description"
)


def samples() -> list[dict]:
    path = Path(DATA) / "graph-calendar-samples.json"
    return json.loads(path.read_text(encoding="utf-8"))["samples"] if path.is_file() else []


def answers(part: str, method: str = "GET") -> list[dict]:
    found = []
    for it in samples():
        body = it["response"].get("body")
        if part in it["matches"] and it["request"]["method"] == method and isinstance(body, dict):
            found.append(body)
    return found


def entries(bodies: list[dict]) -> list[dict]:
    return [one for body in bodies for one in (body["value"] if isinstance(body.get("value"), list) else [body])]


# --- what is sent, strictly ---


def test_everything_that_is_sent_is_in_the_description(site: Site) -> None:
    """The emulator refuses with 400 what is not; here each call is held against it once more."""
    site.microsoft.notices._shakes_hands = lambda _: True
    account = site.account(online="teamsForBusiness")
    other = site.alice.box.add_calendar("Team")
    for mine in (account, site.account(calendar=other.id)):
        site.calendar.connect(mine)
        first = site.sync(account=mine)
        uid = site.alice.add_series(datetime(2027, 3, 10, 9), "FREQ=WEEKLY;COUNT=9", zone=ZONE)
        site.alice.delete_occurrence(uid, datetime(2027, 3, 17, 9))
        site.sync(first.state, mine)
        meeting = "mtg_02" if mine.settings.get("calendar") else "mtg_01"
        site.microsoft.graph.duplicates = "conflict"
        written = site.calendar.create(mine, draft(meeting=meeting))
        site.calendar.create(mine, draft(meeting=meeting))
        site.alice.move(written.uid, START + 50 * 3600)
        written = site.calendar.find(mine, draft(meeting=meeting))
        later = site.calendar.update(mine, written.remote_id, written.etag, moved(2))
        made = site.watcher.watch(mine, channel_id="c", token="t" * 40, address="https://holdfast.example/hooks")
        site.watcher.renew(mine, made, channel_id="c", token="t" * 40, address="https://holdfast.example/hooks")
        site.watcher.stop(mine, made)
        site.calendar.cancel(mine, later.remote_id, later.etag, draft())
    site.sync(account=site.account("Calendars.ReadBasic", access="free_busy"))
    site.sync(account=site.account("Calendars.ReadBasic", access="free_busy", kind="personal"))
    assert len(site.microsoft.counts()) == 14
    for call in site.microsoft.calls:
        request = call.request
        body = json.loads(request.body) if request.body else None
        assert complaint(request.method, request.path.removeprefix("/v1.0"), request.query, body) is None


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/me/events", {}, {"subject": "x", "colour": "red"}),
        ("POST", "/me/events", {}, {"subject": 7}),
        ("POST", "/me/events", {}, {"showAs": "asleep"}),
        ("POST", "/me/events", {}, {"start": {"dateTime": "2027-03-10T09:00:00", "zone": "UTC"}}),
        ("POST", "/me/events", {}, None),
        ("GET", "/me/events", {"$colour": "red"}, None),
        ("GET", "/me/events", {"$top": "many"}, None),
        ("GET", "/me/calendarView", {"startDateTime": "2027-03-10T09:00:00Z"}, None),
        ("PUT", "/me/events", {}, {}),
        ("GET", "/me/nonsense", {}, None),
        ("GET", "/me/calendars", {}, {"a": 1}),
        ("POST", "/me/calendar/getSchedule", {}, {"schedule": ["a@b.example"]}),
        ("POST", "/subscriptions", {}, {"changeType": "created", "clientstate": "x"}),
    ],
)
def test_the_description_refuses_what_is_wrong(method: str, path: str, query: dict, body: dict | None) -> None:
    assert complaint(method, path, query, body)


def test_the_emulator_refuses_an_unknown_property_as_graph_does(site: Site) -> None:
    mailbox = site.graph.mailbox(site.account(), budget=5)
    with pytest.raises(Exception, match="HTTP 400"):
        mailbox.write("POST", "/me/events", {"subject": "x", "colour": "red"})


# --- what the emulator answers, loosely ---


@pytest.mark.parametrize("kind", ["event", "calendar", "scheduleInformation", "subscription"])
def test_the_emulator_answers_as_described(site: Site, kind: str) -> None:
    site.microsoft.notices._shakes_hands = lambda _: True
    site.alice.add(START, guests=((BOB, "Bob"),))
    site.bob.propose(site.bob.only().uid, START + 3600, START + 7200)
    mailbox = site.graph.mailbox(site.account(), budget=5)
    if kind == "event":
        shown = [mailbox.get(f"/me/events/{site.alice.only().id}")]
    elif kind == "calendar":
        shown = mailbox.get("/me/calendars")["value"]
    elif kind == "subscription":
        site.watcher.watch(site.account(), channel_id="c", token="t", address="https://holdfast.example/hooks")
        shown = mailbox.get("/subscriptions")["value"]
    else:
        times = ({"dateTime": f"2027-03-{day}T00:00:00", "timeZone": "UTC"} for day in ("10", "11"))
        body = dict(zip(("startTime", "endTime"), times, strict=True)) | {"schedules": [ALICE]}
        shown = mailbox.ask("/me/calendar/getSchedule", body)["value"]
    schema = {**description()["components"]["schemas"][f"microsoft.graph.{kind}"], "additionalProperties": True}
    check = validator(schema)
    # What the service says and its own description lacks.
    lenient = {"occurrenceId", "isMeeting", "additional"}
    for one in shown:
        found = [
            it.message
            for it in check.iter_errors({k: v for k, v in one.items() if k not in lenient})
            if not any(name in it.message for name in lenient)
        ]
        assert found == []


# --- what Microsoft's samples say, loosely ---


def test_sample_events_are_read(site: Site) -> None:
    bodies = answers("/me/events") + answers("/me/events", "POST") + answers("/calendars", "POST")
    whole = [it for it in entries(bodies) if isinstance(it.get("start"), dict)]
    assert len(whole) >= 5
    for it in whole:
        taken = occurrence_of(it, ZONE)
        assert taken is not None or kind_of(it.get("showAs")) is None or it.get("isCancelled")
        assert isinstance(responses_of(it), tuple)
    assert any(uid_of(it) for it in whole)
    assert any(etag_of(it) for it in whole)


def test_sample_schedules_are_read() -> None:
    (body,) = answers("getSchedule", "POST")
    first, second = body["value"]
    day = Span(instant({"dateTime": "2019-03-15T00:00:00", "timeZone": "UTC"}), instant({"dateTime": "2019-03-16T12:00:00", "timeZone": "UTC"}))  # noqa: E501  # fmt: skip
    assert len(set(_taken({**first, "availabilityView": None}, day))) == 1
    assert len(set(_taken({**second, "availabilityView": None}, day))) == 5
    assert zone_of(first["workingHours"]["timeZone"], year=2019) == "America/Los_Angeles"
    assert zone_of(second["workingHours"]["timeZone"], year=2019) == "America/Los_Angeles"
    assert hours_of(second["workingHours"]) == [
        {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "17:00"}
    ]


def test_sample_calendars_are_read() -> None:
    found = [_connection(it, {}, {}, default=True) for it in entries(answers("/me/calendars"))]
    assert found
    assert all(it.name and it.writable for it in found)
    assert "teamsForBusiness" in {it.settings.get("online") for it in found}


def test_sample_subscriptions_are_read() -> None:
    bodies = answers("/subscriptions") + answers("/subscriptions", "POST") + answers("/subscriptions", "PATCH")
    found = [_watch(it) for it in entries(bodies) if "expirationDateTime" in it]
    assert len(found) >= 3
    assert min(it.expires_at for it in found) > 1_400_000_000


def test_a_sample_full_of_placeholders_is_unknown_and_not_free() -> None:
    bodies = [it for it in entries(answers("/me/calendarView")) if "start" not in it]
    assert bodies
    for it in bodies:
        with pytest.raises(BadCalendar):
            occurrence_of(it, ZONE)
