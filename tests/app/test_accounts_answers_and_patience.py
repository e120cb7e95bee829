"""Answers read back from the organiser's calendar; patience with a calendar that goes on failing; what operators see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_account import Provider, state_of, with_provider

from service.api.metrics import Metrics
from service.app import show
from service.app.alter_meeting import cancel_meeting
from service.app.connect_calendar import connect_calendar
from service.app.refresh import refresh
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import due_calendars, pause, sync_calendar
from service.app.write_booking import write_booking
from service.domain.errors import ProviderTrouble, Throttled, Unreachable
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import DAY, HOUR, rfc3339
from service.store import calendars, meetings, pairs
from tests.house import TestHouse, make_house


class Booked:
    """A mentor with an account, a mentee invited by it, and their meeting."""

    def __init__(self, at: TestHouse, provider: Provider) -> None:
        self.at, self.provider = at, provider
        self.mentor, self.mentee = at.person("Marta Mentor"), at.person("Emil Mentee")
        self.calendar = connect_calendar(at.house, self.mentor, {"provider": "google"})
        with at.house.reading() as session:
            row = calendars.get(session, self.calendar)
        finish_sign_in(at.house, "google", {"state": state_of(authorization_url(at.house, row)), "code": "c"})
        at.local(self.mentee)
        self.pair = at.pair(self.mentor, self.mentee)
        self.meeting = at.booked(self.pair)

    def row(self) -> Any:
        with self.at.house.reading() as session:
            return meetings.get(session, self.meeting)

    def answered(self, *responses: tuple[str, str]) -> dict[str, Any]:
        """The calendar shows these answers; what the API says of them."""
        box, uid = self.provider.box(), self.row().ics_uid
        old = box.events[uid]
        box.events[uid] = replace(old, responses=responses, etag=str(int(old.etag or 0) + 1))
        sync_calendar(self.at.house, self.calendar)
        with self.at.house.reading() as session:
            return show.meetings_words(session, [self.row()], pairs.get(session, self.pair))[0]["answers"]

    def told(self) -> list[str]:
        with self.at.house.reading() as session:
            entries = pairs.ledger(session, self.pair)
        return [entry.data["answer"] for entry in entries if entry.type is EntryType.INVITATION_ANSWERED]


@pytest.fixture
def booked(tmp_path: Path) -> Booked:
    at = make_house(tmp_path)
    provider = Provider(at.clock)
    with_provider(at, provider)
    return Booked(at, provider)


EMIL, MARTA = "emil@example.org", "marta@example.org"
NONE = {"mentor": None, "mentee": None}


@pytest.mark.parametrize("answer", ["accepted", "declined", "tentative"])
def test_an_answer_is_shown_and_is_no_move(booked: Booked, answer: str) -> None:
    shown = booked.answered((MARTA, "accepted"), ("Emil@Example.org", answer))
    assert shown == {"mentor": None, "mentee": answer, "proposed": NONE}
    booked.answered((EMIL, answer))
    assert booked.told() == [answer], "told once"
    assert (booked.row().sequence, booked.row().status) == (0, "booked")


def test_another_time_proposed_with_it(booked: Booked) -> None:
    start = booked.row().start + DAY
    times = {"start": rfc3339(start), "end": rfc3339(start + HOUR)}
    shown = booked.answered((EMIL, "tentative"), (EMIL, f"proposed {times['start']}/{times['end']}"))
    assert shown == {"mentor": None, "mentee": "tentative", "proposed": {"mentor": None, "mentee": times}}
    assert booked.row().start == start - DAY, "nobody has taken it up yet"
    assert booked.answered((EMIL, "accepted")) == {"mentor": None, "mentee": "accepted", "proposed": NONE}


def test_a_move_asks_anew(booked: Booked) -> None:
    booked.answered((EMIL, "accepted"))
    box, row = booked.provider.box(), booked.row()
    box.move(row.ics_uid, row.start + DAY, row.end + DAY)
    shown = booked.answered((EMIL, "needs_action"))
    assert booked.row().sequence == 1
    assert shown == {"mentor": None, "mentee": None, "proposed": NONE}
    assert booked.told() == ["accepted"]


def test_an_answer_of_nobody_in_the_pair_is_nothing(booked: Booked) -> None:
    assert booked.answered(("other@example.org", "declined")) == {"mentor": None, "mentee": None, "proposed": NONE}


# --- an event whose creation was never written down ---


def lost_answer(booked: Booked) -> Any:
    """A second meeting, created at the provider; the process died before that was recorded."""
    from service.app.answer_proposal import accept_slot

    proposal, slots = booked.at.slots(booked.pair)
    meeting = accept_slot(booked.at.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    box = booked.provider.box()
    there = set(box.events)
    booked.meeting = meeting

    class Died(BaseException):
        pass

    from service.app import write_booking as module

    kept = module._record
    module._record = lambda *_: (_ for _ in ()).throw(Died())
    try:
        write_booking(booked.at.house, meeting)
    except Died:
        pass
    finally:
        module._record = kept
    [uid] = set(box.events) - there
    return uid


def test_it_is_found_again_and_not_made_twice(booked: Booked) -> None:
    uid = lost_answer(booked)
    writes = booked.provider.box().writes
    booked.at.run()
    assert booked.provider.box().writes == writes
    assert (booked.row().ics_uid, booked.row().booking_status) == (uid, "written")


def test_called_off_before_it_was_written_down_it_is_taken_out(booked: Booked) -> None:
    uid = lost_answer(booked)
    cancel_meeting(booked.at.house, booked.meeting, by=Seat.MENTEE)
    booked.at.run()
    assert uid not in booked.provider.box().events
    assert booked.row().booking_status == "removed"


def test_deleted_by_its_owner_before_it_was_written_down_it_is_called_off(booked: Booked, monkeypatch: Any) -> None:
    uid = lost_answer(booked)
    del booked.provider.box().events[uid]
    from scripted_account import AccountCalendar

    from service.domain.errors import Gone

    def known(*_: Any) -> None:
        raise Gone("It had this meeting, and it was deleted there.")

    monkeypatch.setattr(AccountCalendar, "create", known)
    booked.at.run()
    assert booked.row().status == "cancelled"
    [change] = booked.at.posts.of("meeting.cancelled")
    assert change["initiator"] == {"role": "mentor", "confidence": "inferred"}


# --- patience ---


def test_how_long_to_wait() -> None:
    trouble = Unreachable("No answer.")
    assert [pause(300, n, trouble) for n in (1, 2, 3, 4, 5, 50)] == [300, 600, 1200, 1200, 1200, 1200]
    assert pause(1800, 9, trouble) == 3600
    assert pause(1, 1, trouble) == 1
    assert pause(7200, 9, trouble) == 7200, "never sooner than usual"
    assert pause(300, 1, Throttled("Wait.", retry_after=900.2)) == 901
    assert pause(300, 9, Throttled("Wait.", retry_after=10)) == 1200
    assert pause(300, 1, Throttled("Wait.", retry_after=9e9)) == DAY


def looks_in(booked: Booked, seconds: int, step: int = 60) -> int:
    """How often the rounds look at the calendar in that time."""
    before, end = booked.provider.box().syncs, booked.at.house.now() + seconds
    looks = 0
    while booked.at.house.now() < end:
        booked.at.clock.at += step
        if booked.calendar in due_calendars(booked.at.house):
            looks += 1
            sync_calendar(booked.at.house, booked.calendar)
    assert booked.provider.box().syncs >= before
    return looks


def test_one_that_goes_on_failing_is_looked_at_less_often(booked: Booked) -> None:
    well = looks_in(booked, 6 * HOUR)
    booked.provider.box().trouble = Unreachable("No answer.")
    ill = looks_in(booked, 6 * HOUR)
    assert well == 72
    assert 18 <= ill <= 24
    booked.provider.box().trouble = None
    looks_in(booked, HOUR)
    with booked.at.house.reading() as session:
        row = calendars.get(session, booked.calendar)
    assert (row.status, row.failures, row.retry_at) == ("connected", 0, None)
    assert looks_in(booked, HOUR) == 12, "well again, looked at as often as any"


def test_whoever_asks_gets_a_look_at_once(booked: Booked) -> None:
    booked.provider.box().trouble = Unreachable("No answer.")
    looks_in(booked, 6 * HOUR)
    booked.provider.box().trouble = None
    assert booked.calendar not in due_calendars(booked.at.house)
    refresh(booked.at.house, [booked.mentor], older_than=30)
    with booked.at.house.reading() as session:
        assert calendars.get(session, booked.calendar).status == "connected"


def test_who_asks_to_be_left_alone_is_left_alone(booked: Booked) -> None:
    box = booked.provider.box()
    box.trouble = Throttled("It asks to wait.", retry_after=1800)
    sync_calendar(booked.at.house, booked.calendar)
    box.trouble = None
    before = box.syncs
    refresh(booked.at.house, [booked.mentor], older_than=30)
    assert booked.at.slots(booked.pair)[1] == [], "and it stays unknown, not free"
    assert box.syncs == before
    booked.at.clock.at += 1800
    assert booked.calendar in due_calendars(booked.at.house)
    refresh(booked.at.house, [booked.mentor], older_than=30)
    assert box.syncs == before + 1


def test_outcomes_are_counted_by_provider(booked: Booked) -> None:
    metrics = Metrics(booked.at.house)
    assert 'holdfast_calendars{problem="",provider="google",status="connected"} 1.0' in metrics.text().decode()
    booked.provider.box().trouble = ProviderTrouble("It does not allow this.")
    sync_calendar(booked.at.house, booked.calendar)
    wanted = 'holdfast_calendars{problem="provider-trouble",provider="google",status="error"} 1.0'
    assert wanted in metrics.text().decode()
