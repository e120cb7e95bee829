"""A second time is held with each booking, is taken with one tap, and never leads to a double booking."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loop_hand import beat, fallback, ledger, meeting, types, until
from sqlmodel import select

from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.answer_proposal import accept_slot
from service.app.end_pair import end_pair
from service.app.fallbacks import hold_fallback
from service.app.keep_pair import change_pair
from service.app.use_fallback import use_fallback
from service.domain.errors import Conflict, NotNow, TimeGone
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, MINUTE, Span, local
from service.store.engine import make_engine
from service.store.migrate import migrate
from service.store.tables import Claim, HeldSlot
from tests.databases import postgres, sqlite
from tests.house import TestHouse, make_house

BERLIN = "Europe/Berlin"


def overlaps(house: TestHouse) -> list[tuple[str, str]]:
    """Times of one person that overlap: claims with claims, and claims or fallbacks with other pairs' fallbacks."""
    with house.house.reading() as session:
        claimed = [(r.person_id, r.start, r.end, "claim", r.meeting_id) for r in session.exec(select(Claim)).all()]
        held = [(r.person_id, r.start, r.end, "held", r.meeting_id) for r in session.exec(select(HeldSlot)).all()]
    rows = claimed + held
    return [
        (a[4], b[4]) for i, a in enumerate(rows) for b in rows[i + 1 :] if a[0] == b[0] and a[1] < b[2] and b[1] < a[2]
    ]


