"""Holdfast proposes in time, so that nobody has to chase, and leaves people alone when it is their time off."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from loop_hand import beat, choose, held, ledger, open_offers, posts, slots_of, types, until

from service.app.alter_meeting import cancel_meeting
from service.app.end_pair import end_pair
from service.app.keep_pair import change_pair
from service.app.keep_person import change_person
from service.app.propose_slots import propose_slots
from service.app.rest_pair import pause_pair, restart_pair, resume_pair
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, epoch, local
from service.store import calendars
from service.store.tables import Calendar
from tests.house import TestHouse

BERLIN = "Europe/Berlin"
WEEKLY = {"cadence": {"every": 1, "unit": "week"}}


def test_a_new_pair_is_offered_times_after_a_day(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    begun = house.clock.now()
    until(house, begun + DAY - HOUR)
    assert open_offers(house, pair) == []
    until(house, lambda: bool(open_offers(house, pair)), HOUR, most=2 * HOUR)
    [offer] = open_offers(house, pair)
    assert (offer.responder, offer.purpose) == ("mentor", "next")
    assert len(slots_of(house, offer.id)) == 5
    [created] = [e for e in ledger(house, pair) if e.type == "proposal.created"]
    assert "by" not in created.data, "nobody had to ask"
    until(house, house.clock.now() + 10 * HOUR)
    assert len(open_offers(house, pair)) == 1


def test_the_next_is_proposed_half_a_cadence_before_it_is_due_and_for_days_around_it(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    until(house, lambda: bool(open_offers(house, pair)))
    first = choose(house, open_offers(house, pair)[0])
    held(house, first)
    [met] = [e.data["start"] for e in ledger(house, pair) if e.type == "meeting.booked"]
    assert open_offers(house, pair) == []
    until(house, lambda: bool(open_offers(house, pair)))
    [offer] = open_offers(house, pair)
    due = epoch(local(met, BERLIN).replace(month=local(met, BERLIN).month + 1))
    assert due - 15 * DAY <= house.clock.now() <= due - 12 * DAY
    assert offer.responder == "mentee", "turns alternate"
    starts = [slot.start for slot in slots_of(house, offer.id)]
    assert min(starts) >= due - 4 * DAY
    assert max(starts) <= due + 15 * DAY
    assert 9 <= local(offer.created_at, BERLIN).hour < 17


def test_a_weekly_pair_goes_on_from_week_to_week(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(**WEEKLY)
    starts = []
    for _ in range(4):
        until(house, lambda: bool(open_offers(house, pair)))
        chosen = choose(house, open_offers(house, pair)[0])
        starts.append([e for e in ledger(house, pair) if e.type == "meeting.booked"][-1].data["start"])
        held(house, chosen)
    gaps = [(b - a) / DAY for a, b in pairwise(starts)]
    assert all(5 <= gap <= 14 for gap in gaps), gaps
    turns = [e.data["responder"] for e in ledger(house, pair) if e.type == "proposal.created"]
    assert turns[:4] == ["mentor", "mentee", "mentor", "mentee"]


def test_with_a_meeting_booked_or_an_offer_open_nothing_more_is_proposed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(**WEEKLY)
    booked = house.booked(pair)
    until(house, house.clock.now() + 20 * HOUR)
    assert open_offers(house, pair) == []
    cancel_meeting(house.house, booked, by=Seat.MENTEE)
    beat(house)
    assert [offer.purpose for offer in open_offers(house, pair)] == ["pick"], "whoever called it off picks"


def test_a_pair_that_rests_has_ended_or_proposes_itself_is_left_alone(house: TestHouse) -> None:
    resting, _, _ = house.ready_pair()
    ended = house.pair(house.person("Cleo"), house.person("Dora"))
    own = house.pair(house.person("Eva"), house.person("Finn"), rules={"auto_propose": False})
    pause_pair(house.house, resting, by=Seat.MENTEE, until=None)
    end_pair(house.house, ended, by=Seat.MENTOR)
    until(house, house.clock.now() + 20 * DAY, DAY)
    assert [open_offers(house, pair) for pair in (resting, ended, own)] == [[], [], []]
    resume_pair(house.house, resting, by=Seat.MENTOR)
    restart_pair(house.house, ended, by=Seat.MENTOR)
    change_pair(house.house, own, {"rules": {"auto_propose": True}})
    until(house, lambda: all(open_offers(house, pair) for pair in (resting, ended, own)), most=3 * DAY)


def test_nobody_is_asked_on_a_day_off_a_holiday_or_while_away(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    with house.house.reading() as session:
        mentor = calendars.of_people(session, [_mentor(house, pair)])[0].person_id
    change_person(house.house, mentor, {"preferences": {"holidays": "DE-BE"}})
    # Away from Tuesday to Thursday; the day after the pair was made is the Tuesday.
    with house.house.writing() as session:
        [row] = calendars.of_people(session, [mentor])
        row.busy = _away(row, "2026-06-02", "2026-06-05")
    until(house, lambda: bool(open_offers(house, pair)), HOUR)
    assert local(house.clock.now(), BERLIN).strftime("%a %d %H") == "Fri 05 09"
    [offer] = open_offers(house, pair)
    assert local(offer.expires_at, BERLIN).strftime("%a %d") == "Tue 09", "nor does the weekend count"


def test_who_is_away_for_long_is_passed_over_for_the_other(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    with house.house.writing() as session:
        [row] = calendars.of_people(session, [_mentor(house, pair)])
        row.busy = _away(row, "2026-06-02", "2026-06-13")
    until(house, lambda: bool(open_offers(house, pair)))
    [offer] = open_offers(house, pair)
    assert offer.responder == "mentee"
    assert local(house.clock.now(), BERLIN).strftime("%a %d") == "Tue 02"
    assert min(slot.start for slot in slots_of(house, offer.id)) >= _at("2026-06-13")


def test_while_a_calendar_is_unknown_nothing_is_proposed_and_it_is_tried_again_the_next_day(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    with house.house.writing() as session:
        [row] = calendars.of_people(session, [_mentor(house, pair)])
        row.status = "disconnected"
    begun = house.clock.now()
    until(house, begun + 2 * DAY)
    assert open_offers(house, pair) == []
    with house.house.writing() as session:
        calendars.locked(session, row.id).status = "connected"
    until(house, lambda: bool(open_offers(house, pair)), most=25 * HOUR)
    assert "proposal.expired" not in types(house, pair)


def test_a_look_is_planned_once_and_looking_twice_changes_nothing(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    until(house, lambda: bool(open_offers(house, pair)))
    before = types(house, pair)
    from service.app.look_after import look_after

    for _ in range(3):
        look_after(house.house, pair)
        beat(house)
    assert types(house, pair) == before
    assert len(open_offers(house, pair)) == 1


def test_somebody_who_asks_just_then_is_faster(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a look and what it leads to something happens: that counts, and the look does nothing."""
    from service.app import look_after as module

    pair, _, _ = house.ready_pair()
    house.clock.advance(DAY)
    search = module._search

    def meanwhile(*given):  # type: ignore[no-untyped-def]
        propose_slots(house.house, pair, by=Seat.MENTEE)
        return search(*given)

    monkeypatch.setattr(module, "_search", meanwhile)
    beat(house)
    assert types(house, pair).count("proposal.created") == 1


def test_slipping_is_told_once_a_slide(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(**WEEKLY, rules={"auto_propose": False})
    first = house.booked(pair)
    held(house, first)
    until(house, house.clock.now() + 30 * DAY, DAY)
    [told] = posts(house, "pair.slipping")
    assert told["pair_id"] == pair
    assert (told["state"], told["because"]["rule"]) == ("slipping", "overdue")
    assert set(told) == {"pair_id", "state", "because", "overdue_days"}
    second = house.booked(pair)
    held(house, second)
    assert len(posts(house, "pair.slipping")) == 1
    until(house, house.clock.now() + 30 * DAY, DAY)
    assert len(posts(house, "pair.slipping")) == 2, "steady in between: another slide"


def _mentor(house: TestHouse, pair_id: str) -> str:
    from service.store import pairs

    with house.house.reading() as session:
        return pairs.get(session, pair_id).mentor_id


def _at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(BERLIN)).timestamp())


def _away(_row: Calendar, first: str, last: str) -> bytes:
    from service.domain.busy import Busy, BusyKind

    return Busy.of([(_at(first), _at(last), BusyKind.OUT_OF_OFFICE)]).pack()
