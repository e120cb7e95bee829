"""Busy times without events: chunks, batches, and calendars that are unknown, never free."""

from __future__ import annotations

from typing import Any

import pytest
from google_site import ALICE, BOB, LATER, MEETING, NOW, WINDOW, ZONE, Site, with_settings

from integrations.google import free_busy
from service.domain.busy import BusyKind
from service.domain.errors import Gone, ProviderTrouble, Throttled, Unreachable, Unsupported
from service.domain.timespan import DAY, HOUR, Span
from tests.emulators.google.emulator import EVENTS, FREE_BUSY, LISTING


def test_an_account_that_shows_no_more_is_read_all_the_same(site: Site) -> None:
    site.alice.add(MEETING, title="Secret plans")
    site.alice.add(LATER, rule=("RRULE:FREQ=WEEKLY;COUNT=3",))
    site.alice.add(LATER, transparency="transparent")
    result = site.sync(site.account(FREE_BUSY))
    (event,) = result.events
    assert result.full
    assert (event.uid, event.etag, event.master, event.known_until) == (None, None, None, WINDOW.end)
    assert [one.kind for one in event.occurrences] == [BusyKind.BUSY] * 4
    assert event.occurrences[0].start == MEETING.start
    assert {request.method for request in site.google.requests} == {"calendar.freebusy.query"}


def test_nothing_new_is_unchanged_and_a_window_that_moved_on_is_not(site: Site) -> None:
    account = site.account(FREE_BUSY)
    site.alice.add(MEETING)
    first = site.sync(account)
    again = site.sync(account, first.state)
    assert (again.unchanged, again.events, again.state) == (True, (), first.state)
    assert site.adapter.sync(account, first.state, Span(WINDOW.start + DAY, WINDOW.end + DAY)).full
    site.alice.add(LATER.moved_to(LATER.start + DAY))
    assert len(site.sync(account, first.state).events[0].occurrences) == 2


def test_no_query_is_longer_than_sixty_days_and_none_is_left_out(site: Site) -> None:
    site.google.free_busy.longest_days = 60
    edge = Span(WINDOW.start + 60 * DAY - HOUR, WINDOW.start + 60 * DAY + HOUR)
    site.alice.add(edge)
    site.alice.add(Span(WINDOW.end - HOUR, WINDOW.end + HOUR))
    (event,) = site.sync(site.account(FREE_BUSY)).events
    assert [(one.start, one.end) for one in event.occurrences] == [
        (edge.start, edge.end),  # cut by the edge between two queries, and whole again
        (WINDOW.end - HOUR, WINDOW.end),
    ]
    assert len(site.google.requests) == 8


def test_a_window_that_google_finds_too_long_is_halved(site: Site) -> None:
    site.google.free_busy.longest_days = 20
    site.alice.add(MEETING)
    site.alice.add(Span(NOW + 300 * DAY, NOW + 300 * DAY + HOUR))
    (event,) = site.sync(site.account(FREE_BUSY)).events
    assert len(event.occurrences) == 2
    site.google.free_busy.longest_days = 0.5
    with pytest.raises(ProviderTrouble):
        site.sync(site.account(FREE_BUSY))


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("notFound", Gone),
        ("internalError", Unreachable),
        ("quotaExceeded", Throttled),
        ("groupTooBig", ProviderTrouble),
    ],
)
def test_an_error_inside_an_answer_that_is_well_is_unknown_not_free(
    site: Site, reason: str, error: type[ProviderTrouble]
) -> None:
    site.google.free_busy.errors["primary"] = reason
    with pytest.raises(error) as trouble:
        site.sync(site.account(FREE_BUSY))
    assert reason in trouble.value.detail


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"calendars": {}},
        {"calendars": []},
        {"calendars": {"primary": {}}},
        {"calendars": {"primary": {"busy": {}}}},
        {"calendars": {"primary": {"busy": [{}]}}},
        {"calendars": {"primary": {"busy": ["x"]}}},
        {"calendars": {"primary": {"busy": [{"start": "soon", "end": "later"}]}}},
        {"calendars": {"primary": {"busy": [{"start": "2027-03-10T10:00:00Z", "end": "2027-03-10T09:00:00Z"}]}}},
        {"calendars": {"primary": {"busy": [], "errors": ["?"]}}},
    ],
)
def test_an_answer_that_does_not_say_is_not_free(site: Site, answer: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.google.free_busy, "query", lambda *_: answer)
    with pytest.raises(ProviderTrouble):
        site.sync(site.account(FREE_BUSY))


