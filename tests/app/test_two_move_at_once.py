"""Bad moves: into the past, both seats at once, one tap against another. Nothing is doubled; each has a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from service.app import answer_proposal
from service.app.act.links import action_link, open_action
from service.app.act.verbs import do
from service.app.alter_meeting import cancel_meeting, move_meeting
from service.domain.errors import BadInput, HoldfastError, NotNow, Stale
from service.domain.ledger import EntryType, Seat
from service.domain.meeting import DetectedVia
from service.domain.timespan import DAY, HOUR
from service.store import meetings, pairs, people
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each gave or raised."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        gate.wait()
        try:
            found[number] = acts[number]()  # type: ignore[call-overload]
        except HoldfastError as trouble:
            found[number] = trouble  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def moves(house: TestHouse, pair: str) -> int:
    with house.house.reading() as session:
        return sum(entry.type is EntryType.MEETING_MOVED for entry in pairs.ledger(session, pair))


def test_a_move_to_a_time_that_has_passed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    for start in (house.clock.now(), house.clock.now() - DAY, 0):
        with pytest.raises(BadInput, match="must be in the future"):
            move_meeting(house.house, meeting, start=start, by=Seat.MENTEE)
    assert moves(house, pair) == 0


def test_both_seats_move_at_once_from_what_they_both_saw(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
    found = at_once(
        *(
            lambda seat=seat, days=days: move_meeting(  # type: ignore[misc]
                house.house, meeting, start=row.start + days * DAY, by=seat, via=DetectedVia.APP, if_version=row.version
            )
            for seat, days in ((Seat.MENTOR, 1), (Seat.MENTEE, 2))
        )
    )
    lost = [one for one in found if isinstance(one, Stale)]
    assert (len(lost), found.count(meeting)) == (1, 1)
    assert "changed in between" in lost[0].detail
    assert moves(house, pair) == 1
    with house.house.reading() as session:
        assert meetings.get(session, meeting).sequence == 1


def test_one_moves_while_the_other_calls_off(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
    found = at_once(
        lambda: move_meeting(house.house, meeting, start=row.start + DAY, by=Seat.MENTOR),
        lambda: cancel_meeting(house.house, meeting, by=Seat.MENTEE),
    )
    assert meeting in found
    assert all(one == meeting or isinstance(one, NotNow | Stale) for one in found)
    with house.house.reading() as session:
        assert meetings.get(session, meeting).status == "cancelled"


def test_two_taps_of_one_mail_at_once_and_a_tap_of_the_other_seat(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, slots = house.slots(pair)
    until = house.clock.now() + HOUR
    with house.house.reading() as session:
        row = pairs.get(session, pair)
        marta, emil = people.get(session, row.mentor_id), people.get(session, row.mentee_id)

    def tap(link: str) -> str:
        return do(house.house, open_action(house.house, link.rpartition("/")[2]))

    mine = action_link(house.house, marta, "accept", proposal, slots[0].id, expires_at=until)
    other = action_link(house.house, marta, "accept", proposal, slots[1].id, expires_at=until)
    theirs = action_link(house.house, emil, "accept", proposal, slots[2].id, expires_at=until)
    found = at_once(*(lambda link=link: tap(link) for link in (mine, mine, mine, other, theirs)))  # type: ignore[misc]
    assert sum("It is booked" in str(one) for one in found) in (1, 3), "one time was booked; a repeated tap says so too"
    assert all(isinstance(one, str | NotNow) for one in found)
    with house.house.reading() as session:
        assert len(meetings.history(session, [pair])) == 1


@pytest.mark.parametrize("first", [0, 1], ids=["the same button", "another button"])
def test_a_tap_that_another_one_overtakes_is_told_kindly(
    house: TestHouse, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, _, _ = house.ready_pair()
    proposal, slots = house.slots(pair)
    with house.house.reading() as session:
        marta = people.get(session, pairs.get(session, pair).mentor_id)
    until = house.clock.now() + HOUR
    links = [action_link(house.house, marta, "accept", proposal, slot.id, expires_at=until) for slot in slots[:2]]
    acts = [open_action(house.house, link.rpartition("/")[2]) for link in links]
    refresh = answer_proposal.refresh

    def overtaken(*given: object, **also: object) -> object:
        """Once the slower tap has looked at the offer, the faster one books."""
        monkeypatch.setattr(answer_proposal, "refresh", refresh)
        assert "It is booked" in do(house.house, acts[first])
        return refresh(*given, **also)  # type: ignore[arg-type]

    monkeypatch.setattr(answer_proposal, "refresh", overtaken)
    if first == 0:
        assert "It is booked" in do(house.house, acts[0]), "a double tap says what the first one did"
    else:
        with pytest.raises(NotNow, match="A time was chosen already; your page shows which"):
            do(house.house, acts[0])
    with house.house.reading() as session:
        assert len(meetings.history(session, [pair])) == 1
