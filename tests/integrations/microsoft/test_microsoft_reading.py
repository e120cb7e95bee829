"""Reading Outlook: what takes time, series and their parts, windows, and what must never look free."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from microsoft_site import ALICE, BOB, NOW, SPAN, START, WINDOW, ZONE, Site, at

from integrations.microsoft.events import instant, kind_of, occurrence_of, span_of
from integrations.microsoft.graph import AT_ONCE, Graph
from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar, Refused, Throttled, Unauthorized, Unreachable, Unsupported
from service.domain.timespan import DAY, HOUR, Span
from tests.emulators.microsoft.server import Answer

BUSY, TENTATIVE, AWAY = BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.OUT_OF_OFFICE
SHOWN = [
    ("free", None),
    ("Free", None),
    ("workingElsewhere", None),
    ("tentative", TENTATIVE),
    ("busy", BUSY),
    ("oof", AWAY),
    ("Oof", AWAY),
    ("unknown", BUSY),
    ("somethingNew", BUSY),
    ("", BUSY),
    (None, BUSY),
    (7, BUSY),
]


@pytest.mark.parametrize(("status", "kind"), SHOWN)
def test_what_is_not_known_to_be_free_is_taken(status: object, kind: BusyKind | None) -> None:
    assert kind_of(status) is kind


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2027-03-10T08:00:00.0000000", "UTC", at(2027, 3, 10, 9)),
        ("2027-03-10T08:00:00", "tzone://Microsoft/Utc", at(2027, 3, 10, 9)),
        ("2027-03-10T08:00:00Z", "tzone://Microsoft/Custom", at(2027, 3, 10, 9)),
        ("2027-03-10T09:00:00.0000000", "W. Europe Standard Time", at(2027, 3, 10, 9)),
        ("2027-03-10T09:00:00.0000000", "Europe/Berlin", at(2027, 3, 10, 9)),
        ("2027-03-10T00:00:00-08:00", "UTC", at(2027, 3, 10, 9)),
        ("2027-03-10T24:00:00", "UTC", None),
        ("2027-03-10T09:00:00", "tzone://Microsoft/Custom", None),
        ("2027-03-10T09:00:00", "Customized Time Zone", None),
        ("2027-03-10", "UTC", None),
        ("", "UTC", None),
    ],
)
def test_a_time_is_known_or_refused(text: str, zone: str, expected: int | None) -> None:
    raw = {"dateTime": text, "timeZone": zone}
    if expected is None:
        with pytest.raises(BadCalendar):
            instant(raw)
    else:
        assert instant(raw) == expected


@pytest.mark.parametrize("raw", [None, {}, [], "x", {"dateTime": None}, {"dateTime": 5, "timeZone": "UTC"}])
def test_no_time_at_all_is_refused(raw: object) -> None:
    with pytest.raises(BadCalendar):
        instant(raw)


def event(start: str, end: str, **more: object) -> dict[str, object]:
    times = {"start": {"dateTime": start, "timeZone": "UTC"}, "end": {"dateTime": end, "timeZone": "UTC"}}
    return {"id": "x", "showAs": "busy", **times, **more}


def test_all_day_is_the_owners_day_even_where_it_has_23_hours() -> None:
    raw = event("2027-03-28T00:00:00.0000000", "2027-03-29T00:00:00.0000000", isAllDay=True)
    assert span_of(raw, ZONE) == Span(at(2027, 3, 28), at(2027, 3, 29))
    assert span_of(raw, "America/New_York") == Span(at(2027, 3, 28, 6), at(2027, 3, 29, 6))
    turned = event("2027-03-27T23:00:00", "2027-03-28T22:00:00", isAllDay=True)
    assert span_of(turned, "America/New_York") == Span(at(2027, 3, 28), at(2027, 3, 29))
    nothing = event("2027-03-28T00:00:00", "2027-03-28T00:00:00", isAllDay=True)
    assert span_of(nothing, ZONE) == Span(at(2027, 3, 28), at(2027, 3, 29))


def test_an_event_that_ends_at_midnight_utc_ends_there() -> None:
    raw = event("2027-03-10T22:00:00.0000000", "2027-03-11T00:00:00.0000000")
    taken = occurrence_of(raw, ZONE)
    assert taken is not None
    assert (taken.start, taken.end) == (at(2027, 3, 10, 23), at(2027, 3, 11, 1))


def test_each_status_is_read_for_what_it_is(site: Site) -> None:
    for hour, status in enumerate(("busy", "tentative", "oof", "workingElsewhere", "free", "unknown")):
        site.alice.add(START + hour * HOUR, show_as=status)
    found = {one.start - START: one.kind for it in site.sync().events for one in it.occurrences}
    assert found == {0: BUSY, HOUR: TENTATIVE, 2 * HOUR: AWAY, 5 * HOUR: BUSY}
    assert len(site.sync().events) == 6


def test_every_call_asks_for_lasting_ids_and_utc(site: Site) -> None:
    uid = site.alice.add_series(datetime(2027, 3, 10, 9), "FREQ=WEEKLY;COUNT=3", zone=ZONE)
    account = site.account()
    first = site.sync(account=account)
    site.alice.delete_occurrence(uid, datetime(2027, 3, 17, 9))
    site.sync(first.state, account)
    site.calendar.connect(account)
    assert len(site.microsoft.calls) >= 5
    for call in site.microsoft.calls:
        assert {'IdType="ImmutableId"', 'outlook.timezone="UTC"'} <= call.request.preferences
        assert call.status == 200


# --- series ---

RULE = "FREQ=WEEKLY;COUNT=5"
FIRST = datetime(2027, 3, 10, 9)
WEEKS = [FIRST + timedelta(weeks=it) for it in range(5)]


def times(result) -> list[int]:
    return sorted(one.start for it in result.events for one in it.occurrences)


def berlin(*walls: datetime) -> list[int]:
    return [at(it.year, it.month, it.day, it.hour) for it in walls]


def test_one_occurrence_moved_is_seen_with_all_the_others(site: Site) -> None:
    uid = site.alice.add_series(FIRST, RULE, zone=ZONE)
    first = site.sync()
    site.alice.move_occurrence(uid, WEEKS[1], at(2027, 3, 18, 15))
    result = site.sync(first.state)
    assert not result.full
    (series,) = result.events
    assert (series.recurring, series.master, series.uid) == (True, None, uid)
    assert times(result) == sorted([*berlin(WEEKS[0], *WEEKS[2:]), at(2027, 3, 18, 15)])
    assert site.sync(result.state).unchanged


def test_one_occurrence_deleted_is_seen_by_its_id_alone(site: Site) -> None:
    uid = site.alice.add_series(FIRST, RULE, zone=ZONE)
    first = site.sync()
    site.alice.delete_occurrence(uid, WEEKS[2])
    result = site.sync(first.state)
    assert (result.full, result.removed) == (False, ())
    assert times(result) == berlin(*WEEKS[:2], *WEEKS[3:])
    site.alice.delete_occurrence(uid, WEEKS[0])
    assert times(site.sync(result.state)) == berlin(WEEKS[1], *WEEKS[3:])


def test_a_whole_series_called_off_or_deleted(site: Site) -> None:
    one = site.alice.add_series(FIRST, RULE, zone=ZONE)
    other = site.alice.add_series(FIRST, RULE, zone=ZONE)
    first = site.sync()
    known = {it.uid: it.remote_id for it in first.events}
    site.alice.call_off(one)
    site.alice.delete(other)
    result = site.sync(first.state)
    assert [(it.remote_id, it.cancelled, it.occurrences) for it in result.events] == [(known[one], True, ())]
    assert set(result.removed) == {known[other]}
    assert site.sync(result.state).unchanged


def test_a_free_series_takes_no_time_and_its_busy_exception_does(site: Site) -> None:
    uid = site.alice.add_series(FIRST, RULE, zone=ZONE, show_as="free")
    site.alice.move_occurrence(uid, WEEKS[1], START)
    site.alice.event(uid).series.changed[WEEKS[1]].show_as = "oof"
    (series,) = site.sync().events
    assert [(it.start, it.kind) for it in series.occurrences] == [(START, AWAY)]


def test_a_series_whose_master_is_not_listed_is_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.alice.add_series(FIRST, RULE, zone=ZONE, show_as="tentative")
    real = site.microsoft.graph._delta

    def without_masters(asked):
        answer = real(asked)
        answer.body["value"] = [it for it in answer.body["value"] if it.get("type") != "seriesMaster"]
        return answer

    monkeypatch.setattr(site.microsoft.graph, "_delta", without_masters)
    (series,) = site.sync().events
    assert {it.kind for it in series.occurrences} == {TENTATIVE}
    assert site.microsoft.counts()["getEvent"] == 1


# --- windows, tokens, links ---


def test_an_event_moved_beyond_the_window_is_moved_and_not_deleted(site: Site) -> None:
    uid = site.alice.add(START)
    gone = site.alice.add(START + DAY)
    first = site.sync()
    known = {it.uid: it.remote_id for it in first.events}
    site.alice.move(uid, WINDOW.end + 30 * DAY)
    site.alice.delete(gone)  # still to be read in the bin
    result = site.sync(first.state)
    assert [(it.remote_id, it.master) for it in result.events] == [
        (known[uid], Span(WINDOW.end + 30 * DAY, WINDOW.end + 30 * DAY + HOUR))
    ]
    assert result.removed == (known[gone],)


def test_what_happens_outside_the_window_does_no_harm(site: Site) -> None:
    first = site.sync()
    uid = site.alice.add(WINDOW.end + 90 * DAY)
    site.alice.delete(uid)
    result = site.sync(first.state)
    assert (result.events, len(result.removed)) == ((), 1)


def test_a_window_that_has_moved_on_is_read_afresh(site: Site) -> None:
    beyond = site.alice.add(WINDOW.end + 5 * DAY)
    first = site.sync()
    assert first.events == ()
    near = Span(WINDOW.start + 10 * DAY, WINDOW.end + 10 * DAY)
    assert site.sync(first.state, window=near).unchanged
    far = Span(WINDOW.start + 15 * DAY, WINDOW.end + 15 * DAY)
    again = site.sync(first.state, window=far)
    assert again.full
    assert [it.uid for it in again.events] == [beyond]


def test_another_calendar_does_not_read_on_from_this_ones_state(site: Site) -> None:
    other = site.alice.box.add_calendar("Team")
    site.alice.add(START, calendar=other.id)
    first = site.sync()
    assert first.events == ()
    result = site.sync(first.state, site.account(calendar=other.id))
    assert (result.full, len(result.events)) == (True, 1)


@pytest.mark.parametrize("status", [400, 404, 410])
@pytest.mark.parametrize("code", ["syncStateNotFound", "SyncStateNotFound", "resyncRequired"])
def test_a_forgotten_token_lists_afresh(site: Site, status: int, code: str) -> None:
    stays, goes = site.alice.add(START), site.alice.add(START + DAY)
    first = site.sync()
    site.alice.delete(goes)
    site.microsoft.graph.forgotten = (status, code)
    site.microsoft.forget_delta(ALICE)
    result = site.sync(first.state)
    assert result.full
    assert [it.uid for it in result.events] == [stays]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/me/calendarView/delta?$deltatoken=1",
        "http://127.0.0.1:1/v1.0/me/calendarView/delta",
        "//evil.example/v1.0/x",
        "https://127.0.0.1:99999/v1.0/x",
        "https://[::1/v1.0/x",
        "/v2.0/me",
        "",
        "https://user@evil.example/v1.0/x",
        "https://user@graph.microsoft.com/v1.0/x",
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com.evil.example/v1.0/x",
    ],
)
@pytest.mark.parametrize("name", ["@odata.nextLink", "@odata.deltaLink"])
def test_a_link_to_another_host_is_not_followed(
    site: Site, monkeypatch: pytest.MonkeyPatch, link: str, name: str
) -> None:
    monkeypatch.setattr(site.microsoft.graph, "_delta", lambda _: Answer(200, {"value": [], name: link}))
    with pytest.raises(BadCalendar):
        site.sync()
    assert len(site.microsoft.calls) == 1


def test_a_state_with_a_link_to_another_host_is_not_followed(site: Site) -> None:
    state = site.sync().state.replace('"link":"', '"link":"https://evil.example')
    with pytest.raises(BadCalendar):
        site.sync(state)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"value": None, "@odata.deltaLink": "x"},
        {"value": [7]},
        {"value": []},
        {"value": [{}], "@odata.deltaLink": "/v1.0/x"},
        {"value": [{"id": "x", "type": "singleInstance"}], "@odata.deltaLink": "/v1.0/x"},
        {"value": [{"id": "x", "start": {"dateTime": "2027-03-10T09:00:00", "timeZone": "Nowhere"}}]},
        "<html>",
        '{"value": [',
    ],
)
def test_what_makes_no_sense_makes_the_calendar_unknown(
    site: Site, monkeypatch: pytest.MonkeyPatch, body: object
) -> None:
    monkeypatch.setattr(site.microsoft.graph, "_delta", lambda _: Answer(200, body))
    with pytest.raises(BadCalendar):
        site.sync()


def test_a_long_list_comes_whole(site: Site) -> None:
    site.microsoft.graph.largest_page = 7
    uids = {site.alice.add(START + number * HOUR) for number in range(40)}
    result = site.sync()
    assert {it.uid for it in result.events} == uids
    assert site.microsoft.counts()["delta"] == 6


# --- answers of guests ---


def test_what_guests_answer_is_read(site: Site) -> None:
    guests = ((BOB, "Bob"), ("eve@else.example", "Eve"))
    uid = site.alice.add(START, guests=guests)
    first = site.sync()
    assert first.events[0].responses == ((BOB, "needs_action"), ("eve@else.example", "needs_action"))
    state = first.state
    for act, answer in (("tentatively_accept", "tentative"), ("accept", "accepted")):
        getattr(site.bob, act)(uid)
        result = site.sync(state)
        assert result.events[0].responses[0] == (BOB, answer)
        assert result.events[0].master == SPAN
        state = result.state
    site.bob.propose(uid, START + 2 * HOUR, START + 3 * HOUR)
    result = site.sync(state)
    assert result.events[0].responses[:2] == (
        (BOB, "tentative"),
        (BOB, "proposed 2027-03-10T10:00:00Z/2027-03-10T11:00:00Z"),
    )
    site.bob.decline(uid)
    assert site.sync(result.state).events[0].responses[0] == (BOB, "declined")
    assert site.sync(account=site.account(address=BOB)).events == ()


def test_a_guests_copy_is_tentative_until_they_answer(site: Site) -> None:
    uid = site.alice.add(START, guests=((BOB, "Bob"),))
    bobs = site.account(address=BOB)
    first = site.sync(account=bobs)
    assert [(it.uid, [one.kind for one in it.occurrences]) for it in first.events] == [(uid, [TENTATIVE])]
    site.bob.accept(uid)
    second = site.sync(first.state, bobs)
    assert [one.kind for it in second.events for one in it.occurrences] == [BUSY]
    site.alice.delete(uid)
    third = site.sync(second.state, bobs)
    assert [(it.cancelled, it.occurrences) for it in third.events] == [(True, ())]


# --- accounts that gave free/busy alone ---


def test_a_work_account_with_free_busy_alone(site: Site) -> None:
    site.alice.add(START, subject="A secret")
    site.alice.add(START + HOUR, show_as="tentative")
    site.alice.add(START + 2 * HOUR, show_as="free")
    site.alice.add(WINDOW.end - 2 * HOUR, show_as="oof")
    account = site.account("Calendars.ReadBasic", access="free_busy", writes="no")
    (found,) = site.calendar.connect(account)
    assert (found.writable, found.primary, found.server_invites) == (False, False, False)
    result = site.sync(account=replace(account, settings=found.settings))
    (event,) = result.events
    assert [(it.start, it.kind) for it in event.occurrences] == [
        (START, BUSY),
        (START + HOUR, TENTATIVE),
        (WINDOW.end - 2 * HOUR, AWAY),
    ]
    assert (event.master, event.uid, result.full) == (None, None, True)
    assert "secret" not in repr(result)
    assert site.sync(result.state, account).unchanged
    site.alice.add(START + 5 * HOUR)
    assert len(site.sync(result.state, account).events[0].occurrences) == 4
    assert site.microsoft.counts()["getSchedule"] == 1 + 3 * 8  # 440 days, less than 62 at a time
    assert set(site.microsoft.counts()) == {"getSchedule"}


def test_a_personal_account_with_free_busy_alone(site: Site) -> None:
    site.microsoft.add_account("carol@outlook.example", "Carol", personal=True)
    carol = site.microsoft.outlook("carol@outlook.example")
    for number in range(300):
        carol.add(START + number * HOUR)
    carol.add_series(FIRST, "FREQ=DAILY;COUNT=3", zone=ZONE, show_as="oof")
    carol.add_days(date(2027, 5, 1), date(2027, 5, 2))
    account = site.account(
        "Calendars.ReadBasic", address="carol@outlook.example", kind="personal", access="free_busy", writes="no"
    )
    (found,) = site.calendar.connect(account)
    assert not found.writable
    result = site.sync(account=replace(account, settings=found.settings))
    kinds = [it.kind for it in result.events[0].occurrences]
    assert (kinds.count(BUSY), kinds.count(AWAY)) == (301, 3)
    assert site.sync(result.state, account).unchanged


@pytest.mark.parametrize(
    "answer",
    [
        {"scheduleId": "x", "error": {"message": "?", "responseCode": "ErrorMailRecipientNotFound"}},
        {"scheduleId": "x", "availabilityView": "", "scheduleItems": [], "error": {"message": "?"}},
        {"scheduleId": "x"},
        {"scheduleId": "x", "scheduleItems": None, "availabilityView": None},
        {"scheduleId": "x", "scheduleItems": [7]},
        {"scheduleId": "x", "scheduleItems": [{"status": "busy"}]},
        7,
        None,
    ],
)
def test_an_error_inside_a_success_is_unknown_and_never_free(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    account = site.account("Calendars.ReadBasic", access="free_busy")
    value = [answer] if answer is not None else []
    monkeypatch.setattr(site.microsoft.graph, "_getSchedule", lambda _: Answer(200, {"value": value}))
    with pytest.raises(BadCalendar):
        site.sync(account=account)


def test_a_mailbox_nobody_knows_is_unknown(site: Site) -> None:
    stranger = {"access": "free_busy", "address": "x@nowhere.example"}
    with pytest.raises(BadCalendar):
        site.calendar.connect(replace(site.account("Calendars.ReadBasic"), settings=stranger))


def test_times_without_details_are_read_from_the_view(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    account = site.account("Calendars.ReadBasic", access="free_busy")
    day = Span(NOW, NOW + DAY)
    view = "0" * 36 + "2" * 4 + "1" + "3" * 2 + "4" + "9" + "0" * 51
    body = {"value": [{"scheduleId": ALICE, "availabilityView": view, "scheduleItems": []}]}
    monkeypatch.setattr(site.microsoft.graph, "_getSchedule", lambda _: Answer(200, body))
    (event,) = site.sync(account=account, window=day).events
    nine = NOW + 9 * HOUR
    quarter = HOUR // 4
    kinds = {it.start - nine: it.kind for it in event.occurrences}
    assert kinds == {
        **{number * quarter: BUSY for number in range(4)},
        HOUR: TENTATIVE,
        5 * quarter: AWAY,
        6 * quarter: AWAY,
        8 * quarter: BUSY,  # a digit nobody knows
    }


# --- connecting ---


def test_every_calendar_of_ones_own_counts_and_others_do_not(site: Site) -> None:
    site.alice.box.add_calendar("Family")
    site.alice.box.add_calendar("Holidays", can_edit=False)
    site.alice.box.add_calendar("Bob", owner=(BOB, "Bob"))
    found = site.calendar.connect(site.account())
    assert [(it.name, it.writable, it.primary) for it in found] == [
        ("Calendar", True, True),
        ("Family", True, False),
        ("Holidays", False, False),
    ]
    assert [bool(it.settings.get("calendar")) for it in found] == [False, True, True]


@pytest.mark.parametrize(
    "body",
    [{}, {"value": []}, {"value": [{}]}, {"value": "x"}, [], "<html>"],
)
def test_an_account_without_a_calendar_is_none(site: Site, monkeypatch: pytest.MonkeyPatch, body: object) -> None:
    monkeypatch.setattr(site.microsoft.graph, "_calendars", lambda _: Answer(200, body))
    with pytest.raises(BadCalendar):
        site.calendar.connect(site.account())


def test_a_mailbox_that_no_program_may_read_says_so(site: Site) -> None:
    site.alice.box.enabled = False
    with pytest.raises(Unsupported):
        site.calendar.connect(site.account())


def test_tokens_that_run_out_and_scopes_that_do_not_reach(site: Site) -> None:
    account = site.account()
    with pytest.raises(Unauthorized):
        site.sync(account=replace(account, secret={}))
    with pytest.raises(Unauthorized):
        site.sync(account=replace(account, secret={"access_token": "made up"}))
    site.clock.advance(600 * DAY)
    with pytest.raises(Unauthorized) as trouble:
        site.sync(account=account)
    assert account.secret["access_token"] not in trouble.value.detail
    with pytest.raises(Refused):
        site.sync(account=site.account("MailboxSettings.Read"))


# --- four at a time ---


def test_no_more_than_four_requests_are_under_way(site: Site) -> None:
    account = site.account()
    results: list[object] = []

    def read() -> None:
        try:
            results.append(site.sync(account=account).full)
        except Throttled as trouble:
            results.append(trouble)

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [True] * 12
    assert 429 not in {it.status for it in site.microsoft.calls}


def test_waiting_for_a_turn_has_an_end(site: Site) -> None:
    graph = Graph(site.client, site.microsoft.url, clock=site.clock, patience=0.2)
    for _ in range(AT_ONCE):
        graph.turns.acquire()
    with pytest.raises(Throttled):
        graph.mailbox(site.account(), budget=5).get("/me/calendars")
    assert site.microsoft.calls == []


def test_the_emulator_itself_throttles_the_fifth(site: Site) -> None:
    graph = Graph(site.client, site.microsoft.url, clock=site.clock)
    graph.turns = threading.BoundedSemaphore(9)
    account = site.account()
    site.microsoft._busy[ALICE] = 4
    with pytest.raises(Throttled) as trouble:
        graph.mailbox(account, budget=5).get("/me/calendars")
    assert trouble.value.retry_after == 1


def test_a_task_has_an_end_however_many_requests_it_takes(site: Site) -> None:
    passed = [0.0]
    graph = Graph(site.client, site.microsoft.url, clock=site.clock, timer=lambda: passed[0])
    mailbox = graph.mailbox(site.account(), budget=10)
    for _ in range(4):
        mailbox.get("/me/calendars")
        passed[0] += 3
    with pytest.raises(Unreachable, match="too long"):
        mailbox.get("/me/calendars")


@pytest.mark.parametrize("host", ["https://graph.microsoft.com", "https://localhost:{port}"])
def test_a_link_by_another_name_of_the_same_place_is_asked_of_the_place_that_is_set(
    site: Site, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    site.alice.add(START)
    real, port = site.microsoft.graph._delta, urlsplit(site.microsoft.url).port

    def renamed(asked: Any) -> Answer:
        answer = real(asked)
        for name in ("@odata.nextLink", "@odata.deltaLink"):
            if name in answer.body:
                answer.body[name] = answer.body[name].replace(site.microsoft.url, host.format(port=port))
        return answer

    monkeypatch.setattr(site.microsoft.graph, "_delta", renamed)
    first = site.sync()
    assert len(first.events) == 1
    site.alice.add(START + 7200)
    assert len(site.sync(first.state).events) == 1
