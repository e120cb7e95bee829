"""The emulator is as strict as Google, or what passes on it proves nothing."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import google_auth_httplib2
import httplib2
import pytest
from google.oauth2.credentials import Credentials
from google_site import ALICE, BOB, LATER, MEETING, NOW, ZONE, Site
from googleapiclient.discovery import build

from service.domain.timespan import DAY, HOUR, Span
from tests.emulators.google import partial, times
from tests.emulators.google.emulator import CLIENT_ID, CLIENT_SECRET, EVENTS, FREE_BUSY, LISTING, GoogleEmulator
from tests.emulators.google.problems import Problem

EVENT = {"start": times.when(MEETING.start, ZONE), "end": times.when(MEETING.end, ZONE)}
PRIMARY = "/calendar/v3/calendars/primary/events"
_CALENDAR = "https://www.googleapis.com/auth/calendar"


class Caller:
    """A client that sends whatever it is told to."""

    def __init__(self, google: GoogleEmulator, scopes: tuple[str, ...] = EVENTS, email: str = ALICE) -> None:
        self._google = google
        self.token = google.secret(email, scopes)["access_token"]

    def __call__(
        self, verb: str, path: str, body: object = None, *, headers: dict[str, str] | None = None, **query: object
    ) -> tuple[int, dict[str, Any]]:
        with closing(http.client.HTTPConnection(self._google.host, self._google.port, timeout=10)) as line:
            line.request(
                verb,
                path + (f"?{urlencode(query)}" if query else ""),
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
            )
            answer = line.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}


@pytest.fixture
def call(google: GoogleEmulator) -> Caller:
    return Caller(google)


def reason(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    status, content = answer
    error = content["error"]
    assert error["code"] == status
    assert error["message"]
    return status, error["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "query", "expected"),
    [
        ("GET", PRIMARY, None, {"colour": "red"}, (400, "invalid")),
        ("GET", PRIMARY, None, {"maxResults": "0"}, (400, "invalid")),
        ("GET", PRIMARY, None, {"maxResults": "many"}, (400, "invalid")),
        ("GET", PRIMARY, None, {"singleEvents": "True"}, (400, "invalid")),
        ("GET", PRIMARY, None, {"timeMin": "2027-03-01T00:00:00"}, (400, "badRequest")),
        ("GET", PRIMARY, None, {"orderBy": "startTime"}, (400, "badRequest")),
        ("GET", PRIMARY, None, {"syncToken": "made up"}, (400, "invalid")),
        ("GET", PRIMARY, None, {"pageToken": "made up"}, (400, "invalid")),
        ("GET", PRIMARY, None, {"fields": "items(colour)"}, (400, "invalidParameter")),
        ("GET", PRIMARY, None, {"fields": "items(id"}, (400, "invalidParameter")),
        ("GET", "/calendar/v3/nothing", None, {}, (404, "notFound")),
        ("GET", f"/calendar/v3/calendars/{quote(BOB)}/events", None, {}, (404, "notFound")),
        ("GET", f"{PRIMARY}/nothing", None, {}, (404, "notFound")),
        ("POST", PRIMARY, {**EVENT, "colour": "red"}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "summary": 5}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "attendees": {"email": BOB}}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "attendees": [{"mail": BOB}]}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "attendees": [{"email": "nobody"}]}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "attendees": [{"email": BOB, "responseStatus": "yes"}]}, {}, (400, "invalid")),
        ("POST", PRIMARY, {"start": EVENT["start"]}, {}, (400, "required")),
        ("POST", PRIMARY, {"start": EVENT["end"], "end": EVENT["start"]}, {}, (400, "timeRangeEmpty")),
        ("POST", PRIMARY, {**EVENT, "start": {"dateTime": "tomorrow"}}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "start": {}}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "start": {**EVENT["start"], "timeZone": "Mars/Olympus"}}, {}, (400, "invalid")),
        (
            "POST",
            PRIMARY,
            {"recurrence": ["RRULE:FREQ=DAILY"], **{k: {"dateTime": v["dateTime"]} for k, v in EVENT.items()}},
            {},
            (400, "required"),
        ),
        ("POST", PRIMARY, {**EVENT, "id": "Not-Base32"}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "id": "abcde", "iCalUID": "x@y"}, {}, (400, "invalid")),
        ("POST", PRIMARY, {**EVENT, "status": "perhaps"}, {}, (400, "invalid")),
        ("POST", PRIMARY, EVENT, {"sendUpdates": "some"}, (400, "invalid")),
        ("POST", PRIMARY, EVENT, {"conferenceDataVersion": "2"}, (400, "invalid")),
        ("POST", PRIMARY, "text", {}, (400, "invalid")),
        ("POST", f"{PRIMARY}/quickAdd", None, {"text": "Lunch"}, (501, "notImplemented")),
        ("POST", "/calendar/v3/freeBusy", {"timeMin": "2027-03-01T00:00:00Z"}, {}, (400, "required")),
        ("POST", f"{PRIMARY}/watch", {"id": "c", "type": "web_hook"}, {}, (400, "push.webhookUrlNotHttps")),
        ("POST", f"{PRIMARY}/watch", {"id": "c", "address": "https://x"}, {}, (400, "invalid")),
        ("POST", f"{PRIMARY}/watch", {"id": "c d", "type": "web_hook"}, {}, (400, "channelIdInvalid")),
        ("POST", "/calendar/v3/channels/stop", {"id": "c", "resourceId": "r"}, {}, (404, "notFound")),
    ],
)
def test_what_is_refused(
    call: Caller, verb: str, path: str, body: object, query: dict[str, str], expected: tuple[int, str]
) -> None:
    assert reason(call(verb, path, body, **query)) == expected


def test_nothing_at_all_is_no_json(call: Caller) -> None:
    assert reason(call("POST", PRIMARY)) == (400, "parseError")


def test_tokens_run_out_and_reach_only_so_far(site: Site, google: GoogleEmulator, call: Caller) -> None:
    shown = Caller(google, FREE_BUSY)
    assert reason(shown("GET", PRIMARY)) == (403, "insufficientPermissions")
    window = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z", "items": [{"id": "primary"}]}
    assert shown("POST", "/calendar/v3/freeBusy", window)[0] == 200
    assert reason(call("GET", "/calendar/v3/users/me/calendarList")) == (403, "insufficientPermissions")
    assert Caller(google, (LISTING,))("GET", "/calendar/v3/users/me/calendarList")[0] == 200
    site.clock.advance(3600)
    assert reason(call("GET", PRIMARY)) == (401, "authError")
    call.token = "made up"
    assert reason(call("GET", PRIMARY)) == (401, "authError")


def test_owned_events_reach_ones_own_calendars_alone(google: GoogleEmulator, call: Caller) -> None:
    google.person(BOB)
    google.share(BOB, ALICE, "writer")
    theirs = f"/calendar/v3/calendars/{quote(BOB)}/events"
    assert reason(call("GET", theirs)) == (403, "insufficientPermissions")
    wide = Caller(google, (f"{_CALENDAR}.events",))
    assert wide("GET", theirs)[0] == 200
    google.share(BOB, ALICE, "reader")
    assert reason(wide("POST", theirs, EVENT)) == (403, "requiredAccessLevel")


def test_ids_of_ones_own_and_versions(call: Caller) -> None:
    status, made = call("POST", PRIMARY, {**EVENT, "id": "abcde"})
    assert (status, made["iCalUID"]) == (200, "abcde@google.com")
    assert reason(call("POST", PRIMARY, {**EVENT, "id": "abcde"})) == (409, "duplicate")
    old = {"If-Match": made["etag"]}
    status, changed = call("PATCH", f"{PRIMARY}/abcde", {"summary": "x"}, headers=old)
    assert status == 200
    assert changed["etag"] != made["etag"]
    assert reason(call("PATCH", f"{PRIMARY}/abcde", {"summary": "y"}, headers=old)) == (412, "conditionNotMet")
    assert reason(call("DELETE", f"{PRIMARY}/abcde", headers=old)) == (412, "conditionNotMet")
    assert call("DELETE", f"{PRIMARY}/abcde", headers={"If-Match": changed["etag"]}) == (204, {})
    assert reason(call("DELETE", f"{PRIMARY}/abcde")) == (410, "deleted")
    assert reason(call("POST", PRIMARY, {**EVENT, "id": "abcde"})) == (409, "duplicate")
    assert call("GET", f"{PRIMARY}/abcde")[1]["status"] == "cancelled"
    assert call("PATCH", f"{PRIMARY}/abcde", {"summary": "z"})[1]["status"] == "cancelled"


def test_only_a_new_time_raises_the_sequence(call: Caller) -> None:
    call("POST", PRIMARY, {**EVENT, "id": "abcde"})
    assert call("PATCH", f"{PRIMARY}/abcde", {"summary": "x"})[1]["sequence"] == 0
    later = {"start": times.when(LATER.start, ZONE), "end": times.when(LATER.end, ZONE)}
    assert call("PATCH", f"{PRIMARY}/abcde", later)[1]["sequence"] == 1
    assert reason(call("PATCH", f"{PRIMARY}/abcde", {"sequence": 0})) == (400, "invalid")


def test_a_conference_is_lost_by_a_write_that_does_not_speak_of_them(call: Caller) -> None:
    wanted = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    assert "conferenceData" not in call("POST", PRIMARY, {**EVENT, "conferenceData": wanted})[1]
    _, made = call("POST", PRIMARY, {**EVENT, "conferenceData": wanted}, conferenceDataVersion=1)
    assert made["conferenceData"]["entryPoints"]
    path = f"{PRIMARY}/{made['id']}"
    assert "conferenceData" in call("PATCH", path, {"summary": "x"}, conferenceDataVersion=1)[1]
    assert "conferenceData" not in call("PATCH", path, {"summary": "y"})[1]
    odd = {"createRequest": {"requestId": "r2", "conferenceSolutionKey": {"type": "telephone"}}}
    assert reason(call("POST", PRIMARY, {**EVENT, "conferenceData": odd}, conferenceDataVersion=1)) == (400, "invalid")


@pytest.mark.parametrize(
    ("updates", "to"), [("all", [BOB, "x@y.org"]), ("externalOnly", ["x@y.org"]), ("none", []), ("", [])]
)
def test_who_is_mailed(google: GoogleEmulator, call: Caller, updates: str, to: list[str]) -> None:
    google.person(BOB)
    body = {**EVENT, "attendees": [{"email": ALICE}, {"email": BOB}, {"email": "x@y.org"}]}
    call("POST", PRIMARY, body, **({"sendUpdates": updates} if updates else {}))
    assert [mail.to for mail in google.mails] == to


def test_a_sync_token_holds_one_to_the_same_parameters(google: GoogleEmulator, call: Caller) -> None:
    _, first = call("GET", PRIMARY, maxResults=10, timeMin="2027-01-01T00:00:00Z")
    token = first["nextSyncToken"]
    assert call("GET", PRIMARY, maxResults=10, syncToken=token)[0] == 200
    for more in ({"maxResults": 11}, {}, {"maxResults": 10, "singleEvents": "true"}):
        assert reason(call("GET", PRIMARY, syncToken=token, **more)) == (400, "invalid")
    for name in ("timeMin", "timeMax", "updatedMin"):
        more = {"maxResults": 10, name: "2027-01-01T00:00:00Z"}
        assert reason(call("GET", PRIMARY, syncToken=token, **more)) == (400, "invalid")
    for name in ("q", "iCalUID", "orderBy", "privateExtendedProperty"):
        more = {"maxResults": 10, name: "updated"}
        assert reason(call("GET", PRIMARY, syncToken=token, **more)) == (400, "invalid")
    google.expire_sync_tokens()
    assert reason(call("GET", PRIMARY, maxResults=10, syncToken=token)) == (410, "fullSyncRequired")


def test_the_token_comes_on_the_last_page(site: Site, call: Caller) -> None:
    for day in range(3):
        site.alice.add(MEETING.moved_to(MEETING.start + day * DAY))
    _, one = call("GET", PRIMARY, maxResults=2)
    assert len(one["items"]) == 2
    assert "nextSyncToken" not in one
    site.alice.add(LATER)  # between two pages: it comes with the next sync
    _, two = call("GET", PRIMARY, maxResults=2, pageToken=one["nextPageToken"])
    assert len(two["items"]) == 1
    assert reason(call("GET", PRIMARY, maxResults=3, pageToken=one["nextPageToken"])) == (400, "invalid")
    _, new = call("GET", PRIMARY, maxResults=2, syncToken=two["nextSyncToken"])
    assert [times.span(item, ZONE)[0] for item in new["items"]] == [LATER.start]


def test_tombstones_hold_no_more_than_is_sure(site: Site, call: Caller) -> None:
    series = site.alice.add(MEETING, rule=("RRULE:FREQ=DAILY;COUNT=3",))
    single = site.alice.add(LATER)
    token = call("GET", PRIMARY)[1]["nextSyncToken"]
    site.alice.delete(site.alice.instance(series, MEETING.start + DAY))
    site.alice.delete(single)
    found = call("GET", PRIMARY, syncToken=token)[1]["items"]
    assert [set(item) for item in found] == [
        {"kind", "id", "etag", "status", "recurringEventId", "originalStartTime"},
        {"kind", "id", "etag", "status"},
    ]
    full = call("GET", PRIMARY)[1]["items"]
    assert sorted(item["status"] for item in full) == ["cancelled", "confirmed"]
    assert len(call("GET", PRIMARY, showDeleted="true")[1]["items"]) == 3


def test_series_expanded_by_google(site: Site, call: Caller) -> None:
    series = site.alice.add(MEETING, rule=("RRULE:FREQ=WEEKLY",))
    site.alice.move(site.alice.instance(series, MEETING.start), LATER)
    window = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-04-05T00:00:00Z"}
    _, answer = call("GET", PRIMARY, singleEvents="true", orderBy="startTime", **window)
    starts = [times.span(item, ZONE)[0] for item in answer["items"]]
    assert starts == [LATER.start, *(MEETING.start + n * 7 * DAY - (HOUR if n > 2 else 0) for n in (1, 2, 3))]
    assert {item["recurringEventId"] for item in answer["items"]} == {series}
    _, same = call("GET", f"{PRIMARY}/{series}/instances", **window)
    assert len(same["items"]) == 4


def test_guests_have_copies_and_answer_in_them(site: Site, google: GoogleEmulator) -> None:
    bob = google.person(BOB)
    guest = Caller(google, email=BOB)
    event = site.alice.add(MEETING, guests=(BOB,), extendedProperties={"private": {"a": "1"}, "shared": {"b": "2"}})
    _, copy = guest("GET", f"{PRIMARY}/{event}")
    assert [one.get("self", False) for one in copy["attendees"]] == [True]
    assert "self" not in copy["organizer"]
    assert copy["extendedProperties"] == {"shared": {"b": "2"}}
    assert reason(guest("PATCH", f"{PRIMARY}/{event}", {"summary": "Mine"})) == (403, "forbiddenForNonOrganizer")
    answer = {"attendees": [{"email": BOB, "responseStatus": "accepted"}]}
    assert guest("PATCH", f"{PRIMARY}/{event}", answer)[0] == 200
    assert site.alice.event(event)["attendees"][0]["responseStatus"] == "accepted"
    site.alice.move(event, LATER)
    assert times.span(bob.event(event), ZONE)[0] == LATER.start
    assert bob.event(event)["attendees"][0]["responseStatus"] == "needsAction"  # a new time is a new question
    assert guest("DELETE", f"{PRIMARY}/{event}")[0] == 204
    assert site.alice.event(event)["attendees"][0]["responseStatus"] == "declined"
    assert [(mail.to, mail.method) for mail in google.mails] == [
        (BOB, "REQUEST"),
        (ALICE, "REPLY"),
        (BOB, "REQUEST"),
        (ALICE, "REPLY"),
    ]


def test_fewer_attendees_leave_oneself(site: Site, call: Caller) -> None:
    event = site.alice.add(MEETING, guests=(BOB, "c@x.org", ALICE))
    _, shown = call("GET", f"{PRIMARY}/{event}", maxAttendees=1)
    assert [one["email"] for one in shown["attendees"]] == [ALICE]
    assert shown["attendeesOmitted"]


def test_a_quota_is_by_the_minute(site: Site, google: GoogleEmulator, call: Caller) -> None:
    google.methods.quota = 2
    assert [call("GET", PRIMARY)[0] for _ in range(3)] == [200, 200, 403]
    assert reason(call("GET", PRIMARY)) == (403, "userRateLimitExceeded")
    site.clock.advance(60)
    assert call("GET", PRIMARY)[0] == 200


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("a", {"a": 1}),
        ("b/c", {"b": {"c": 2}}),
        ("b(c),a", {"a": 1, "b": {"c": 2}}),
        ("e(f)", {"e": [{"f": 4}, {"f": 6}]}),
        ("*", {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}, {"f": 6}]}),
    ],
)
def test_partial_answers(text: str, selected: dict) -> None:
    whole = {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}, {"f": 6}]}
    assert partial.select(whole, partial.parse(text)) == selected


def test_a_hand_is_refused_like_anybody(site: Site, google: GoogleEmulator) -> None:
    bob = google.person(BOB)
    event = site.alice.add(MEETING, guests=(BOB,))
    with pytest.raises(Problem, match="forbiddenForNonOrganizer"):
        bob.move(event, LATER)


def test_googles_own_library_gets_along_with_it(site: Site, google: GoogleEmulator) -> None:
    """Transport, credentials and renewal as Google ships them: none of ours."""
    secret = google.secret(ALICE)
    google.oauth.expire()
    held = google_auth_httplib2.AuthorizedHttp(_credentials(google, secret), http=httplib2.Http(timeout=10))
    with closing(held):
        service = build(
            "calendar",
            "v3",
            http=held,
            static_discovery=True,
            client_options={"api_endpoint": f"{google.url}/calendar/v3/"},
        )
        made = service.events().insert(calendarId="primary", body=EVENT, sendUpdates="all").execute()
        assert times.span(made, ZONE) == (MEETING.start, MEETING.end)
        assert service.events().list(calendarId="primary").execute()["items"][0]["id"] == made["id"]
        window = Span(NOW, NOW + 30 * DAY)
        body = {
            "timeMin": times.when(window.start, "UTC")["dateTime"],
            "timeMax": times.when(window.end, "UTC")["dateTime"],
            "items": [{"id": "primary"}],
        }
        assert len(service.freebusy().query(body=body).execute()["calendars"]["primary"]["busy"]) == 1


def _credentials(emulator: GoogleEmulator, secret: dict[str, str]) -> Credentials:
    return Credentials(
        secret["access_token"],
        refresh_token=secret["refresh_token"],
        token_uri=f"{emulator.url}/token",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
