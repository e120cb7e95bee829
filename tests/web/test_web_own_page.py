"""A person's own page: what it shows, and what its forms do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, epoch, local
from service.store import meetings, people
from service.web import clocks, words
from service.web.kinds import kind_for
from service.web.own_pages import LATEST_LINES, SHOWN_LINES
from tests.web.web_hand import Page, Web, pairing, web


@pytest.fixture
def at(tmp_path: Path) -> Web:
    return web(tmp_path)


def _moves(at: Web, meeting_id: str) -> list[object]:
    with at.house.reading() as session:
        return list(meetings.changes(session, [meeting_id])[meeting_id])


def test_slots_are_shown_on_both_clocks_with_their_chance_and_reasons(at: Web) -> None:
    p = pairing(at.at)
    _, slots = at.at.slots(p.pair, responder=Seat.MENTOR)
    page = at.me(p.dana)
    assert "It is your turn to choose" in page.text
    for slot in slots:
        assert clocks.day(slot.start, "America/New_York") in page.text
        assert clocks.span(slot.start, slot.end, "America/New_York") in page.text
        there = clocks.there(slot.start, slot.end, "Europe/Berlin", "America/New_York")
        assert f"{there} for Jonas in Berlin" in page.text
        assert f"holds {words.times_in_ten(slot.hold_probability)}" in page.text
        assert f"between {words.percent(slot.low)} and {words.percent(slot.high)}" in page.text
        for reason in slot.reasons:
            assert words.reason(reason["text"], "mentor", "Jonas") in page.text
    other = at.me(p.jonas)
    assert "Dana was asked to choose; you may as well" in other.text
    assert clocks.span(slots[0].start, slots[0].end, "Europe/Berlin") in other.text


def test_choosing_a_slot_books_it_and_says_so(at: Web) -> None:
    p = pairing(at.at)
    at.at.slots(p.pair, responder=Seat.MENTOR)
    done = at.press(at.me(p.dana).form("/accept"))
    assert done.status == 200
    assert "It is booked" in done.text
    assert "Your next meeting" in done.text
    assert "It stands in your calendar" in done.text
    assert len(at.meetings(p.pair)) == 1
    assert "Your invitation was sent" in at.me(p.jonas).text


def test_the_same_form_sent_twice_books_once_and_both_see_it_booked(at: Web) -> None:
    p = pairing(at.at)
    at.at.slots(p.pair)
    form = at.me(p.jonas).form("/accept")
    first, second = at.press(form), at.press(form)
    assert (first.status, second.status) == (200, 200)
    assert "It is booked" in second.text
    assert len(at.meetings(p.pair)) == 1
    assert at.ledger(p.pair).count("meeting.booked") == 1


def test_a_form_of_an_older_page_cannot_book_a_second_time(at: Web) -> None:
    p = pairing(at.at)
    at.at.slots(p.pair)
    older = at.me(p.jonas).form("/accept")
    at.press(at.me(p.dana).form("/accept"))
    late = at.press(older)
    assert late.status == 409
    assert 'role="alert"' in late.html
    assert len(at.meetings(p.pair)) == 1


def test_a_slot_that_was_taken_is_shown_as_gone_and_cannot_be_booked(at: Web) -> None:
    p = pairing(at.at)
    _, slots = at.at.slots(p.pair)
    form = at.me(p.dana).form("/accept")
    assert form.fields["slot_id"] == slots[0].id
    at.at.event(p.jonas_calendar, slots[0].start, 0.5)
    page = at.press(form)
    assert page.status == 409
    assert "no longer free at that time" in page.text
    assert "No longer free" in page.text
    assert slots[0].id not in {f.fields.get("slot_id") for f in page.forms}
    assert slots[1].id in {f.fields.get("slot_id") for f in page.forms}
    assert not at.meetings(p.pair)


def test_an_unknown_calendar_is_shown_and_nothing_is_called_free(at: Web) -> None:
    p = pairing(at.at)
    at.at.slots(p.pair)
    at.break_calendar(p.jonas_calendar, "The password of the secret server was refused.")
    page = at.me(p.dana)
    assert "Jonas’s calendar is unknown at the moment" in page.text
    assert "secret server" not in page.html
    assert "Cannot be checked now" in page.text
    assert not page.has_form("/accept")
    own = at.me(p.jonas)
    assert "One of your calendars is unknown" in own.text
    assert "secret server" in own.text


def test_declining_and_asking_for_others(at: Web) -> None:
    p = pairing(at.at)
    proposal_id, _ = at.at.slots(p.pair)
    rested = at.press(at.me(p.dana).form("/decline"), then="rest")
    assert "none of these" in rested.text
    assert at.proposal(proposal_id).status == "declined"
    assert not rested.has_form("/accept")
    asked = at.press(rested.form("/propose"))
    assert "Here are times that suit both of you" in asked.text
    assert asked.has_form("/accept")
    form = asked.form("/decline")
    again = at.press(form, then="propose")
    assert again.has_form("/accept")
    assert at.ledger(p.pair).count("proposal.created") == 3
    at.press(form, then="propose")
    assert at.ledger(p.pair).count("proposal.created") == 3


def test_with_nothing_to_offer_the_page_says_why(at: Web) -> None:
    p = pairing(at.at)
    at.at.event(p.dana_calendar, at.house.now(), 24 * 80)
    page = at.press(at.me(p.dana).form("/propose"))
    assert "never free together" in page.text
    assert not page.has_form("/accept")
    assert page.has_form("/decline")


def _meeting_page(at: Web, person: str, meeting_id: str) -> Page:
    return at.open(at.link(person) + f"/meetings/{meeting_id}")


def test_moving_to_a_time_that_suits_both(at: Web) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    page = _meeting_page(at, p.jonas, meeting_id)
    offered = [part.split('"')[0] for part in page.html.split('name="start" id="s-')[1:]]
    assert "own" in offered
    moved = at.press(page.form("/move"), start=offered[0], reason_code="illness")
    assert moved.status == 200
    assert "It is moved" in moved.text
    (change,) = _moves(at, meeting_id)
    assert str(change.new.start) == offered[0]
    assert (change.initiator.role, change.detected_via, change.reason_code) == ("mentee", "app", "illness")


def test_moving_to_a_time_of_ones_own_on_ones_own_clock(at: Web) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    page = _meeting_page(at, p.dana, meeting_id)
    moved = at.press(page.form("/move"), start="own", own_time="2026-06-13T21:00")
    assert moved.status == 200
    assert "Saturday 13 June" in moved.text
    (change,) = _moves(at, meeting_id)
    assert change.new.start == epoch(datetime(2026, 6, 14, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"start": "own", "own_time": "2027-03-14T02:30"}, "not a time on your clock"),
        ({"start": "own", "own_time": ""}, "missing"),
        ({"start": "own", "own_time": "soon"}, "not a time on your clock"),
        ({"start": "own", "own_time": "2026-05-01T10:00"}, "must be in the future"),
        ({"start": "own", "own_time": "2500-12-31T23:59"}, "year ahead"),
        ({"start": "99999999999999999999"}, "year ahead"),
        ({"start": "tomorrow"}, "not a number"),
        ({}, "missing"),
        ({"start": "own", "own_time": "2026-06-12T10:00", "reason_code": "laziness"}, "must be one of"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words(at: Web, sent: dict[str, str], said: str) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    answer = at.press(_meeting_page(at, p.dana, meeting_id).form("/move"), **sent)
    assert answer.status == 422
    assert said in answer.text
    assert 'role="alert"' in answer.html
    assert not _moves(at, meeting_id)


def test_moving_to_a_taken_time_or_from_a_stale_page_is_refused(at: Web) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    page = _meeting_page(at, p.dana, meeting_id)
    day = epoch(datetime(2026, 6, 15, 14, 0, tzinfo=UTC))
    at.at.event(p.jonas_calendar, day)
    taken = at.press(page.form("/move"), start=str(day))
    assert taken.status == 409
    assert "no longer free at that time" in taken.text
    at.press(_meeting_page(at, p.jonas, meeting_id).form("/move"), start=str(day + DAY))
    stale = at.press(page.form("/move"), start=str(day + 2 * DAY))
    assert stale.status == 409
    assert "changed in between" in stale.text
    assert len(_moves(at, meeting_id)) == 1


def test_calling_off_asks_no_reason(at: Web) -> None:
    p = pairing(at.at)
    at.at.booked(p.pair)
    page = at.me(p.jonas)
    assert "Nobody needs to explain" in page.text
    done = at.press(page.form("/cancel"))
    assert "called off" in done.text
    assert at.meetings(p.pair)[0].status == "cancelled"
    gone = _meeting_page(at, p.dana, at.meetings(p.pair)[0].id)
    assert "was called off" in gone.text
    assert not gone.forms


def test_after_a_meeting_each_is_asked_whether_it_took_place(at: Web) -> None:
    p = pairing(at.at)
    at.at.booked(p.pair)
    (meeting,) = at.meetings(p.pair)
    at.at.clock.advance(meeting.end - at.house.now() + HOUR)
    page = at.me(p.dana)
    assert "Did you meet?" in page.text
    assert "Your next meeting" not in page.text
    done = at.press(page.form("/outcome"), happened="no")
    assert "Thank you" in done.text
    assert "Did you meet?" not in done.text
    assert at.meetings(p.pair)[0].status == "missed"


def test_rest_go_on_end_and_start_afresh(at: Web) -> None:
    p = pairing(at.at)
    at.at.booked(p.pair)
    page = at.press(at.me(p.dana).form("/pause"), until="2026-07-01")
    assert "rest until Wednesday 1 July" in page.text
    until = at.pair_row(p.pair).paused_until
    assert until is not None
    assert local(until, "America/New_York").isoformat() == "2026-07-01T00:00:00-04:00"
    assert not page.has_form("/propose")
    page = at.press(page.form("/resume"))
    assert at.pair_row(p.pair).status == "active"
    page = at.press(page.form("/end"))
    assert at.pair_row(p.pair).status == "ended"
    assert "The meetings ended" in page.text
    page = at.press(page.form("/restart"))
    assert at.pair_row(p.pair).status == "active"


@pytest.mark.parametrize("until", ["2026-01-01", "never"])
def test_a_pause_until_nowhere_is_refused(at: Web, until: str) -> None:
    p = pairing(at.at)
    page = at.press(at.me(p.dana).form("/pause"), until=until)
    assert page.status == 422
    assert "The date" in page.text
    assert at.pair_row(p.pair).status == "active"


@pytest.mark.parametrize("act", ["pause", "end"])
def test_neither_page_says_who_asked_to_rest_or_end(at: Web, act: str) -> None:
    p = pairing(at.at)
    at.at.booked(p.pair)
    at.press(at.me(p.dana).form(f"/{act}"))
    told = at.me(p.jonas).text.partition("What happened so far")[2].partition("Rest or end")[0]
    latest = told.partition("Booked for")[0]
    assert "rest" in latest or "ended" in latest
    assert "Dana" not in latest


def test_patterns_show_the_readers_own_part_and_not_the_others(at: Web) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    page = _meeting_page(at, p.dana, meeting_id)
    at.press(page.form("/move"), start="own", own_time="2026-06-13T10:00")
    assert "Your own part, for your eyes: 1 change of time" in at.me(p.dana).text
    other = at.me(p.jonas).text
    assert "Your own part, for your eyes: 0 changes of time" in other
    assert "1 change" not in other


def test_the_history_is_cut_and_can_be_seen_whole(at: Web) -> None:
    p = pairing(at.at)
    for _ in range(8):
        at.at.slots(p.pair)
        at.press(at.me(p.dana).form("/decline"), then="rest")
    page = at.me(p.dana)
    assert "more from earlier" in page.text
    assert "set out to meet" not in page.text
    own = at.me(p.dana)
    assert own.html.count("<time datetime=", own.html.index('id="history"')) == LATEST_LINES
    few = at.open(at.link(p.dana) + f"/pairs/{p.pair}")
    assert few.html.count("<time datetime=", few.html.index('id="history"')) == SHOWN_LINES
    whole = at.open(at.link(p.dana) + f"/pairs/{p.pair}?whole=true")
    assert "set out to meet" in whole.text
    assert "more from earlier" not in whole.text


def test_a_kind_of_time_that_is_the_others_alone_is_called_so(at: Web) -> None:
    p = pairing(at.at)
    with at.house.reading() as session:
        dana, jonas = (people.get(session, person) for person in (p.dana, p.jonas))
    breakfast = epoch(datetime(2026, 6, 9, 11, 30, tzinfo=UTC))  # 07:30 in New York, 13:30 in Berlin
    assert kind_for("breakfast", breakfast, breakfast + HOUR, dana, jonas) == "Breakfast"
    assert kind_for("breakfast", breakfast, breakfast + HOUR, jonas, dana) == "Breakfast for Dana"
    nobodys = breakfast - 8 * HOUR
    assert kind_for("breakfast", nobodys, nobodys + HOUR, jonas, dana) == "Breakfast"
