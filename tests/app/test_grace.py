"""Rest, fresh start, end, drift: the same words to both, and nothing from which either could tell who asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from service.app import show
from service.app.answer_drift import answer_drift
from service.app.answer_proposal import accept_slot
from service.app.drift import offer_drift
from service.app.end_pair import end_pair
from service.app.export_person import export_person
from service.app.forget_person import forget_person
from service.app.last_meeting import propose_last, wish_last_meeting
from service.app.post.bundle import standing
from service.app.read_patterns import read_patterns
from service.app.rest_pair import pause_pair, restart_pair, resume_pair
from service.domain.drift import DriftStep
from service.domain.errors import BadInput, NotNow
from service.domain.ledger import Seat
from service.domain.meeting import MeetingStatus
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import one_round
from service.store import farewells, meetings, pairs, proposals
from service.store.every_table import every_table
from service.store.leave_tables import FarewellWish, HandoverNote
from service.store.tables import IdempotencyRow, MailRow, Pair
from tests.house import TestHouse, make_house

Act = Callable[[TestHouse, str, Seat], object]


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def beat(house: TestHouse) -> None:
    one_round(house.house)
    house.run()


def pair_row(house: TestHouse, pair_id: str) -> Pair:
    with house.house.reading() as session:
        return pairs.get(session, pair_id)


def asked(house: TestHouse, pair: str) -> list[list[str]]:
    row = pair_row(house, pair)
    with house.house.reading() as session:
        return [[a.kind for a in standing(house.house, session, p)] for p in (row.mentor_id, row.mentee_id)]


def drift_of(house: TestHouse, pair_id: str) -> str:
    with house.house.writing() as session:
        made = offer_drift(house.house, session, pairs.locked(session, pair_id))
    assert made is not None
    return made


def drifting(step: DriftStep) -> Act:
    """Takes a step up; no seat is needed for it, which is the point."""
    return lambda house, pair, _by: answer_drift(house.house, drift_of(house, pair), step=step)


ACTS: dict[str, Act] = {
    "rest": lambda house, pair, by: pause_pair(house.house, pair, by=by, until=None),
    "rest, calling off": lambda house, pair, by: pause_pair(
        house.house, pair, by=by, until=house.clock.now() + 60 * DAY, call_off=True
    ),
    "end": lambda house, pair, by: end_pair(house.house, pair, by=by),
    "end with a note": lambda house, pair, by: end_pair(house.house, pair, by=by, handover="They learnt a lot."),
    "rest after drift": drifting(DriftStep.REST),
    "slower after drift": drifting(DriftStep.SLOWER),
    "end after drift": drifting(DriftStep.END),
}


def traces(tmp_path: Path, act: Act, by: Seat) -> dict[str, list[Any]]:
    """Everything that the database and the outside hold after ``by`` acted, with ids and secrets made alike."""
    tmp_path.mkdir(parents=True)
    house = make_house(tmp_path)
    pair, _, _ = house.ready_pair()
    house.booked(pair)
    act(house, pair, by)
    beat(house)
    held: dict[str, list[Any]] = {}
    with house.house.reading() as session:
        for table in every_table().sorted_tables:
            rows = [dict(row._mapping) for row in session.execute(select(table)).all()]  # type: ignore[call-overload]
            held[table.name] = sorted(_alike(_unsealed(row)) for row in rows)
    held["mails out"] = [_alike([m.to.email, m.subject, m.text, m.method, m.message_id]) for m in house.mails.sent]
    held["webhooks"] = [_alike([p["type"], p["data"]]) for p in house.posts.posts]
    return held


def _unsealed(row: dict[str, Any]) -> dict[str, Any]:
    return {name: len(value) if isinstance(value, bytes) else value for name, value in row.items()}


def _alike(thing: Any) -> str:
    """Without what chance decides: ids, tokens, hashes."""
    words = re.sub(r"[a-z]+_[0-9a-z]{26}", "ID", repr(thing))
    words = re.sub(r"/(me|do|feeds)/[\w.-]+", "LINK", words)
    return re.sub(r"[0-9a-f]{64}|whsec_\S+", "HASH", words)


@pytest.mark.parametrize("name", list(ACTS))
def test_whoever_asked_every_table_mail_and_webhook_is_the_same(tmp_path: Path, name: str) -> None:
    mentor = traces(tmp_path / "a", ACTS[name], Seat.MENTOR)
    mentee = traces(tmp_path / "b", ACTS[name], Seat.MENTEE)
    assert mentor["mail"], "else this could not fail"
    assert mentor == mentee


def test_the_comparison_would_see_a_seat_that_was_written_down(tmp_path: Path) -> None:
    wish: Act = lambda house, pair, by: end_pair(house.house, pair, by=by, last_meeting=True)  # noqa: E731

    def without_booking(house: TestHouse, pair: str, by: Seat) -> None:
        with house.house.reading() as session:
            coming = meetings.upcoming(session, pair, house.clock.now())
        from service.app.alter_meeting import cancel_meeting

        for meeting in coming:
            cancel_meeting(house.house, meeting.id, by=Seat.MENTOR)
        wish(house, pair, by)

    mentor = traces(tmp_path / "a", without_booking, Seat.MENTOR)
    mentee = traces(tmp_path / "b", without_booking, Seat.MENTEE)
    different = {name for name in mentor if mentor[name] != mentee[name]}
    # A wish is kept until it is settled, and whoever has said yes is not asked: that is for nobody else to see.
    assert different <= {"ask"}
    assert [mentor[name] for name in ("mails out", "webhooks")] == [mentee[name] for name in ("mails out", "webhooks")]


def test_both_get_the_same_words_in_one_order(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    pause_pair(house.house, pair, by=Seat.MENTEE, until=house.clock.now() + 30 * DAY)
    house.run()
    first, second = house.mails.sent
    assert (first.to.email, second.to.email) == ("marta@example.org", "emil@example.org")
    plain = [
        re.sub(r"Marta Mentor|Emil Mentee", "NAME", re.sub(r"/me/\S+|-{5,}", "", m.subject + m.text))
        for m in (first, second)
    ]
    assert plain[0] == plain[1]
    assert "They rest until Wednesday 1 July." in first.text
    with house.house.reading() as session:
        rows = session.exec(select(MailRow)).all()
    assert len({row.created_at for row in rows}) == 1


def test_nothing_that_is_kept_of_a_form_names_who_sent_it(house: TestHouse) -> None:
    from service.app.act.links import action_link, open_action
    from service.app.act.verbs import do
    from service.store import people

    pair, _, _ = house.ready_pair()
    drift = drift_of(house, pair)
    with house.house.reading() as session:
        mentee = people.get(session, pair_row(house, pair).mentee_id)
    link = action_link(house.house, mentee, "drift", drift, "end", expires_at=house.clock.now() + DAY)
    do(house.house, open_action(house.house, link.partition("/do/")[2]))
    with house.house.reading() as session:
        [row] = session.exec(select(IdempotencyRow)).all()
    assert (row.caller, mentee.id in repr(row)) == ("do", False)


def test_a_rest_calls_off_what_is_booked_in_it_only_if_asked_to(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    pause_pair(house.house, pair, by=Seat.MENTOR, until=None)
    with house.house.reading() as session:
        assert meetings.get(session, meeting).status == MeetingStatus.BOOKED
    resume_pair(house.house, pair, by=Seat.MENTEE)
    pause_pair(house.house, pair, by=Seat.MENTOR, until=house.clock.now() + 60, call_off=True)
    with house.house.reading() as session:
        assert meetings.get(session, meeting).status == MeetingStatus.BOOKED, "it lies after the rest"
    pause_pair(house.house, pair, by=Seat.MENTOR, until=None, call_off=True)
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
        [change] = meetings.changes(session, [meeting])[meeting]
    assert (row.status, change.reason_code, change.initiator.role) == ("cancelled", "pair_paused", None)


def test_a_fresh_start_counts_from_now_and_keeps_the_record(house: TestHouse) -> None:
    from service.app.alter_meeting import cancel_meeting

    pair, _, _ = house.ready_pair(sessions_agreed=3)
    cancel_meeting(house.house, house.booked(pair), by=Seat.MENTOR)
    assert read_patterns(house.house, pair)["moves"] == 1
    with house.house.reading() as session:
        before = len(pairs.ledger(session, pair))
    end_pair(house.house, pair, by=Seat.MENTEE, last_meeting=True)
    restart_pair(house.house, pair, by=Seat.MENTOR)
    found, row = read_patterns(house.house, pair), pair_row(house, pair)
    assert (found["moves"], found["state"]) == (0, "steady")
    assert (row.status, row.farewell, row.farewell_until) == ("active", None, None)
    assert asked(house, pair) == [[], []]
    with house.house.reading() as session:
        assert len(pairs.ledger(session, pair)) == before + 2
        assert session.exec(select(FarewellWish)).all() == []


def test_the_booked_meeting_stays_as_the_last_one(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    first, second = house.booked(pair), house.booked(pair)
    house.mails.sent.clear()
    end_pair(house.house, pair, by=Seat.MENTOR, last_meeting=True)
    house.run()
    with house.house.reading() as session:
        rows = sorted((meetings.get(session, m) for m in (first, second)), key=lambda row: row.start)
    assert [row.status for row in rows] == ["booked", "cancelled"]
    assert pair_row(house, pair).farewell == "kept"
    assert asked(house, pair) == [[], []]
    news = [mail.text for mail in house.mails.sent if mail.method is None]
    assert len(news) == 2
    assert all("stays, as the last one" in text for text in news)


def test_a_last_meeting_needs_two_wishes_and_a_no_is_told_to_nobody(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    end_pair(house.house, pair, by=Seat.MENTOR, last_meeting=True)
    beat(house)
    assert asked(house, pair) == [[], ["last_meeting"]]
    before = show.pair(pair_row(house, pair))
    mails = len(house.mails.sent)
    wish_last_meeting(house.house, pair, by=Seat.MENTEE, wish=False)
    beat(house)
    assert (show.pair(pair_row(house, pair)), len(house.mails.sent)) == (before, mails), (
        "nothing shows that it was a no"
    )
    row = pair_row(house, pair)
    wishes = [export_person(house.house, p)["last_meeting_wishes"] for p in (row.mentor_id, row.mentee_id)]
    assert wishes == [[{"pair_id": pair, "wish": True}], [{"pair_id": pair, "wish": False}]]
    wish_last_meeting(house.house, pair, by=Seat.MENTEE, wish=True)
    beat(house)
    assert pair_row(house, pair).farewell == "wished"
    with house.house.reading() as session:
        [offer] = proposals.open_of(session, pair)
        slots = proposals.slots(session, offer.id)
        assert session.exec(select(FarewellWish)).all() == []
    accept_slot(house.house, offer.id, slot_id=slots[0].id, by=Seat(offer.responder))
    row = pair_row(house, pair)
    assert (row.status, row.farewell, row.farewell_until) == ("ended", "kept", None)
    with pytest.raises(NotNow):
        house.slots(pair)
    with pytest.raises(NotNow):
        wish_last_meeting(house.house, pair, by=Seat.MENTOR, wish=True)


def test_wishes_for_a_last_meeting_fade(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    end_pair(house.house, pair, by=Seat.MENTEE, last_meeting=True)
    house.clock.advance(31 * DAY)
    with pytest.raises(NotNow):
        wish_last_meeting(house.house, pair, by=Seat.MENTOR, wish=True)
    beat(house)
    row = pair_row(house, pair)
    assert (row.farewell, row.farewell_until, asked(house, pair)) == (None, None, [[], []])
    with house.house.reading() as session:
        assert session.exec(select(FarewellWish)).all() == []


def test_a_note_is_kept_for_the_coordinator_and_for_nobody_else(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    with pytest.raises(BadInput):
        end_pair(house.house, pair, by=Seat.MENTOR, handover="x" * 2001)
    end_pair(house.house, pair, by=Seat.MENTOR, handover=" Emil is ready for a bigger team. ")
    house.run()
    row = pair_row(house, pair)
    with house.house.reading() as session:
        assert [n.text for n in farewells.notes(session, pair)] == ["Emil is ready for a bigger team."]
        ledger = [entry.data for entry in pairs.ledger(session, pair)]
    seen = repr([ledger, [m.text for m in house.mails.sent], house.posts.posts])
    seen += repr([export_person(house.house, p) for p in (row.mentor_id, row.mentee_id)])
    assert "bigger team" not in seen
    forget_person(house.house, row.mentee_id)
    with house.house.reading() as session:
        assert session.exec(select(HandoverNote)).all() == []


def test_drift_is_offered_once_to_each_and_whoever_acts_first_decides(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    drift = drift_of(house, pair)
    assert drift_of(house, pair) == drift
    assert asked(house, pair) == [["drift"], ["drift"]]
    answer_drift(house.house, drift, step=DriftStep.SLOWER)
    assert asked(house, pair) == [[], []]
    assert pair_row(house, pair).cadence_every == 2
    with pytest.raises(NotNow, match="settled meanwhile"):
        answer_drift(house.house, drift, step=DriftStep.END)
    assert pair_row(house, pair).status == "active"
    again = drift_of(house, pair)
    assert again != drift
    answer_drift(house.house, again, step=DriftStep.GO_ON)
    with house.house.reading() as session:
        types = [(entry.type.value, sorted(entry.data)) for entry in pairs.ledger(session, pair)]
    assert types[1:] == [
        ("drift.offered", ["drift_id"]),
        ("drift.closed", ["drift_id"]),
        ("pair.slowed", ["every", "unit"]),
        ("drift.offered", ["drift_id"]),
        ("drift.closed", ["drift_id"]),
    ]


@pytest.mark.parametrize("act", ["pause", "end", "restart", "forget"])
def test_any_act_takes_the_drift_offer_back(house: TestHouse, act: str) -> None:
    pair, _, _ = house.ready_pair()
    drift = drift_of(house, pair)
    if act == "pause":
        pause_pair(house.house, pair, by=Seat.MENTOR, until=None)
    elif act == "end":
        end_pair(house.house, pair, by=Seat.MENTOR)
    elif act == "restart":
        restart_pair(house.house, pair, by=Seat.MENTOR)
    else:
        forget_person(house.house, pair_row(house, pair).mentor_id)
    assert asked(house, pair) == [[], []]
    with house.house.reading() as session:
        assert farewells.drift(session, drift).closed_at is not None
    with pytest.raises(NotNow):
        answer_drift(house.house, drift, step=DriftStep.END)


def test_a_resting_or_ended_pair_is_offered_nothing(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    pause_pair(house.house, pair, by=Seat.MENTOR, until=None)
    with house.house.writing() as session:
        assert offer_drift(house.house, session, pairs.locked(session, pair)) is None


def test_what_a_rest_called_off_counts_as_nobodys_move(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(move_budget=3)
    house.booked(pair)
    pause_pair(house.house, pair, by=Seat.MENTOR, until=None, call_off=True)
    resume_pair(house.house, pair, by=Seat.MENTEE)
    found = read_patterns(house.house, pair)
    row = pair_row(house, pair)
    with house.house.reading() as session:
        assert meetings.outcomes(session, [row.mentor_id, row.mentee_id], 0) == [], "nor does it teach the hold model"
    assert (found["moves"], found["late_moves"], found["state"]) == (0, 0, "steady")
    assert found["budget"]["used"] == 0


@pytest.mark.slow
def test_offers_that_go_unanswered_lead_to_one_question_and_then_to_quiet(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair(cadence={"every": 2, "unit": "week"})

    def days(number: int) -> None:
        for _ in range(number * 4):
            house.clock.advance(6 * HOUR)
            beat(house)

    days(40)
    assert asked(house, pair) == [["drift"], ["drift"]]
    with house.house.reading() as session:
        ledger = [entry.type.value for entry in pairs.ledger(session, pair)]
        assert proposals.open_of(session, pair) == []
    assert (ledger.count("proposal.expired"), ledger.count("drift.offered")) == (3, 1)
    mails = len(house.mails.sent)
    days(30)
    with house.house.reading() as session:
        later = [entry.type.value for entry in pairs.ledger(session, pair)]
    assert (later, len(house.mails.sent)) == (ledger, mails), "nothing more is chased until somebody acts"
    with house.house.reading() as session:
        drift = farewells.open_drift(session, pair)
    assert drift is not None
    answer_drift(house.house, drift.id, step=DriftStep.SLOWER)
    days(30)
    with house.house.reading() as session:
        after = [entry.type.value for entry in pairs.ledger(session, pair)]
    assert after.count("proposal.created") > ledger.count("proposal.created"), "it goes on, less often"
    assert pair_row(house, pair).cadence_every == 4


@pytest.mark.parametrize("farewell", ["kept", "asked", "wished"])
def test_of_an_ended_pair_nothing_is_to_come_once_one_of_them_is_forgotten(house: TestHouse, farewell: str) -> None:
    pair, _, _ = house.ready_pair()
    if farewell == "kept":
        house.booked(pair)
    end_pair(house.house, pair, by=Seat.MENTOR, last_meeting=True)
    if farewell == "wished":
        wish_last_meeting(house.house, pair, by=Seat.MENTEE, wish=True)
        beat(house)
    assert pair_row(house, pair).farewell == farewell
    forget_person(house.house, pair_row(house, pair).mentee_id)
    beat(house)
    row = pair_row(house, pair)
    with house.house.reading() as session:
        coming = meetings.upcoming(session, pair, house.clock.now())
        assert (coming, proposals.open_of(session, pair), farewells.wishes(session, pair)) == ([], [], {})
    assert (row.farewell, asked(house, pair)) == (None, [[], []])
    with pytest.raises(NotNow):
        wish_last_meeting(house.house, pair, by=Seat.MENTOR, wish=True)


def test_times_for_a_last_meeting_are_offered_once(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    end_pair(house.house, pair, by=Seat.MENTOR, last_meeting=True)
    wish_last_meeting(house.house, pair, by=Seat.MENTEE, wish=True)
    beat(house)
    with house.house.reading() as session:
        [offer] = proposals.open_of(session, pair)
        keys = [row.key for row in session.exec(select(IdempotencyRow)).all() if row.caller == "last_meeting"]
    propose_last(house.house, pair, int(keys[0].rpartition(":")[2]))
    with house.house.reading() as session:
        assert [row.id for row in proposals.open_of(session, pair)] == [offer.id]
    restart_pair(house.house, pair, by=Seat.MENTOR)
    propose_last(house.house, pair, 99)
