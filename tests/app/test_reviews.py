"""Reviews: opened by dates and by sessions, answered unseen, settled by the rule, carried out; nothing tells who chose what."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from sqlmodel import select

from service.app import show
from service.app.act.links import action_link, open_action
from service.app.act.verbs import do, look
from service.app.export_person import export_person
from service.app.forget_person import forget_person
from service.app.hold_review import answer_review
from service.app.keep_pair import change_pair
from service.app.post.bundle import standing
from service.app.read_coaching import read_coaching
from service.app.report_outcome import report_outcome
from service.app.rest_pair import pause_pair, restart_pair, resume_pair
from service.domain.errors import BadInput, Denied, NotNow
from service.domain.ledger import Seat
from service.domain.review import OPEN_SECONDS, Choice
from service.domain.timespan import DAY, HOUR, local
from service.jobs.rounds import one_round
from service.store import meetings, pairs, people, reviews
from service.store.leave_tables import Review, ReviewChoice
from service.store.tables import Pair
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def beat(house: TestHouse) -> None:
    one_round(house.house)
    house.run()


def pair_row(house: TestHouse, pair_id: str) -> Pair:
    with house.house.reading() as session:
        return pairs.get(session, pair_id)


def newest(house: TestHouse, pair_id: str) -> Review | None:
    with house.house.reading() as session:
        return reviews.latest(session, pair_id)


def opened(house: TestHouse, **facts: object) -> tuple[str, str]:
    """A pair with an open review: ``(pair, review)``."""
    pair, _, _ = house.ready_pair(objectives=[{"text": "One talk", "review_on": "2026-06-10"}], **facts)
    house.clock.advance(10 * DAY)
    beat(house)
    review = newest(house, pair)
    assert review is not None
    return pair, review.id


def answer(house: TestHouse, review: str, mentor: Choice | None, mentee: Choice | None) -> None:
    for seat, choice in ((Seat.MENTOR, mentor), (Seat.MENTEE, mentee)):
        if choice is not None:
            answer_review(house.house, review, by=seat, choice=choice)
    house.run()


def met(house: TestHouse, pair: str, rank: int = 0) -> None:
    meeting = house.booked(pair, rank=rank)
    with house.house.reading() as session:
        house.clock.at = max(house.clock.at, meetings.get(session, meeting).end)
    report_outcome(house.house, meeting, by=Seat.MENTOR, happened=True)


def asked(house: TestHouse, pair: str) -> list[list[str]]:
    row = pair_row(house, pair)
    with house.house.reading() as session:
        return [[a.kind for a in standing(house.house, session, p)] for p in (row.mentor_id, row.mentee_id)]


def told(house: TestHouse) -> dict[str, list[str]]:
    """The news by reader: subjects and words without names and links."""
    found: dict[str, list[str]] = {}
    for mail in house.mails.sent:
        if mail.method is None and "/do/" not in mail.text:
            found.setdefault(mail.to.email, []).append(mail.subject)
    return found


def test_a_date_that_has_come_asks_both_in_the_morning_of_the_mentors_clock(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(
        objectives=[
            "No date",
            {"text": "Soon", "review_on": "2026-06-10"},
            {"text": "Later", "review_on": "2026-09-01"},
        ]
    )
    due = pair_row(house, pair).review_due_at
    assert due is not None
    assert f"{local(due, 'Europe/Berlin'):%Y-%m-%d %H:%M}" == "2026-06-10 08:00"
    house.clock.at = due - 1
    beat(house)
    assert newest(house, pair) is None
    house.clock.at = due
    for _ in range(3):
        beat(house)
    review = newest(house, pair)
    assert review is not None
    assert (review.status, review.because, review.closes_at) == ("open", "date", due + OPEN_SECONDS)
    assert asked(house, pair) == [["review"], ["review"]]
    next_due = pair_row(house, pair).review_due_at
    assert f"{local(next_due or 0, 'Europe/Berlin'):%Y-%m-%d}" == "2026-09-01"


def test_an_objective_that_is_done_or_past_asks_for_nothing(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(objectives=[{"text": "Done", "review_on": "2026-06-10", "done": True}])
    assert pair_row(house, pair).review_due_at is None
    change_pair(house.house, pair, {"objectives": [{"text": "Long ago", "review_on": "2026-05-01"}]})
    assert pair_row(house, pair).review_due_at is None


def test_a_date_of_today_is_kept_after_its_morning_too_and_asked_once(house: TestHouse) -> None:
    house.clock.advance(8 * HOUR)  # the afternoon
    pair, _, _ = house.ready_pair(objectives=[{"text": "Now", "review_on": "2026-06-01"}])
    beat(house)
    review = newest(house, pair)
    assert review is not None
    assert pair_row(house, pair).review_due_at is None
    answer_review(house.house, review.id, by=Seat.MENTOR, choice=Choice.CONTINUE)
    answer_review(house.house, review.id, by=Seat.MENTEE, choice=Choice.CONTINUE)
    change_pair(house.house, pair, {"objectives": [{"text": "Another wording", "review_on": "2026-06-01"}]})
    beat(house)
    last = newest(house, pair)
    assert last is not None
    assert last.id == review.id, "one review a day is enough"


def test_objectives_keep_their_ids(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(objectives=["One", "Two"])
    one, two = pair_row(house, pair).objectives
    change_pair(house.house, pair, {"objectives": [{**two, "done": True}, "Three"]})
    kept = pair_row(house, pair).objectives
    assert (kept[0], kept[1]["text"]) == ({**two, "done": True}, "Three")
    assert len({one["id"], two["id"], kept[1]["id"]}) == 3
    for bad in ({"id": "obj_x", "text": "?"}, {"text": " "}, {"text": "x", "review_on": "2026-02-30"}):
        with pytest.raises(BadInput, match=r"objectives\[0\]"):
            change_pair(house.house, pair, {"objectives": [bad]})
    with pytest.raises(BadInput, match="twice"):
        change_pair(house.house, pair, {"objectives": [two, two]})


def test_sessions_used_up_ask_both_and_going_on_begins_a_new_block(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(sessions_agreed=2)
    met(house, pair)
    assert newest(house, pair) is None
    assert read_coaching(house.house, pair)["sessions"] == {"agreed": 2, "held": 1}
    met(house, pair)
    review = newest(house, pair)
    assert review is not None
    assert review.because == "sessions"
    answer(house, review.id, Choice.CONTINUE, Choice.CONTINUE)
    assert told(house) == {}, "where nothing changes nothing is mailed"
    assert read_coaching(house.house, pair)["sessions"] == {"agreed": 2, "held": 0}
    assert read_coaching(house.house, pair)["minutes"] == {"mentor": 120, "mentee": 120}
    met(house, pair)
    latest = newest(house, pair)
    assert latest is not None
    assert latest.id == review.id


@pytest.mark.parametrize("order", list(permutations(Seat)))
def test_the_outcome_says_nothing_of_who_chose_what(house: TestHouse, order: tuple[Seat, Seat]) -> None:
    pair, review = opened(house)
    before = newest(house, pair)
    answer_review(house.house, review, by=order[0], choice=Choice.END)
    after = newest(house, pair)
    assert before is not None
    assert after is not None
    assert show.review(after) == show.review(before), "it looks the same whoever has chosen"
    with house.house.reading() as session:
        shown = {str(entry.data) + entry.type for entry in pairs.ledger(session, pair)}
    assert not any("end" in entry.replace("mentee", "") for entry in shown if "review" in entry)
    answer_review(house.house, review, by=order[1], choice=Choice.CONTINUE)
    house.run()
    settled = newest(house, pair)
    assert settled is not None
    assert (settled.status, settled.agreed) == ("agreed", "change")
    with house.house.reading() as session:
        assert session.exec(select(ReviewChoice)).all() == [], "what was chosen is taken out"
    words = told(house)
    assert words == {
        "marta@example.org": ["Your review with Emil Mentee: room for a change"],
        "emil@example.org": ["Your review with Marta Mentor: room for a change"],
    }


def test_a_seat_may_choose_anew_until_it_is_settled(house: TestHouse) -> None:
    pair, review = opened(house)
    for choice in (Choice.END, Choice.CONTINUE, Choice.SLOW_DOWN):
        answer_review(house.house, review, by=Seat.MENTOR, choice=choice)
    row = pair_row(house, pair)
    assert export_person(house.house, row.mentor_id)["review_choices"] == [{"review_id": review, "choice": "slow_down"}]
    assert export_person(house.house, row.mentee_id)["review_choices"] == []
    assert asked(house, pair) == [[], ["review"]]
    answer_review(house.house, review, by=Seat.MENTEE, choice=Choice.SLOW_DOWN)
    row = pair_row(house, pair)
    assert (row.cadence_every, row.cadence_unit) == (2, "month")
    with pytest.raises(NotNow, match="over"):
        answer_review(house.house, review, by=Seat.MENTOR, choice=Choice.END)


def test_silence_until_the_end_is_going_on(house: TestHouse) -> None:
    pair, review = opened(house)
    house.clock.advance(OPEN_SECONDS)
    with pytest.raises(NotNow):
        answer_review(house.house, review, by=Seat.MENTOR, choice=Choice.END)
    beat(house)
    settled = newest(house, pair)
    assert settled is not None
    assert (settled.status, settled.agreed, told(house)) == ("agreed", "continue", {})
    assert asked(house, pair) == [[], []]


def test_a_change_leaves_room_in_the_next_meeting_and_asks_once_more_after_it(house: TestHouse) -> None:
    pair, review = opened(house)
    answer(house, review, Choice.SLOW_DOWN, Choice.END)
    assert pair_row(house, pair).changing
    assert pair_row(house, pair).status == "active"
    met(house, pair)
    second = newest(house, pair)
    assert second is not None
    assert (second.status, second.because, pair_row(house, pair).changing) == ("open", "follow_up", False)
    answer(house, second.id, Choice.END, Choice.END)
    row = pair_row(house, pair)
    assert (row.status, row.farewell) == ("ended", "asked"), "and both are asked about a last meeting"
    assert asked(house, pair) == [["last_meeting"], ["last_meeting"]]


def test_what_ends_or_begins_afresh_takes_an_open_review_back(house: TestHouse) -> None:
    pair, review = opened(house)
    answer_review(house.house, review, by=Seat.MENTOR, choice=Choice.END)
    restart_pair(house.house, pair, by=Seat.MENTEE)
    dropped = newest(house, pair)
    assert dropped is not None
    assert (dropped.status, dropped.agreed) == ("dropped", None)
    with house.house.reading() as session:
        assert session.exec(select(ReviewChoice)).all() == []
    with pytest.raises(NotNow):
        answer_review(house.house, review, by=Seat.MENTEE, choice=Choice.END)


def test_a_resting_pair_is_reviewed_when_it_goes_on(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(objectives=[{"text": "One talk", "review_on": "2026-06-10"}])
    pause_pair(house.house, pair, by=Seat.MENTOR, until=None)
    house.clock.advance(20 * DAY)
    beat(house)
    assert newest(house, pair) is None
    resume_pair(house.house, pair, by=Seat.MENTEE)
    beat(house)
    assert newest(house, pair) is not None


def test_one_tap_chooses_and_another_persons_link_does_not(house: TestHouse) -> None:
    pair, review = opened(house)
    someone = house.person("Stranger")
    with house.house.reading() as session:
        mentor, stranger = (people.get(session, p) for p in (pair_row(house, pair).mentor_id, someone))
    until = house.clock.now() + DAY

    def act(person: object, choice: str) -> object:
        link = action_link(house.house, person, "review", review, choice, expires_at=until)  # type: ignore[arg-type]
        return open_action(house.house, link.partition("/do/")[2])

    with pytest.raises(Denied):
        do(house.house, act(stranger, "end"))  # type: ignore[arg-type]
    mine = act(mentor, "end")
    said = do(house.house, mine)  # type: ignore[arg-type]
    assert said == do(house.house, mine) == look(house.house, mine)  # type: ignore[arg-type]
    assert "unseen" in said
    with house.house.reading() as session:
        assert list(reviews.choices(session, review).values()) == ["end"]


def test_a_forgotten_partner_leaves_no_choice_behind(house: TestHouse) -> None:
    pair, review = opened(house)
    row = pair_row(house, pair)
    answer_review(house.house, review, by=Seat.MENTEE, choice=Choice.END)
    forget_person(house.house, row.mentee_id)
    with house.house.reading() as session:
        assert session.exec(select(ReviewChoice)).all() == []
    with pytest.raises(NotNow):
        answer_review(house.house, review, by=Seat.MENTOR, choice=Choice.CONTINUE)
    assert pair_row(house, pair).objectives == []