def test_a_second_time_is_held_with_the_booking_out_of_the_times_that_were_offered(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    offer, slots = house.slots(pair)
    first = min(slots, key=lambda slot: slot.start)
    booked = accept_slot(house.house, offer, slot_id=first.id, by=Seat.MENTEE)
    held = fallback(house, booked)
    assert held is not None, "in the very transaction that booked"
    assert held.start in {slot.start for slot in slots}
    assert held.start > first.end + 12 * HOUR
    assert local(held.start, BERLIN).date() != local(first.start, BERLIN).date()
    entry = [e for e in ledger(house, pair) if e.type == "fallback.held"][-1]
    assert entry.data == {"meeting_id": booked, "start": held.start, "end": held.end}
    assert overlaps(house) == []


def test_where_none_of_them_serves_one_is_looked_for(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    offer, slots = house.slots(pair)
    last = max(slots, key=lambda slot: slot.start)
    booked = accept_slot(house.house, offer, slot_id=last.id, by=Seat.MENTEE)
    assert fallback(house, booked) is None
    house.run()
    held = fallback(house, booked)
    assert held is not None
    assert held.start > last.end
    before = types(house, pair)
    hold_fallback(house.house, booked)
    assert types(house, pair) == before, "a job that runs twice holds once"


def test_one_tap_moves_it_there_and_another_is_held(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    held = fallback(house, booked)
    assert held is not None
    assert use_fallback(house.house, booked, by=Seat.MENTEE, start=held.start) == booked
    row = meeting(house, booked)
    assert (row.start, row.sequence) == (held.start, 1)
    assert use_fallback(house.house, booked, by=Seat.MENTEE, start=held.start) == booked, "a double tap is one tap"
    assert use_fallback(house.house, booked, by=Seat.MENTOR, start=held.start) == booked, "and so is the other's"
    house.run()
    assert meeting(house, booked).sequence == 1
    again = fallback(house, booked)
    assert again is not None
    assert again.start > row.end
    with pytest.raises(NotNow, match="just been moved"):
        use_fallback(house.house, booked, by=Seat.MENTOR)
    house.clock.advance(11 * MINUTE)
    use_fallback(house.house, booked, by=Seat.MENTOR)
    assert meeting(house, booked).start == again.start
    assert overlaps(house) == []


def test_a_plain_move_to_it_is_the_same(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    held = fallback(house, booked)
    assert held is not None
    move_meeting(house.house, booked, start=held.start, by=Seat.MENTOR)
    assert meeting(house, booked).start == held.start
    assert [kind for kind in types(house, pair) if kind.startswith("fallback")] == [
        "fallback.held",
        "fallback.released",
    ]
    house.run()
    assert fallback(house, booked) is not None


def test_other_pairs_do_not_take_it_and_are_not_offered_it(house: TestHouse) -> None:
    mentor = house.person("Marta Mentor")
    house.local(mentor)
    pairs_ = []
    for name in ("Emil", "Eva"):
        mentee = house.person(name)
        house.local(mentee)
        pairs_.append(house.pair(mentor, mentee))
    booked = house.booked(pairs_[0])
    held = fallback(house, booked)
    assert held is not None
    _, offered = house.slots(pairs_[1], limit=20)
    span = Span(held.start, held.end)
    assert not any(span.overlaps(Span(slot.start, slot.end)) for slot in offered)
    other = house.booked(pairs_[1])
    with pytest.raises(TimeGone):
        move_meeting(house.house, other, start=held.start, by=Seat.MENTEE)
    assert overlaps(house) == []


def test_a_booking_of_the_same_pair_may_take_it(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked, second = house.booked(pair), house.booked(pair)
    held = fallback(house, booked)
    assert held is not None
    assert meeting(house, second).start != held.start
    move_meeting(house.house, second, start=held.start, by=Seat.MENTOR)
    assert fallback(house, booked) is None
    assert overlaps(house) == []
    house.run()
    assert overlaps(house) == []


def test_it_is_given_back_when_the_meeting_begins_is_called_off_or_the_pair_ends(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    called_off = house.booked(pair)
    cancel_meeting(house.house, called_off, by=Seat.MENTOR)
    assert fallback(house, called_off) is None
    begun = house.booked(pair)
    until(house, meeting(house, begun).start)
    beat(house)
    assert fallback(house, begun) is None
    with pytest.raises(NotNow):
        use_fallback(house.house, begun, by=Seat.MENTEE)
    ended = house.booked(pair)
    end_pair(house.house, pair, by=Seat.MENTEE)
    assert fallback(house, ended) is None
    with house.house.reading() as session:
        assert session.exec(select(HeldSlot)).all() == []


def test_a_move_beyond_it_holds_another_and_one_before_it_keeps_it(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = house.booked(pair)
    held = fallback(house, booked)
    assert held is not None
    row = meeting(house, booked)
    move_meeting(house.house, booked, start=row.start + HOUR, by=Seat.MENTOR)
    kept = fallback(house, booked)
    assert kept is not None
    assert kept.start == held.start
    move_meeting(house.house, booked, start=held.end + DAY, by=Seat.MENTOR)
    assert fallback(house, booked) is None
    house.run()
    later = fallback(house, booked)
    assert later is not None
    assert later.start > meeting(house, booked).end


def test_a_pair_may_do_without(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(rules={"fallback": False})
    booked = house.booked(pair)
    assert fallback(house, booked) is None
    with pytest.raises(NotNow):
        use_fallback(house.house, booked, by=Seat.MENTEE)
    change_pair(house.house, pair, {"rules": {"fallback": True}})
    move_meeting(house.house, booked, start=meeting(house, booked).start + DAY, by=Seat.MENTEE)
    house.run()
    assert fallback(house, booked) is not None


def test_one_over_which_something_else_stands_is_replaced_the_next_day(house: TestHouse) -> None:
    pair, _, mentees = house.ready_pair()
    offer, slots = house.slots(pair, limit=20)
    far = min((s for s in slots if s.start > house.clock.now() + 6 * DAY), key=lambda slot: slot.start)
    booked = accept_slot(house.house, offer, slot_id=far.id, by=Seat.MENTEE)
    house.run()
    held = fallback(house, booked)
    assert held is not None
    house.event(mentees, held.start)
    with pytest.raises(TimeGone):
        use_fallback(house.house, booked, by=Seat.MENTEE)
    until(house, house.clock.now() + DAY)
    fresh = fallback(house, booked)
    assert fresh is not None
    assert fresh.start != held.start


@pytest.fixture(params=["sqlite", "postgresql"])
def raced(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestHouse]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        yield make_house(tmp_path, engine=engine)
        engine.dispose()


def race(calls: list[Any]) -> list[Any]:
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        gate.wait()
        try:
            results[index] = calls[index]()
        except Conflict as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_both_seats_tap_at_once(raced: TestHouse) -> None:
    pair, _, _ = raced.ready_pair()
    booked = raced.booked(pair)
    held = fallback(raced, booked)
    assert held is not None
    taps = [
        lambda by=by: use_fallback(raced.house, booked, by=by, start=held.start)  # type: ignore[misc]
        for by in [Seat.MENTOR, Seat.MENTEE] * 3
    ]
    results = race(taps)
    assert booked in results
    assert meeting(raced, booked).start == held.start
    assert types(raced, pair).count("meeting.moved") == 1
    assert overlaps(raced) == []


def test_fallbacks_and_bookings_of_many_pairs_at_once_never_overlap(raced: TestHouse) -> None:
    """One mentor, four pairs, all offered the same times: bookings race for them, then fallbacks race with moves."""
    mentor = raced.person("Marta Mentor")
    raced.local(mentor)
    offers = []
    for name in ("Emil", "Eva", "Ezra", "Enno"):
        mentee = raced.person(name)
        raced.local(mentee)
        offers.append(raced.slots(raced.pair(mentor, mentee), limit=4))
    results = race(
        [
            lambda offer=offer, slots=slots, rank=rank: accept_slot(  # type: ignore[misc]
                raced.house, offer, slot_id=slots[rank].id, by=Seat.MENTEE
            )
            for rank, (offer, slots) in enumerate(offers)
        ]
    )
    booked = [result for result in results if isinstance(result, str)]
    assert booked
    assert overlaps(raced) == []
    held = {id_: row.start for id_ in booked if (row := fallback(raced, id_)) is not None}
    race(
        [lambda id_=id_: hold_fallback(raced.house, id_) for id_ in booked]  # type: ignore[misc]
        + [lambda id_=id_, at=at: use_fallback(raced.house, id_, by=Seat.MENTOR, start=at) for id_, at in held.items()]  # type: ignore[misc]
    )
    raced.run()
    assert overlaps(raced) == []