def test_many_calendars_go_fifty_at_a_time_and_fail_alone(site: Site) -> None:
    ids = [f"room-{n}@example.com" for n in range(120)]
    for id_ in ids:
        site.google.add_calendar(id_, owner=ALICE, zone=ZONE)
    site.google.free_busy.errors[ids[70]] = "internalError"
    session = site.api.session(site.account(FREE_BUSY), budget=30)
    found = free_busy.busy(session, ids, Span(NOW, NOW + 61 * DAY))
    assert [len(request.body["items"]) for request in site.google.requests] == [50, 50, 50, 50, 20, 20]
    assert isinstance(found[ids[70]], Unreachable)
    assert sum(answer == [] for answer in found.values()) == 119


# --- connecting ---


def test_connecting_says_what_may_be_done(site: Site) -> None:
    (events,) = site.adapter.connect(site.account())
    assert (events.primary, events.writable, events.server_invites) == (True, True, True)
    assert events.settings == {
        "account": ALICE,
        "calendar": "primary",
        "access": "events",
        "role": "owner",
        "counts": "yes",
    }
    (shown,) = site.adapter.connect(site.account(FREE_BUSY))
    assert (shown.primary, shown.writable, shown.server_invites) == (True, False, False)
    assert shown.settings["access"] == "free_busy"
    with pytest.raises(Unsupported):
        site.adapter.connect(site.account(("openid",)))


def test_the_other_calendars_where_listing_was_granted(site: Site) -> None:
    site.google.person(BOB)
    site.google.add_calendar("club@example.com", owner=ALICE, zone=ZONE, summary="Club")
    site.google.add_calendar("de.german#holiday@group.v.calendar.google.com", owner=ALICE)
    site.google.share(BOB, ALICE, "reader")
    site.google.lister.page_size = 2
    account = site.account((*EVENTS, LISTING))
    found = {one.name: one for one in site.adapter.connect(account)}
    assert next(iter(found)) == ALICE
    assert set(found) == {ALICE, "Club", BOB}
    assert [one.primary for one in found.values()].count(True) == 1
    assert (found["Club"].writable, found["Club"].settings["access"]) == (True, "events")
    # Somebody else's calendar may be looked at, and is not one's own time.
    assert (found[BOB].writable, found[BOB].settings["access"], found[BOB].settings["counts"]) == (
        False,
        "free_busy",
        "no",
    )
    site.google.world.boxes[BOB].zone = ZONE
    site.google.person(BOB).add(MEETING)
    for one in found.values():
        result = site.sync(with_settings(account, **one.settings))
        assert bool(result.events) == (one.name == BOB)


def test_connecting_with_a_free_busy_error_is_refused_with_the_reason(site: Site) -> None:
    site.google.free_busy.errors["primary"] = "internalError"
    with pytest.raises(Unreachable):
        site.adapter.connect(site.account(FREE_BUSY))


def test_a_calendar_that_comes_back_under_its_own_name_is_the_one_that_was_asked_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.alice.add(MEETING)
    real = site.google.methods.free_busy.query

    def renamed(account: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = real(account, body)
        (entry,) = answer["calendars"].values()
        return {**answer, "calendars": {ALICE: entry}}

    monkeypatch.setattr(site.google.methods.free_busy, "query", renamed)
    (event,) = site.sync(site.account(FREE_BUSY)).events
    assert [one.start for one in event.occurrences] == [MEETING.start]
