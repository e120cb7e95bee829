"""The emulator is as strict as the real thing: what it lets pass is worth something."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import httpx2
import pytest
from microsoft_site import ALICE, BOB, START, Site

from service.domain.timespan import DAY

Ask = Callable[..., httpx2.Response]
LASTING = {"Prefer": 'IdType="ImmutableId", outlook.timezone="UTC"'}
TIMES = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-04-01T00:00:00Z"}
EVENT = {
    "subject": "x",
    "start": {"dateTime": "2027-03-10T09:00:00", "timeZone": "Pacific Standard Time"},
    "end": {"dateTime": "2027-03-10T10:00:00", "timeZone": "America/Los_Angeles"},
}


@pytest.fixture
def ask(site: Site) -> Iterator[Ask]:
    trust = ssl.create_default_context(cafile=str(site.microsoft.ca_bundle))
    with httpx2.Client(base_url=site.microsoft.url, verify=trust, trust_env=False) as client:

        def go(method: str, path: str, *, scopes: tuple[str, ...] = (), headers=LASTING, **ways) -> httpx2.Response:
            token = site.microsoft.token(ALICE, *scopes)
            bearer = {"Authorization": f"Bearer {token}", **headers}
            return client.request(method, f"/v1.0{path}", headers=bearer, **ways)

        yield go


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_ids_change_where_nobody_asks_for_lasting_ones(site: Site, ask: Ask) -> None:
    uid = site.alice.add(START)

    def shown(headers: dict[str, str]) -> str:
        return ask("GET", "/me/calendarView", params=TIMES, headers=headers).json()["value"][0]["id"]

    lasting, volatile = shown(LASTING), shown({})
    site.alice.move(uid, START + 3600)
    assert shown(LASTING) == lasting
    assert shown({}) not in {volatile, lasting}
    assert ask("GET", f"/me/events/{volatile}").status_code == 404


def test_times_come_on_the_clock_that_is_preferred(site: Site, ask: Ask) -> None:
    made = ask("POST", "/me/events", json=EVENT).json()
    assert made["start"] == {"dateTime": "2027-03-10T17:00:00.0000000", "timeZone": "UTC"}
    headers = {"Prefer": 'outlook.timezone="W. Europe Standard Time"'}
    shown = ask("GET", f"/me/events/{made['id']}", headers=headers).json()
    assert shown["start"] == {"dateTime": "2027-03-10T18:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    assert ask("GET", "/me/calendars", headers={"Prefer": 'outlook.timezone="Nowhere"'}).status_code == 400


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (("Calendars.ReadBasic",), "GET", "/me/calendars", 200),
        (("Calendars.ReadBasic",), "POST", "/me/events", 403),
        (("Calendars.Read",), "POST", "/me/events", 403),
        (("Calendars.ReadBasic",), "GET", "/subscriptions", 403),
        (("User.Read",), "GET", "/me/calendars", 403),
        (("Calendars.ReadWrite",), "GET", "/me/mailboxSettings", 403),
        (("MailboxSettings.Read",), "GET", "/me/mailboxSettings", 200),
        (("Calendars.ReadWrite",), "GET", "/me/messages", 400),
    ],
)
def test_scopes_reach_as_far_as_they_reach(
    ask: Ask, scopes: tuple[str, ...], method: str, path: str, status: int
) -> None:
    assert ask(method, path, scopes=scopes, **({"json": EVENT} if method == "POST" else {})).status_code == status


def test_tokens_run_out(site: Site, ask: Ask) -> None:
    assert code(ask("GET", "/me/calendars", headers={"Authorization": "Bearer x"})) == (
        401,
        "InvalidAuthenticationToken",
    )
    token = site.microsoft.token(ALICE, lifetime=60)
    headers = {"Authorization": f"Bearer {token}"}
    assert ask("GET", "/me/calendars", headers=headers).status_code == 200
    site.clock.advance(61)
    assert ask("GET", "/me/calendars", headers=headers).status_code == 401


def test_versions_are_compared(site: Site, ask: Ask) -> None:
    made = ask("POST", "/me/events", json=EVENT).json()
    path, etag = f"/me/events/{made['id']}", made["@odata.etag"]
    later = ask("PATCH", path, json={"subject": "y"}, headers={**LASTING, "If-Match": etag})
    assert later.status_code == 200
    assert later.json()["@odata.etag"] != etag
    for method, body in (("PATCH", {"json": {"subject": "z"}}), ("DELETE", {})):
        answer = ask(method, path, headers={**LASTING, "If-Match": etag}, **body)
        assert code(answer) == (412, "ErrorIrresolvableConflict")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": "x"},
        {**EVENT, "id": "mine"},
        {**EVENT, "iCalUId": "mine"},
        {**EVENT, "end": {"dateTime": "2027-03-10T08:00:00", "timeZone": "America/Los_Angeles"}},
        {**EVENT, "start": {"dateTime": "2027-03-10 09:00", "timeZone": "UTC"}},
        {**EVENT, "start": {"dateTime": "2027-03-10T09:00:00", "timeZone": "Mars"}},
        {**EVENT, "isOnlineMeeting": True, "onlineMeetingProvider": "skypeForBusiness"},
        {**EVENT, "singleValueExtendedProperties": [{"id": "mine", "value": "x"}]},
    ],
)
def test_events_that_outlook_would_not_take(site: Site, ask: Ask, body: dict) -> None:
    assert ask("POST", "/me/events", json=body).status_code == 400
    assert site.alice.uids() == []


@pytest.mark.parametrize("name", ["$select", "$filter", "$orderby", "$top", "$expand"])
def test_the_delta_takes_no_such_thing(ask: Ask, name: str) -> None:
    assert (
        ask("GET", "/me/calendarView/delta", params={**TIMES, name: "5" if name == "$top" else "id"}).status_code == 400
    )


def test_views_need_a_window(ask: Ask) -> None:
    assert ask("GET", "/me/calendarView").status_code == 400
    assert ask("GET", "/me/calendarView/delta", params={"startDateTime": TIMES["startDateTime"]}).status_code == 400
    assert ask("GET", "/me/calendarView", params={**TIMES, "endDateTime": "2039-01-01T00:00:00Z"}).status_code == 400


def test_the_delta_comes_in_pages_of_ten_unless_asked(site: Site, ask: Ask) -> None:
    for number in range(12):
        site.alice.add(START + number * 3600)
    page = ask("GET", "/me/calendarView/delta", params=TIMES).json()
    assert (len(page["value"]), "@odata.deltaLink" in page) == (10, False)
    rest = ask("GET", page["@odata.nextLink"].partition("/v1.0")[2]).json()
    assert (len(rest["value"]), "@odata.nextLink" in rest) == (2, False)
    headers = {"Prefer": LASTING["Prefer"] + ", odata.maxpagesize=50"}
    assert len(ask("GET", "/me/calendarView/delta", params=TIMES, headers=headers).json()["value"]) == 12


def schedule(addresses: list[str], days: int = 1, **more: object) -> dict:
    end = f"2027-{3 + (days // 31):02}-{1 + days % 31:02}T00:00:00"
    times = {"startTime": {"dateTime": "2027-03-01T00:00:00", "timeZone": "UTC"}}
    return {**times, "endTime": {"dateTime": end, "timeZone": "UTC"}, "schedules": addresses, **more}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (schedule([ALICE]), 200),
        (schedule([ALICE, BOB, "nobody@nowhere.example"]), 200),
        (schedule([f"p{it}@contoso.example" for it in range(20)]), 200),
        (schedule([f"p{it}@contoso.example" for it in range(21)]), 400),
        (schedule([]), 400),
        (schedule([ALICE], 90), 400),
        (schedule([ALICE], availabilityViewInterval=4), 400),
        (schedule([ALICE], availabilityViewInterval=1441), 400),
    ],
)
def test_get_schedule_has_limits(ask: Ask, body: dict, status: int) -> None:
    answer = ask("POST", "/me/calendar/getSchedule", json=body)
    assert answer.status_code == status
    if status == 200:
        for it in answer.json()["value"]:
            assert ("error" in it) == (it["scheduleId"] not in {ALICE, BOB})


def test_get_schedule_takes_either_case_and_no_personal_account(site: Site, ask: Ask) -> None:
    body = {name[:1].upper() + name[1:]: value for name, value in schedule([ALICE]).items()}
    assert ask("POST", "/me/calendar/getSchedule", json=body).status_code == 200
    site.microsoft.add_account(ALICE, "Alice", personal=True)
    assert ask("POST", "/me/calendar/getSchedule", json=body).status_code == 403


def test_subscriptions_have_limits(site: Site, ask: Ask) -> None:
    site.microsoft.notices._shakes_hands = lambda _: True

    def body(minutes: int, **more: object) -> dict:
        from tests.emulators.microsoft.graph_times import stamp

        return {
            "changeType": "created,updated,deleted",
            "notificationUrl": "https://holdfast.example/hooks",
            "resource": "me/events",
            "expirationDateTime": stamp(site.clock.now() + minutes * 60),
            **more,
        }

    assert ask("POST", "/subscriptions", json=body(10_080)).status_code == 201
    for wrong in (
        body(10_081),
        body(-1),
        body(60, changeType="renamed"),
        body(60, resource="me/messages"),
        body(60, clientState="x" * 129),
        body(60, notificationUrl=""),
    ):
        assert ask("POST", "/subscriptions", json=wrong).status_code == 400
    assert ask("POST", "/subscriptions", json=body(60), headers={}).status_code == 400
    (kept,) = site.microsoft.notices.alive()
    site.clock.advance(8 * DAY)
    assert (
        ask("PATCH", f"/subscriptions/{kept.id}", json={"expirationDateTime": "2027-03-12T00:00:00Z"}).status_code
        == 404
    )


def test_only_an_organiser_with_guests_cancels(site: Site, ask: Ask) -> None:
    uid = site.bob.add(START, guests=((ALICE, "Alice"),))
    copy = site.alice.event(uid)
    assert ask("POST", f"/me/events/{copy.id}/cancel", json={}).status_code == 400
    assert ask("DELETE", f"/me/events/{copy.id}").status_code == 204
    alone = site.alice.event(site.alice.add(START))
    assert ask("POST", f"/me/events/{alone.id}/cancel", json={}).status_code == 400
