"""The time to answer an offer begins when it reaches somebody: nobody leaves unanswered what they have never been sent."""

from __future__ import annotations

from pathlib import Path

from service.app.answer_proposal import decline_proposal
from service.app.keep_person import change_person
from service.app.propose_slots import propose_slots
from service.app.record import note
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import DAY, HOUR, WEEK
from service.jobs.rounds import one_round
from service.store import pairs, proposals
from tests.house import TestHouse, make_house

OFFERED_TO_THE_MENTEE = {"proposal_id": "prop_x", "responder": "mentee", "expires_at": 0, "slots": 5, "purpose": "next"}


def _ends(at: TestHouse, proposal_id: str) -> int:
    with at.house.reading() as session:
        return proposals.get(session, proposal_id).expires_at


def _mailed(at: TestHouse) -> int:
    """Lets time pass until the next mail; when it came."""
    before = len(at.mails.sent)
    for _ in range(24 * 10):
        at.clock.advance(HOUR)
        one_round(at.house)
        at.run()
        if len(at.mails.sent) > before:
            return at.clock.at
    raise AssertionError("no mail came")


def _one_a_week(at: TestHouse, **rules: bool) -> str:
    """A pair whose mentor allows one mail a week and has just had it; the offer in it was declined. Its id."""
    pair_id, _, _ = at.ready_pair(rules=rules)
    with at.house.reading() as session:
        mentor_id = pairs.get(session, pair_id).mentor_id
    change_person(at.house, mentor_id, {"preferences": {"mails_per_week": 1}})
    first = propose_slots(at.house, pair_id, responder=Seat.MENTOR)
    assert _ends(at, first) - at.clock.at <= 3 * DAY, "a mail that may go at once is waited for no longer"
    _mailed(at)
    decline_proposal(at.house, first, by=Seat.MENTOR)
    return pair_id


def test_the_time_to_answer_begins_when_the_mail_comes(tmp_path: Path) -> None:
    at = make_house(tmp_path)
    pair_id = _one_a_week(at, auto_propose=False)
    came = at.clock.at
    at.clock.advance(DAY)
    second = propose_slots(at.house, pair_id, responder=Seat.MENTOR, limit=20)
    again = _mailed(at)
    assert again >= came + WEEK, "one mail a week"
    assert _ends(at, second) - again >= 2 * DAY
    at.house.engine.dispose()


def test_holdfast_offers_when_it_can_be_mailed(tmp_path: Path) -> None:
    at = make_house(tmp_path)
    pair_id = _one_a_week(at)
    with at.house.writing() as session:  # whose turn it is alternates: let it be the mentor's once more
        note(at.house, session, pair_id, EntryType.PROPOSAL_CREATED, **OFFERED_TO_THE_MENTEE)
        note(at.house, session, pair_id, EntryType.PROPOSAL_DECLINED, proposal_id="prop_x", by="mentee")
    came = at.clock.at
    again = _mailed(at)
    with at.house.reading() as session:
        made = [entry.at for entry in pairs.ledger(session, pair_id) if entry.type is EntryType.PROPOSAL_CREATED]
    assert again >= came + WEEK
    assert 0 <= again - made[-1] <= 2 * HOUR
    at.house.engine.dispose()
