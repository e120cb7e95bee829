"""A meeting changed anywhere: what is a move, what is not, and that every path has the same consequences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from service.app import show
from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.local_calendar import change_event, delete_event
from service.app.make_link import open_link
from service.app.read_patterns import read_patterns
from service.app.report_outcome import report_outcome
from service.domain.errors import NotNow, TimeGone
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import DAY, HOUR
from service.ports.mailer import Method
from service.store import local_events, meetings, pairs
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def shown(house: TestHouse, meeting_id: str) -> dict[str, Any]:
    with house.house.reading() as session:
        row = meetings.get(session, meeting_id)
        return show.meetings_words(session, [row], pairs.get(session, row.pair_id))[0]


def row(house: TestHouse, meeting_id: str) -> Any:
    with house.house.reading() as session:
        return meetings.get(session, meeting_id)


def event_of(house: TestHouse, calendar_id: str, meeting_id: str) -> str:
    with house.house.reading() as session:
        rows, _ = local_events.listing(session, calendar_id, cursor=None, limit=100)
    return next(event.id for event in rows if event.meeting_id == meeting_id)


def types(house: TestHouse, pair_id: str) -> list[EntryType]:
    with house.house.reading() as session:
        return [entry.type for entry in pairs.ledger(session, pair_id)]


def test_a_move_in_the_calendar_is_a_move_with_all_its_consequences(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    start = row(house, meeting).start
    house.clock.at = start - 3 * HOUR
    change_event(house.house, calendar, event_of(house, calendar, meeting), {"start": start + DAY})
    house.run()
    now = shown(house, meeting)
    assert now["sequence"] == 1
    assert now["moves"] == [
        {
            "kind": "moved",
            "sequence": 1,
            "old": {"start": now["first_start"], "end": now["moves"][0]["old"]["end"]},
            "new": {"start": now["start"], "end": now["end"]},
            "initiator": {"role": "mentor", "confidence": "inferred"},
            "detected_via": "api",
            "seen_at": now["moves"][0]["seen_at"],
            "notice_minutes": 180,
            "late": True,
            "reason_code": None,
            "undone": False,
        }
    ]
    [told] = house.posts.of("meeting.rescheduled")
    assert told["move_count"] == 1
    assert told["late"] is True
    assert told["new"]["start"] == now["start"]
    assert [(m.method, m.invitation.sequence) for m in house.mails.sent if m.invitation] == [
        (Method.REQUEST, 0),
        (Method.REQUEST, 1),
    ]
    figures = read_patterns(house.house, pair)
    assert (figures["moves"], figures["late_moves"], figures["by"]["mentor"]["moves"]) == (1, 1, 1)
    assert figures["by"]["mentee"]["moves"] == 0


def test_an_edited_title_is_no_move(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    before = types(house, pair)
    change_event(house.house, calendar, event_of(house, calendar, meeting), {"title": "Lunch with E."})
    house.run()
    assert types(house, pair) == before
    assert shown(house, meeting)["moves"] == []
    assert house.posts.of("meeting.rescheduled") == []


def test_a_move_back_undoes_the_move_and_both_stay_on_record(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    start = row(house, meeting).start
    event = event_of(house, calendar, meeting)
    for new in (start + DAY, start):
        change_event(house.house, calendar, event, {"start": new})
        house.run()
    now = shown(house, meeting)
    assert [(m["kind"], m["undone"]) for m in now["moves"]] == [("moved", True), ("moved_back", False)]
    assert now["sequence"] == 2
    assert [told["move_count"] for told in house.posts.of("meeting.rescheduled")] == [1, 0]
    assert read_patterns(house.house, pair)["moves"] == 0


def test_a_deleted_event_calls_the_meeting_off(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    delete_event(house.house, calendar, event_of(house, calendar, meeting))
    house.run()
    now = shown(house, meeting)
    assert (now["status"], now["sequence"], now["moves"][-1]["new"]) == ("cancelled", 1, None)
    assert house.mails.sent[-1].method is Method.CANCEL
    assert house.mails.sent[-1].invitation is not None
    assert house.mails.sent[-1].invitation.sequence == 1
    assert len(house.posts.of("meeting.cancelled")) == 1
    # Its time is free again.
    assert house.booked(pair)


def test_tidying_up_after_the_meeting_is_no_cancellation(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    house.clock.at = row(house, meeting).end + HOUR
    delete_event(house.house, calendar, event_of(house, calendar, meeting))
    house.run()
    assert shown(house, meeting)["status"] == "booked"


def test_our_own_move_is_written_to_the_calendar_and_not_mistaken_for_theirs(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    start = row(house, meeting).start + 2 * DAY
    move_meeting(house.house, meeting, start=start, by=Seat.MENTEE)
    house.run()
    event = event_of(house, calendar, meeting)
    with house.house.reading() as session:
        assert local_events.get(session, calendar, event).start == start
    now = shown(house, meeting)
    assert now["sequence"] == 1
    assert [m["initiator"] for m in now["moves"]] == [{"role": "mentee", "confidence": "observed"}]
    assert types(house, pair).count(EntryType.MEETING_MOVED) == 1


def test_two_quick_moves_of_ours_are_two_moves_whatever_the_calendar_shows_in_between(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    start = row(house, meeting).start
    for days in (2, 3):
        move_meeting(house.house, meeting, start=start + days * DAY, by=Seat.MENTEE)
    house.run()
    now = shown(house, meeting)
    assert now["sequence"] == 2
    assert len(now["moves"]) == 2
    with house.house.reading() as session:
        event = local_events.get(session, calendar, event_of(house, calendar, meeting))
    assert event.start == start + 3 * DAY


def test_a_move_onto_a_taken_time_is_refused_with_fresh_slots(house: TestHouse) -> None:
    pair, _, theirs = house.ready_pair()
    meeting = house.booked(pair)
    start = row(house, meeting).start + DAY
    house.event(theirs, start)
    with pytest.raises(TimeGone) as caught:
        move_meeting(house.house, meeting, start=start, by=Seat.MENTOR)
    assert caught.value.extra["slots"]
    assert shown(house, meeting)["sequence"] == 0


def test_a_move_by_a_quarter_of_an_hour_is_not_blocked_by_its_own_event(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    start = row(house, meeting).start
    move_meeting(house.house, meeting, start=start + 900, by=Seat.MENTOR)
    assert row(house, meeting).start == start + 900


def test_a_move_in_the_calendar_onto_another_meeting_is_recorded_all_the_same(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    first, second = house.booked(pair), house.booked(pair)
    change_event(house.house, calendar, event_of(house, calendar, second), {"start": row(house, first).start})
    house.run()
    assert row(house, second).start == row(house, first).start


def test_cancelling_takes_the_event_out_and_mails_once(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    meeting = house.booked(pair)
    cancel_meeting(house.house, meeting, by=Seat.MENTEE)
    house.run()
    with house.house.reading() as session:
        assert local_events.listing(session, calendar, cursor=None, limit=10)[0] == []
    assert [m.method for m in house.mails.sent].count(Method.CANCEL) == 1
    assert shown(house, meeting)["moves"][-1]["initiator"]["role"] == "mentee"
    with pytest.raises(NotNow):
        cancel_meeting(house.house, meeting, by=Seat.MENTEE)


def test_a_meeting_called_off_before_it_was_written_leaves_no_event(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    proposal, slots = house.slots(pair)
    from service.app.answer_proposal import accept_slot

    meeting = accept_slot(house.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    cancel_meeting(house.house, meeting, by=Seat.MENTEE)
    house.run()
    with house.house.reading() as session:
        assert local_events.listing(session, calendar, cursor=None, limit=10)[0] == []


def test_outcomes_are_kept_for_both_and_one_yes_makes_it_held(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    with pytest.raises(NotNow):
        report_outcome(house.house, meeting, by=Seat.MENTOR, happened=True)
    house.clock.at = row(house, meeting).end
    report_outcome(house.house, meeting, by=Seat.MENTOR, happened=False)
    assert shown(house, meeting)["status"] == "missed"
    report_outcome(house.house, meeting, by=Seat.MENTEE, happened=True)
    now = shown(house, meeting)
    assert (now["status"], now["outcome"]) == ("held", {"mentor": False, "mentee": True})
    assert read_patterns(house.house, pair)["held"] == 1


def test_the_invited_person_moves_their_own_copy(house: TestHouse) -> None:
    """An invitation put a copy into the mentee's calendar; a time the meeting never had is the mentee's move."""
    pair, calendar, theirs = house.ready_pair()
    meeting = house.booked(pair)
    start, end = row(house, meeting).start, row(house, meeting).end
    copy = house.event(theirs, start)
    with house.house.writing() as session:
        local_events.get(session, theirs, copy).uid = row(house, meeting).ics_uid
    change_event(house.house, theirs, copy, {"title": "the same time"})
    assert shown(house, meeting)["moves"] == []
    change_event(house.house, theirs, copy, {"start": start + 2 * DAY, "end": end + 2 * DAY})
    house.run()
    now = shown(house, meeting)
    assert [m["initiator"] for m in now["moves"]] == [{"role": "mentee", "confidence": "inferred"}]
    with house.house.reading() as session:
        event = local_events.get(session, calendar, event_of(house, calendar, meeting))
    assert event.start == start + 2 * DAY, "the organiser's event follows"
    # The copy lags behind a later move: an old time says nothing.
    move_meeting(house.house, meeting, start=start + 3 * DAY, by=Seat.MENTOR)
    change_event(house.house, theirs, copy, {"title": "still the old time"})
    house.run()
    assert len(shown(house, meeting)["moves"]) == 2


def test_a_copy_read_before_the_organisers_event_is_not_its_owners_move(house: TestHouse) -> None:
    """The mentor drags the event and the mentee's copy follows; the copy is read first. It was the mentor."""
    pair, calendar, theirs = house.ready_pair()
    meeting = house.booked(pair)
    start, end = row(house, meeting).start, row(house, meeting).end
    copy = house.event(theirs, start)
    with house.house.writing() as session:
        local_events.get(session, theirs, copy).uid = row(house, meeting).ics_uid
        event = local_events.get(session, calendar, event_of(house, calendar, meeting))
        event.start, event.end = start + 2 * DAY, end + 2 * DAY
        event.change = local_events.next_change(session, calendar)
    change_event(house.house, theirs, copy, {"start": start + 2 * DAY, "end": end + 2 * DAY})
    house.run()
    now = shown(house, meeting)
    assert [m["initiator"] for m in now["moves"]] == [{"role": "mentor", "confidence": "inferred"}]
    assert (row(house, meeting).start, read_patterns(house.house, pair)["by"]["mentee"]["moves"]) == (
        start + 2 * DAY,
        0,
    )


def test_a_copy_moved_onto_a_time_the_other_cannot_changes_nothing(house: TestHouse) -> None:
    pair, calendar, theirs = house.ready_pair()
    meeting = house.booked(pair)
    start, end = row(house, meeting).start, row(house, meeting).end
    house.event(calendar, start + 2 * DAY)
    copy = house.event(theirs, start)
    with house.house.writing() as session:
        local_events.get(session, theirs, copy).uid = row(house, meeting).ics_uid
    change_event(house.house, theirs, copy, {"start": start + 2 * DAY, "end": end + 2 * DAY})
    house.run()
    assert (shown(house, meeting)["sequence"], row(house, meeting).start) == (0, start)


def test_each_mail_carries_its_readers_own_link_and_the_event_carries_none(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    cancel_meeting(house.house, meeting, by=Seat.MENTOR)
    house.run()
    assert len(house.mails.sent) == 2
    for mail in house.mails.sent:
        [link] = re.findall(r"http://holdfast\.test/me/(\S+)", mail.text)
        assert open_link(house.house, link).email == mail.to.email
        assert link in mail.html
        assert mail.invitation is not None
        assert "/me/" not in mail.invitation.description
