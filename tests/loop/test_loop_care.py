"""Booked times are looked at every day, and one that has turned risky is offered a better one: early, and once."""

from __future__ import annotations

import pytest
from loop_hand import asked, beat, choose, fallback, meeting, open_offers, people_of, posts, slots_of, types, until
from sqlmodel import select

from service.app import take_care as module
from service.app.answer_proposal import accept_slot, decline_proposal
from service.app.judge_time import judge
from service.app.memory import pair_memories, pair_memory
from service.app.post.bundle import standing
from service.app.post.kinds import KINDS
from service.app.read_patterns import read_patterns
from service.app.take_care import take_care
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, Span
from service.store import meetings, pairs, people
from service.store.tables import Meeting, Pair
from tests.house import TestHouse


def far_booked(house: TestHouse, pair: str, days: int = 8) -> str:
    """A meeting more than so many days ahead."""
    offer, slots = house.slots(pair, limit=20)
    slot = min((s for s in slots if s.start > house.clock.now() + days * DAY), key=lambda s: s.start)
    booked = accept_slot(house.house, offer, slot_id=slot.id, by=Seat.MENTEE)
    house.run()
    return booked


def cared(house: TestHouse) -> int:
    risky = take_care(house.house)
    house.run()
    return risky


def test_every_booked_time_in_reach_is_scored_anew(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    booked = far_booked(house, pair)
    assert meeting(house, booked).scored_at is None
    assert cared(house) == 0
    row = meeting(house, booked)
    assert row.scored_at == house.clock.now()
    with house.house.reading() as session:
        expected = judge(house.house, session, pairs.get(session, pair), row, Span(row.start, row.end))[1]
    assert row.scored_probability == pytest.approx(expected)
    assert row.hold_probability == meeting(house, booked).hold_probability, "what it was booked with stays"


def test_the_batch_remembers_what_each_alone_remembers(house: TestHouse) -> None:
    mentor = house.person("Marta Mentor")
    house.local(mentor)
    made = []
    for name in ("Emil", "Eva", "Ezra"):
        mentee = house.person(name)
        house.local(mentee)
        made.append(house.pair(mentor, mentee))
    made.append(house.pair(mentee, house.person("Otto")))
    for pair in made[:3]:
        house.booked(pair)
    house.clock.advance(20 * DAY)
    with house.house.writing() as session:
        for number, row in enumerate(session.exec(select(Meeting)).all()):
            row.first_outcome, row.first_outcome_at = ("held", "moved")[number % 2], house.clock.now() - DAY
    with house.house.reading() as session:
        rows = list(session.exec(select(Pair)).all())
        who = people.get_many(session, [p for row in rows for p in (row.mentor_id, row.mentee_id)])
        batch = pair_memories(house.house, session, rows, house.clock.now(), who)
        for row in rows:
            zone = who[row.mentor_id].time_zone
            assert batch[row.id] == pair_memory(house.house, session, row, house.clock.now(), zone=zone)


def clash(house: TestHouse, calendar: str, booked: str) -> None:
    """Something else comes to stand over a part of the meeting's time."""
    house.event(calendar, meeting(house, booked).start + HOUR // 2)
    house.run()


def test_one_over_which_something_else_stands_is_offered_better_times_once(house: TestHouse) -> None:
    pair, _, mentees = house.ready_pair()
    booked = far_booked(house, pair)
    clash(house, mentees, booked)
    assert cared(house) == 1
    [offer] = open_offers(house, pair)
    assert (offer.purpose, offer.meeting_id, offer.responder) == ("care", booked, "mentee"), "who knows what it is"
    slots = slots_of(house, offer.id)
    assert 1 <= len(slots) <= 3
    own = meeting(house, booked)
    assert not any(slot.start < own.end and own.start < slot.end for slot in slots)
    assert asked(house, people_of(house, pair)[Seat.MENTEE])[-1] == ("care", offer.id)
    decline_proposal(house.house, offer.id, by=Seat.MENTEE)
    house.clock.advance(DAY)
    cared(house)
    assert open_offers(house, pair) == [], "once"
    assert meeting(house, booked).status == "booked"


def test_taking_it_up_moves_the_meeting_and_counts_nowhere(house: TestHouse) -> None:
    pair, mentors, _ = house.ready_pair(move_budget=0)
    booked = far_booked(house, pair)
    clash(house, mentors, booked)
    cared(house)
    [offer] = open_offers(house, pair)
    assert offer.responder == "mentor"
    assert choose(house, offer) == booked
    assert meeting(house, booked).sequence == 1
    said = read_patterns(house.house, pair)
    assert (said["moves"], said["budget"]["used"]) == (0, 0)
    assert posts(house, "meeting.rescheduled")[-1]["reason_code"] == "care"
    assert meeting(house, booked).first_outcome == "moved", "for the hold model the first time did not hold"
    assert fallback(house, booked) is not None


def test_one_whose_chance_fell_is_offered_a_better_one_to_whose_turn_it_is(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, _, _ = house.ready_pair()
    booked = far_booked(house, pair)
    monkeypatch.setattr(module, "turned_risky", lambda _booked, _now, *, taken: True)
    monkeypatch.setattr(module, "is_better", lambda _other, _now, *, taken: True)
    cared(house)
    [offer] = open_offers(house, pair)
    assert offer.responder == "mentee", "turns alternate: the mentor was asked before"
    assert meeting(house, booked).cared_at == house.clock.now()


def test_nothing_better_is_nothing_offered_and_may_be_offered_another_day(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, _, mentees = house.ready_pair()
    booked = far_booked(house, pair)
    clash(house, mentees, booked)
    with monkeypatch.context() as patched:
        patched.setattr(module, "is_better", lambda _other, _now, *, taken: False)
        cared(house)
    assert open_offers(house, pair) == []
    assert meeting(house, booked).cared_at is None
    house.clock.advance(DAY)
    cared(house)
    assert len(open_offers(house, pair)) == 1


@pytest.mark.parametrize("hours", [47, 22 * 24])
def test_what_is_too_near_or_too_far_is_left_alone(house: TestHouse, hours: int) -> None:
    pair, _, mentees = house.ready_pair()
    booked = far_booked(house, pair)
    with house.house.reading() as session:
        start = meetings.get(session, booked).start
    clash(house, mentees, booked)
    house.clock.at = start - hours * HOUR
    assert cared(house) == 0
    assert open_offers(house, pair) == []


def test_a_pair_may_do_without_and_one_that_rests_is_left_alone(house: TestHouse) -> None:
    from service.app.rest_pair import pause_pair

    pair, _, mentees = house.ready_pair(rules={"care": False})
    booked = far_booked(house, pair)
    clash(house, mentees, booked)
    assert cared(house) == 0
    assert meeting(house, booked).scored_at is None
    pause_pair(house.house, pair, by=Seat.MENTOR, until=None)
    assert cared(house) == 0


def test_if_nothing_is_chosen_everything_stays_and_nobody_was_chased(house: TestHouse) -> None:
    pair, _, mentees = house.ready_pair()
    booked = far_booked(house, pair, days=12)
    clash(house, mentees, booked)
    cared(house)
    [offer] = open_offers(house, pair)
    until(house, offer.expires_at)
    beat(house)
    assert "proposal.nudged" not in types(house, pair)
    assert meeting(house, booked).status == "booked"
    assert read_patterns(house.house, pair)["state"] == "steady"


def test_the_words_offer_the_second_time_too(house: TestHouse) -> None:
    pair, _, mentees = house.ready_pair()
    booked = far_booked(house, pair)
    held = fallback(house, booked)
    assert held is not None
    clash(house, mentees, booked)
    cared(house)
    mentee = people_of(house, pair)[Seat.MENTEE]
    with house.house.reading() as session:
        person = people.get(session, mentee)
        rows = [row for row in standing(house.house, session, mentee) if row.kind == "care"]
        section = KINDS[rows[0].kind].section(house.house, session, rows[0], person)
    assert [action.details for action in section.actions][-2] == ("held for you both",)
    assert section.actions[-1].label == "Leave it as it is"


def test_many_meetings_are_read_with_few_questions(house: TestHouse) -> None:
    from sqlalchemy import event

    def questions() -> int:
        counted = []

        def note(_c, _cursor, statement, *_more):  # type: ignore[no-untyped-def]
            if statement.lstrip().upper().startswith("SELECT"):
                counted.append(statement)

        event.listen(house.house.engine, "before_cursor_execute", note)
        take_care(house.house)
        event.remove(house.house.engine, "before_cursor_execute", note)
        return len(counted)

    pair, _, _ = house.ready_pair()
    far_booked(house, pair)
    one = questions()
    for name in ("Ada", "Bea", "Cleo"):
        mentor, mentee = house.person(name), house.person(name + "s")
        house.local(mentor), house.local(mentee)
        far_booked(house, house.pair(mentor, mentee))
    assert questions() - one <= 3 * 2, "a meeting more is read once more as it is written, in a transaction of its own"
