"""Did it happen: both are asked once after the end, each by one tap; what a meeting was worth stays with whoever said it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from service.app.act.links import open_action
from service.app.act.verbs import do, look
from service.app.alter_meeting import cancel_meeting
from service.app.export_person import export_person
from service.app.post.bundle import standing
from service.app.read_coaching import read_coaching
from service.app.read_patterns import read_patterns
from service.app.report_outcome import mark_worth, report_outcome
from service.domain.errors import BadInput, NotNow
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import one_round
from service.store import meetings, pairs, people
from service.store.tables import LedgerEntry, Meeting, Person
from service.store.webhook_tables import WebhookEvent
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def over(house: TestHouse, pair: str, rank: int = 0) -> Meeting:
    """A meeting that has just ended, and the round that follows."""
    meeting = house.booked(pair, rank=rank)
    with house.house.reading() as session:
        row = meetings.get(session, meeting)
    house.clock.at = row.end
    beat(house)
    return row


def beat(house: TestHouse) -> None:
    one_round(house.house)
    house.run()


def asked(house: TestHouse, person_id: str) -> list[str]:
    """The kinds of what somebody is asked at present."""
    with house.house.reading() as session:
        return [row.kind for row in standing(house.house, session, person_id)]


def both(house: TestHouse, pair_id: str) -> tuple[Person, Person]:
    with house.house.reading() as session:
        pair = pairs.get(session, pair_id)
        found = people.get_many(session, [pair.mentor_id, pair.mentee_id])
    return found[pair.mentor_id], found[pair.mentee_id]


def events(house: TestHouse, kind: str) -> list[str]:
    with house.house.reading() as session:
        return [e.body for e in session.exec(select(WebhookEvent).where(WebhookEvent.type == kind)).all()]


def taps(house: TestHouse, person: Person) -> list[str]:
    """The tokens of the one-tap links in the newest mail to somebody."""
    house.clock.advance(DAY)
    beat(house)
    mail = [m for m in house.mails.sent if m.to.email == person.email and "/do/" in m.text][-1]
    return [line.partition("/do/")[2] for line in mail.text.splitlines() if "/do/" in line]


def test_both_are_asked_once_after_the_end_and_not_before(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    mentor, mentee = both(house, pair)
    with house.house.reading() as session:
        end = meetings.get(session, meeting).end
    house.clock.at = end - 1
    beat(house)
    assert asked(house, mentor.id) == asked(house, mentee.id) == []
    house.clock.at = end
    for _ in range(3):
        beat(house)
    assert asked(house, mentor.id) == asked(house, mentee.id) == ["outcome"]
    report_outcome(house.house, meeting, by=Seat.MENTOR, happened=True)
    assert (asked(house, mentor.id), asked(house, mentee.id)) == ([], ["outcome"])


def test_one_tap_in_the_mail_answers_and_a_second_tap_changes_nothing(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    row = over(house, pair)
    mentor, mentee = both(house, pair)
    yes, no = taps(house, mentee)
    offer = look(house.house, open_action(house.house, yes))
    assert not isinstance(offer, str)
    assert offer.button == "Yes, we met"
    with house.house.reading() as session:
        assert meetings.get(session, row.id).status == "booked", "looking changes nothing"
    assert do(house.house, open_action(house.house, yes)) == do(house.house, open_action(house.house, yes))
    assert look(house.house, open_action(house.house, yes)) == do(house.house, open_action(house.house, yes))
    assert len(events(house, "meeting.held")) == 1
    _, theirs = taps(house, mentor)
    do(house.house, open_action(house.house, theirs))
    with house.house.reading() as session:
        kept = meetings.get(session, row.id)
    assert (kept.status, kept.mentor_says, kept.mentee_says) == ("held", False, True), "a difference is kept as it is"
    assert (len(events(house, "meeting.held")), len(events(house, "meeting.missed"))) == (1, 0)
    assert no != yes


def test_the_same_word_again_is_no_news(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    row = over(house, pair)
    for _ in range(3):
        report_outcome(house.house, row.id, by=Seat.MENTOR, happened=False)
    with house.house.reading() as session:
        entries = session.exec(select(LedgerEntry.type).where(LedgerEntry.type == "outcome.reported")).all()
    assert (len(entries), len(events(house, "meeting.missed"))) == (1, 1)
    report_outcome(house.house, row.id, by=Seat.MENTOR, happened=True)
    assert len(events(house, "meeting.held")) == 1, "a seat may correct itself"


def test_before_the_start_and_after_a_cancellation_there_is_nothing_to_say(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    meeting = house.booked(pair)
    with pytest.raises(NotNow, match="not begun"):
        report_outcome(house.house, meeting, by=Seat.MENTOR, happened=True)
    with pytest.raises(NotNow):
        mark_worth(house.house, meeting, by=Seat.MENTOR, worth=3)
    cancel_meeting(house.house, meeting, by=Seat.MENTEE)
    house.clock.advance(60 * DAY)
    beat(house)
    with pytest.raises(NotNow, match="called off"):
        report_outcome(house.house, meeting, by=Seat.MENTOR, happened=True)
    assert asked(house, both(house, pair)[0].id) == []


def test_a_meeting_that_moved_away_is_asked_about_at_its_new_end(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    row = over(house, pair)
    mentor, mentee = both(house, pair)
    yes, _no = taps(house, mentee)
    from service.app.local_calendar import change_event
    from service.store import local_events

    with house.house.reading() as session:
        event = local_events.between(session, [calendar], row.start, row.end)[0]
    later = house.clock.now() + 2 * DAY
    change_event(house.house, calendar, event.id, {"start": later, "end": later + HOUR})
    house.clock.advance(HOUR)
    beat(house)
    with house.house.reading() as session:
        moved = meetings.get(session, row.id)
    assert (moved.start, moved.sequence) == (later, 1), "somebody dragged it on after its time"
    assert asked(house, mentor.id) == []
    with pytest.raises(NotNow, match="still to come"):
        look(house.house, open_action(house.house, yes))
    house.clock.at = moved.end
    beat(house)
    assert asked(house, mentor.id) == asked(house, mentee.id) == ["outcome"]


def test_silence_is_neither_held_nor_missed_and_teaches_the_model_nothing(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    before = read_patterns(house.house, pair)
    row = over(house, pair)
    house.clock.advance(40 * DAY)
    beat(house)
    with house.house.reading() as session:
        kept = meetings.get(session, row.id)
        assert (kept.status, kept.first_outcome) == ("booked", None)
        mentor, mentee = pairs.get(session, pair).mentor_id, pairs.get(session, pair).mentee_id
        assert meetings.outcomes(session, [mentor, mentee], 0) == []
    found = read_patterns(house.house, pair)
    assert (found["held"], before["held"]) == (0, 0)
    assert found["last_held_at"] is None
    assert read_coaching(house.house, pair)["minutes"] == {"mentor": 0, "mentee": 0}
    assert events(house, "meeting.held") == events(house, "meeting.missed") == []


def test_a_mark_is_seen_by_nobody_but_its_maker(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    row = over(house, pair)
    mentor, mentee = both(house, pair)
    report_outcome(house.house, row.id, by=Seat.MENTEE, happened=True, worth=2)
    mark_worth(house.house, row.id, by=Seat.MENTOR, worth=5)
    mark_worth(house.house, row.id, by=Seat.MENTOR, worth=4)
    mine, theirs = export_person(house.house, mentor.id), export_person(house.house, mentee.id)
    assert [m["worth"] for m in mine["worth"]] == [4]
    assert [m["worth"] for m in theirs["worth"]] == [2]
    assert "worth" not in json.dumps([mine["pairs"], theirs["pairs"]])
    with house.house.reading() as session:
        assert not any("worth" in entry.data for entry in pairs.ledger(session, pair))
    assert not any("worth" in body for body in events(house, "meeting.held"))


def test_a_mark_needs_a_meeting_that_its_maker_remembers(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    row = over(house, pair)
    with pytest.raises(NotNow):
        mark_worth(house.house, row.id, by=Seat.MENTOR, worth=3)
    with pytest.raises(BadInput):
        report_outcome(house.house, row.id, by=Seat.MENTOR, happened=False, worth=3)
    report_outcome(house.house, row.id, by=Seat.MENTEE, happened=True, worth=3)
    mark_worth(house.house, row.id, by=Seat.MENTOR, worth=5)  # the other said yes, and this seat does not object
    report_outcome(house.house, row.id, by=Seat.MENTOR, happened=False)
    with pytest.raises(NotNow):
        mark_worth(house.house, row.id, by=Seat.MENTOR, worth=3)
    assert export_person(house.house, both(house, pair)[0].id)["worth"] == [], "a no takes the mark back"


def test_the_next_step_stands_in_the_next_invitation_and_goes_when_that_was_held(house: TestHouse) -> None:
    ada, ben = house.person("Ada"), house.person("Ben")  # without calendars both are invited by mail
    pair = house.pair(ada, ben, focus="Leading a first team")
    row = over(house, pair)
    report_outcome(house.house, row.id, by=Seat.MENTOR, happened=True, next_step="  Ask Karin\nabout the budget ")
    house.mails.sent.clear()
    second = house.booked(pair)
    invitations = [mail for mail in house.mails.sent if mail.invitation]
    assert len(invitations) == 2
    for mail in invitations:
        assert mail.invitation is not None
        for words in (mail.text, mail.invitation.description):
            assert "Focus: Leading a first team" in words
            assert "Ask Karin about the budget" in words
            assert "nobody needs to explain" in words
    with house.house.reading() as session:
        assert pairs.get(session, pair).next_step == "Ask Karin about the budget"
        house.clock.at = meetings.get(session, second).end
    report_outcome(house.house, second, by=Seat.MENTEE, happened=True)
    with house.house.reading() as session:
        assert pairs.get(session, pair).next_step is None
    with house.house.reading() as session:
        assert not any("Karin" in str(entry.data) for entry in pairs.ledger(session, pair))


def test_nobody_answers_for_a_meeting_of_others(house: TestHouse) -> None:
    from service.app.act.links import action_link
    from service.domain.errors import Denied

    pair, _, _ = house.ready_pair()
    row = over(house, pair)
    stranger = house.person("Stranger")
    with house.house.reading() as session:
        person = people.get(session, stranger)
    link = action_link(house.house, person, "outcome", row.id, 1, expires_at=house.clock.now() + DAY)
    act = open_action(house.house, link.partition("/do/")[2])
    for tap in (look, do):
        with pytest.raises(Denied):
            tap(house.house, act)
    with house.house.reading() as session:
        assert not [e for e in pairs.ledger(session, pair) if e.type is EntryType.OUTCOME_REPORTED]
