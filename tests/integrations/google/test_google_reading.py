"""Reading: full and incremental, series, tombstones, 410, and how each kind of event takes time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from google_site import ALICE, BOB, LATER, MEETING, WINDOW, ZONE, Site

from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar, Gone, Unauthorized, Unreachable, Unsupported
from service.domain.timespan import DAY, HOUR, WEEK, Span
from service.ports.calendar import RemoteEvent, SyncResult
from tests.emulators.google import times


def busy(result: SyncResult) -> list[tuple[int, int, BusyKind]]:
    return sorted((o.start, o.end, o.kind) for event in result.events for o in event.occurrences)


def only(result: SyncResult) -> RemoteEvent:
    (event,) = result.events
    return event


# --- what is asked ---


def test_titles_are_not_even_asked_for(site: Site) -> None:
    site.alice.add(MEETING, title="Secret plans", description="Very", location="Here")
    result = site.sync(site.account())
    (request,) = site.google.asked("calendar.events.list")
    assert not {"summary", "description", "location", "htmlLink"} & set(
        request.query["fields"].replace("(", ",").split(",")
    )
    assert "Secret" not in repr(result)


def test_the_same_parameters_with_the_token_and_none_that_excludes_it(site: Site) -> None:
    account = site.account()
    first = site.sync(account)
    site.alice.add(MEETING)
    assert not site.sync(account, first.state).full
    one, two = (request.query for request in site.google.asked("calendar.events.list"))
    assert set(one) - set(two) == {"timeMin"}
    assert set(two) - set(one) == {"syncToken"}
    assert all(one[name] == two[name] for name in set(one) & set(two))


def test_page_after_page_and_the_token_of_the_last(site: Site) -> None:
    account = site.account()
    site.google.lister.page_size = 3
    for day in range(10):
        site.alice.add(MEETING.moved_to(MEETING.start + day * DAY))
    first = site.sync(account)
    assert len(first.events) == 10
    assert len(site.google.asked("calendar.events.list")) == 4
    for day in range(7):
        site.alice.add(MEETING.moved_to(MEETING.start + (20 + day) * DAY))
    second = site.sync(account, first.state)
    assert (len(second.events), second.full) == (7, False)
    assert site.sync(account, second.state).unchanged


# --- 410 ---


def test_a_token_too_old_lists_afresh_so_that_a_move_in_between_is_seen(site: Site) -> None:
    account = site.account()
    event = site.alice.add(MEETING)
    gone = site.alice.add(LATER)
    state = site.sync(account).state
    site.alice.move(event, LATER)
    site.alice.delete(gone)
    site.google.expire_sync_tokens()
    result = site.sync(account, state)
    assert result.full
    assert [(one.remote_id, one.master) for one in result.events] == [(event, LATER)]
    assert not site.sync(account, result.state).full


def test_a_state_of_another_version_or_kind_is_begun_afresh(site: Site) -> None:
    account = site.account()
    token = json.loads(site.sync(account).state)["token"]
    for state in (json.dumps({"v": 0, "token": token}), json.dumps({"v": 1, "token": 5}), "free-busy:abc", "nonsense"):
        assert site.sync(account, state).full


# --- moves, deletions, answers ---


def test_a_deletion_comes_as_no_more_than_an_id(site: Site) -> None:
    account = site.account()
    event = site.alice.add(MEETING)
    state = site.sync(account).state
    site.alice.delete(event)
    result = site.sync(account, state)
    assert (result.removed, result.events, result.full) == ((event,), (), False)


def test_a_new_title_is_a_change_without_a_move(site: Site) -> None:
    account = site.account()
    event = site.alice.add(MEETING)
    state = site.sync(account).state
    site.alice.retitle(event, "Something else")
    assert only(site.sync(account, state)).master == MEETING


def test_a_change_of_the_zone_alone_is_no_move(site: Site) -> None:
    account = site.account()
    event = site.alice.add(MEETING)
    state = site.sync(account).state
    site.alice.change(event, start=times.when(MEETING.start, "Asia/Tokyo"), end=times.when(MEETING.end, "Asia/Tokyo"))
    assert only(site.sync(account, state)).master == MEETING


def test_who_answered_what(site: Site) -> None:
    bob = site.google.person(BOB)
    account = site.account()
    event = site.alice.add(MEETING, guests=(BOB, "carol@example.org"))
    assert dict(only(site.sync(account)).responses) == {BOB: "needs_action", "carol@example.org": "needs_action"}
    bob.accept(event)
    assert dict(only(site.sync(account)).responses)[BOB] == "accepted"
    bob.delete(event)
    assert dict(only(site.sync(account)).responses)[BOB] == "declined"


def test_nobody_is_said_to_have_changed_it(site: Site) -> None:
    site.alice.move(site.alice.add(MEETING, guests=(BOB,)), LATER)
    assert only(site.sync(site.account())).changed_by is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("accept", BusyKind.BUSY), ("perhaps", BusyKind.TENTATIVE), (None, BusyKind.TENTATIVE), ("decline", None)],
)
def test_what_others_invite_one_to(site: Site, answer: str | None, kind: BusyKind | None) -> None:
    bob = site.google.person(BOB)
    event = bob.add(MEETING, guests=(ALICE,))
    if answer:
        getattr(site.alice, answer)(event)
    assert busy(site.sync(site.account())) == ([(MEETING.start, MEETING.end, kind)] if kind else [])


def test_who_calls_a_meeting_has_it_whatever_their_own_line_says(site: Site) -> None:
    site.alice.add(MEETING, guests=(ALICE, BOB))
    result = site.sync(site.account())
    assert dict(only(result).responses)[ALICE] == "needs_action"
    assert busy(result) == [(MEETING.start, MEETING.end, BusyKind.BUSY)]


def test_a_tombstone_without_its_series_is_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    left = {
        "id": "theirs_20270310T080000Z",
        "status": "cancelled",
        "recurringEventId": "theirs",
        "originalStartTime": times.when(MEETING.start, ZONE),
    }
    monkeypatch.setattr(site.google.lister, "_all", lambda *_: [left])
    assert site.sync(site.account()).events == ()


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, BusyKind.BUSY),
        ({"status": "tentative"}, BusyKind.TENTATIVE),
        ({"transparency": "transparent"}, None),
        ({"eventType": "outOfOffice"}, BusyKind.OUT_OF_OFFICE),
        ({"eventType": "focusTime"}, BusyKind.BUSY),
        ({"eventType": "fromGmail"}, BusyKind.BUSY),
        ({"eventType": "workingLocation"}, None),
        ({"eventType": "birthday"}, None),
        ({"eventType": "somethingNew"}, BusyKind.BUSY),  # what nobody knows takes time
    ],
)
def test_each_type_of_event(site: Site, fields: dict[str, str], kind: BusyKind | None) -> None:
    site.alice.add(MEETING, **fields)
    weekly = site.alice.add(LATER, rule=("RRULE:FREQ=WEEKLY;COUNT=2",), **fields)
    found = busy(site.sync(site.account()))
    spans = [MEETING, LATER, LATER.moved_to(LATER.start + WEEK)]
    assert found == ([(one.start, one.end, kind) for one in spans] if kind else [])
    assert weekly


def test_all_day_events_follow_the_calendars_clock(site: Site) -> None:
    site.alice.box.zone = "America/New_York"
    site.alice.add(MEETING, start={"date": "2027-03-14"}, end={"date": "2027-03-15"})  # 23 hours there
    assert only(site.sync(site.account())).master == Span(1_805_000_400, 1_805_083_200)


def test_a_calendar_without_a_zone_is_on_its_owners_clock(site: Site) -> None:
    site.alice.box.zone = "Mars/Olympus"
    result = site.adapter.sync(replace(site.account(), zone=ZONE), None, WINDOW)
    assert result.full


def test_an_instant_is_sure_whatever_its_zone_is_called(site: Site) -> None:
    made_up = {"timeZone": "Mars/Olympus"}
    site.alice.put_raw({
        "id": "odd",
        "iCalUID": "odd",
        "start": {"dateTime": "2027-03-10T09:00:00+01:00", **made_up},
        "end": {"dateTime": "2027-03-10T10:00:00+01:00", **made_up},
    })  # fmt: skip
    assert only(site.sync(site.account())).master == MEETING


def test_an_event_beyond_the_horizon_is_busy_when_the_horizon_has_come_that_far(site: Site) -> None:
    """Nothing reads it again by then: it has not changed."""
    account = site.account()
    state = site.sync(account).state
    far = Span(WINDOW.end + DAY, WINDOW.end + DAY + HOUR)
    site.alice.add(far)
    assert busy(site.sync(account, state)) == [(far.start, far.end, BusyKind.BUSY)]


def test_a_calendar_that_moves_to_another_zone_takes_its_days_along(site: Site) -> None:
    account = site.account()
    site.alice.add(MEETING, start={"date": "2027-03-10"}, end={"date": "2027-03-11"})
    first = site.sync(account)
    site.alice.box.zone = "America/New_York"
    second = site.sync(account, first.state)
    assert second.full
    assert only(second).occurrences[0].start - only(first).occurrences[0].start == 6 * HOUR
    assert site.sync(account, second.state).unchanged


# --- series ---


def weekly(site: Site, count: int = 6) -> str:
    return site.alice.add(MEETING, rule=(f"RRULE:FREQ=WEEKLY;COUNT={count}",))


def at(week: int, hours: int = 0) -> int:
    # Berlin's clocks go forward on 28 March: from the third week on, the same wall clock is an hour earlier.
    return MEETING.start + week * WEEK + hours * HOUR - (HOUR if week >= 3 else 0)


def test_a_series_is_one_event_with_its_exceptions(site: Site) -> None:
    event = weekly(site)
    site.alice.move(site.alice.instance(event, at(1)), Span(at(1, 5), at(1, 6)))
    site.alice.delete(site.alice.instance(event, at(3)))
    result = site.sync(site.account())
    found = only(result)
    assert (found.remote_id, found.recurring, found.master) == (event, True, MEETING)
    assert [one.start for one in found.occurrences] == sorted([at(0), at(1, 5), at(2), at(4), at(5)])
    assert site.adapter.expand(found.skeleton or "", site.account(), WINDOW) == found.occurrences


@pytest.mark.parametrize("change", ["move", "delete", "retitle", "delete_series", "new_rule"])
def test_touching_a_series_brings_the_whole_truth(site: Site, change: str) -> None:
    account = site.account()
    event = weekly(site)
    single = site.alice.add(LATER)
    site.alice.delete(site.alice.instance(event, at(4)))
    state = site.sync(account).state
    second = site.alice.instance(event, at(1))
    expected = [at(0), at(1), at(2), at(3), at(5)]
    if change == "move":
        site.alice.move(second, Span(at(1, 5), at(1, 6)))
        expected[1] = at(1, 5)
    elif change == "delete":
        site.alice.delete(second)
        expected.remove(at(1))
    elif change == "retitle":
        site.alice.retitle(second, "Only this one")
    elif change == "delete_series":
        site.alice.delete(event)
        expected = []
    else:
        site.alice.change(event, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
        expected = [at(0), at(1)]
    result = site.sync(account, state)
    if change == "delete_series":
        assert event in result.removed
        assert not result.full  # nothing to put together, so nothing to read again
        return
    assert result.full
    series = next(one for one in result.events if one.remote_id == event)
    assert [one.start for one in series.occurrences] == sorted(expected)
    assert {one.remote_id for one in result.events} == {event, single}


def test_our_meeting_turned_into_a_series_is_recognised(site: Site) -> None:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    state = site.sync(account).state
    site.alice.change(written.remote_id, recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    found = only(site.sync(account, state))
    assert (found.remote_id, found.uid, found.recurring, len(found.occurrences)) == (
        written.remote_id,
        written.uid,
        True,
        3,
    )


def test_one_instance_of_somebody_elses_series(site: Site) -> None:
    original = times.when(MEETING.start, ZONE)
    site.alice.put_raw({
        "id": "theirs_20270310T080000Z",
        "iCalUID": "theirs@google.com",
        "recurringEventId": "theirs",
        "originalStartTime": original,
        "start": original,
        "end": times.when(MEETING.end, ZONE),
    })  # fmt: skip
    found = only(site.sync(site.account()))
    assert (found.remote_id, found.recurring, found.master) == ("theirs_20270310T080000Z", True, None)
    assert [one.start for one in found.occurrences] == [MEETING.start]


@pytest.mark.parametrize(
    "rule",
    [
        ("RRULE:FREQ=DAILY;COUNT=40",),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20270501T220000Z",),
        ("RRULE:FREQ=MONTHLY;BYDAY=2TU",),
        ("RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20270317T090000", "RDATE:20270320T080000Z"),
        ("RRULE:FREQ=YEARLY",),
    ],
)
@pytest.mark.parametrize("all_day", [False, True])
def test_our_expansion_and_googles_agree(site: Site, rule: tuple[str, ...], all_day: bool) -> None:
    """The emulator expands by other means than the adapter (dateutil on wall clocks)."""
    more = {"start": {"date": "2027-03-10"}, "end": {"date": "2027-03-12"}} if all_day else {}
    if all_day and len(rule) > 1:
        rule = (rule[0], "EXDATE;VALUE=DATE:20270317")
    if all_day:
        rule = tuple(line.replace("UNTIL=20270501T220000Z", "UNTIL=20270501") for line in rule)
    event = site.alice.add(MEETING, rule=rule, **more)
    ours = only(site.sync(site.account())).occurrences
    box = site.alice.box
    theirs = [
        times.span(one, box.zone) for one in site.google.world.instances(box, site.alice.event(event), WINDOW.end)
    ]
    assert [(one.start, one.end) for one in ours] == sorted(theirs)
    assert len(ours) >= 2


def test_an_all_day_series_with_a_timed_exception(site: Site) -> None:
    days = {"start": {"date": "2027-03-10"}, "end": {"date": "2027-03-11"}}
    event = site.alice.add(MEETING, rule=("RRULE:FREQ=DAILY;COUNT=3",), **days)
    site.alice.change(
        f"{event}_20270311", start=times.when(MEETING.start + DAY, ZONE), end=times.when(MEETING.end + DAY, ZONE)
    )
    found = only(site.sync(site.account()))
    assert [(one.end - one.start) // HOUR for one in found.occurrences] == [24, 1, 24]


# --- what cannot be read ---


@pytest.mark.parametrize(
    "broken",
    [
        {"start": {}},
        {"start": {"dateTime": "tomorrow"}},
        {"start": {"date": "2027-02-30"}},
        {"start": {"dateTime": "2027-03-10T09:00:00", "timeZone": "Mars/Olympus"}},
        {
            "recurrence": ["RRULE:FREQ=DAILY"],
            "start": {"dateTime": "2027-03-10T09:00:00+01:00", "timeZone": "Mars/Olympus"},
        },
        {"end": {"dateTime": "2027-03-09T09:00:00+01:00"}},
        {"recurrence": ["RRULE:FREQ=SOMETIMES"]},
        {"recurrence": ["SUMMARY:not a rule"]},
        {"recurrence": ["RRULE:FREQ=DAILY\nDTSTART:20270101"]},
    ],
)
def test_what_cannot_be_read_makes_the_calendar_unknown(
    site: Site, broken: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = site.alice.add(MEETING)
    held = site.alice.box.events[event].data
    monkeypatch.setattr(site.google.lister, "_all", lambda *_: [{**held, **broken}])
    with pytest.raises(BadCalendar):
        site.sync(site.account())


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": ["x"]}, {"kind": "calendar#events", "items": {}}])
def test_an_answer_without_a_list_is_not_an_empty_calendar(
    site: Site, answer: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.google.lister, "list", lambda *_: answer)
    with pytest.raises(Unreachable):
        site.sync(site.account())


def test_an_event_without_an_id_is_not_left_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.google.lister, "_all", lambda *_: [{"status": "confirmed"}])
    with pytest.raises(BadCalendar):
        site.sync(site.account())


def test_pages_without_end_are_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.google.lister, "list", lambda *_: {"items": [], "nextPageToken": "again"})
    with pytest.raises(Unreachable):
        site.sync(site.account())
    assert len(site.google.requests) == 2


def test_a_foreign_skeleton_is_not_expanded(site: Site) -> None:
    for text in ("", "[]", "BEGIN:VCALENDAR"):
        with pytest.raises(Unsupported):
            site.adapter.expand(text, site.account(), WINDOW)


# --- tokens ---


def test_an_access_token_that_ran_out_asks_to_be_renewed(site: Site) -> None:
    account = site.account()
    state = site.sync(account).state
    site.google.oauth.expire()
    for again in (None, state):
        with pytest.raises(Unauthorized):
            site.sync(account, again)
    renewed = replace(account, secret=site.sign_in.refresh(account.secret))
    assert site.sync(renewed, state).unchanged


def test_a_calendar_that_is_no_longer_shown_is_gone(site: Site) -> None:
    with pytest.raises(Gone):
        site.sync(site.account(calendar="nobody@example.org"))
