"""The post office: what is asked goes out once, in a bundle, by the person's rules, and only while it still stands."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest

from service.app.answer_proposal import accept_slot, decline_proposal
from service.app.forget_person import forget_person
from service.app.house import House
from service.app.post.ask import ask, drop_asks
from service.app.post.bundle import on_page, standing
from service.app.post.kind import Kind
from service.app.post.kinds import KINDS
from service.app.send_mail import send_mail
from service.domain.errors import Refused, TooMany, Unreachable
from service.domain.ledger import Seat
from service.domain.proposal import MOST_OPEN
from service.domain.timespan import DAY, HOUR, MINUTE, WEEK, local
from service.jobs.rounds import one_round
from service.ports.mailer import Mail
from service.store import asks, pairs, people
from service.store.engine import make_engine
from service.store.migrate import migrate
from service.store.tables import AskRow
from service.words.letter import Section
from tests.databases import postgres
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    """On a Monday, 10:00 in Berlin."""
    made = make_house(tmp_path)
    made.clock.advance(2 * HOUR)
    return made


def beat(house: TestHouse, seconds: int = 0) -> None:
    house.clock.advance(seconds)
    one_round(house.house)
    house.run()


def asking(house: TestHouse) -> list[Mail]:
    """The mails that ask, in order."""
    return [mail for mail in house.mails.sent if mail.unsubscribe]


def until(house: TestHouse, end: int, step: int = 15 * MINUTE) -> None:
    while house.clock.now() < end:
        beat(house, step)


def test_whose_turn_it_is_is_asked_with_one_tap_a_slot(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    _, slots = house.slots(pair)
    beat(house)
    assert asking(house) == [], "what arrives within some seconds goes together"
    beat(house, 20)
    [mail] = asking(house)
    assert (mail.to.email, mail.subject) == ("marta@example.org", "When would you like to meet Emil Mentee?")
    assert mail.text.count("/do/") == len(slots) + 1
    assert mail.html.count("/do/") == len(slots) + 1
    beat(house, DAY)
    beat(house, DAY)
    assert len(asking(house)) == 1


def test_what_was_answered_meanwhile_is_never_mailed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, slots = house.slots(pair)
    accept_slot(house.house, proposal, slot_id=slots[0].id, by=Seat.MENTOR)
    beat(house, HOUR)
    other, _ = house.slots(pair)
    decline_proposal(house.house, other, by=Seat.MENTEE)
    beat(house, DAY)
    assert asking(house) == []


def test_what_stands_together_goes_together(house: TestHouse) -> None:
    marta, emil, otto = house.person("Marta Mentor"), house.person("Emil Mentee"), house.person("Otto Other")
    for person in (marta, emil, otto):
        house.local(person)
    for mentee in (emil, otto):
        house.slots(house.pair(marta, mentee))
    beat(house, 20)
    [mail] = asking(house)
    assert mail.subject == "When would you like to meet Emil Mentee? (and one more)"
    assert "Emil Mentee" in mail.text
    assert "Otto Other" in mail.text


def test_one_answered_of_two_is_left_out(house: TestHouse) -> None:
    marta, emil, otto = house.person("Marta Mentor"), house.person("Emil Mentee"), house.person("Otto Other")
    for person in (marta, emil, otto):
        house.local(person)
    first, _ = house.slots(house.pair(marta, emil))
    house.slots(house.pair(marta, otto))
    decline_proposal(house.house, first, by=Seat.MENTOR)
    beat(house, 20)
    [mail] = asking(house)
    assert mail.subject == "When would you like to meet Otto Other?"
    assert "Emil" not in mail.text


def test_nobody_gets_more_than_the_promised_mails(house: TestHouse) -> None:
    """A flood: a new proposal every four hours, for three weeks, day and night."""
    marta = house.person("Marta Mentor", "America/New_York")
    emil = house.person("Emil Mentee", "Europe/Helsinki")
    house.local(marta), house.local(emil)
    pair = house.pair(marta, emil)
    sent: dict[str, list[int]] = {"marta@example.org": [], "emil@example.org": []}
    end = house.clock.now() + 3 * WEEK
    while house.clock.now() < end:
        with suppress(TooMany):
            house.slots(pair, responder=Seat.MENTOR if house.clock.now() // (4 * HOUR) % 2 else Seat.MENTEE, limit=1)
        before = len(house.mails.sent)
        beat(house, 4 * HOUR)
        for mail in house.mails.sent[before:]:
            sent[mail.to.email].append(house.clock.now())
    for email, zone in (("marta@example.org", "America/New_York"), ("emil@example.org", "Europe/Helsinki")):
        times = sent[email]
        assert 8 <= len(times) <= 10
        assert all(sum(t - WEEK < s <= t for s in times) <= 3 for t in times)
        assert all(8 <= local(t, zone).hour < 20 and local(t, zone).weekday() < 5 for t in times)


def test_a_mail_server_that_is_away_is_tried_again_by_the_same_rules(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, _ = house.slots(pair)
    house.mails.trouble = Unreachable("The mail server is away.")
    until(house, house.clock.now() + 12 * HOUR)  # into the night
    house.mails.trouble = None
    until(house, house.clock.now() + 6 * HOUR)
    assert asking(house) == [], "it is night"
    until(house, house.clock.now() + 6 * HOUR)
    [mail] = asking(house)
    with house.house.reading() as session:
        row = asks.find(session, _marta(house), "proposal", proposal)
    assert row is not None
    assert (row.mailed_at is not None, row.due_at, mail.message_id) == (True, None, f"{row.mail_id}@holdfast.test")


def test_what_was_answered_while_the_mail_server_was_away_is_not_mailed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, _ = house.slots(pair)
    house.mails.trouble = Unreachable("The mail server is away.")
    beat(house, 20)
    decline_proposal(house.house, proposal, by=Seat.MENTOR)
    house.mails.trouble = None
    until(house, house.clock.now() + 2 * DAY, HOUR)
    assert asking(house) == []


def test_an_address_that_is_refused_is_not_written_to_again(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    house.slots(pair)
    house.mails.trouble = Refused("No such mailbox.")
    beat(house, 20)
    house.mails.trouble = None
    until(house, house.clock.now() + DAY, HOUR)
    assert asking(house) == []


def test_the_same_is_asked_once_and_withdrawn_for_good(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    proposal, _ = house.slots(pair)
    marta = _marta(house)
    with house.house.writing() as session:
        first = asks.find(session, marta, "proposal", proposal)
        assert first is not None
        again = ask(house.house, session, marta, "proposal", pair_id=pair, about=proposal)
        assert again == first.id
        drop_asks(house.house, session, about=proposal)
    with house.house.writing() as session:
        ask(house.house, session, marta, "proposal", pair_id=pair, about=proposal)
        assert standing(house.house, session, marta) == []
    beat(house, 20)
    assert asking(house) == []


def test_what_has_become_useless_or_leads_nowhere_is_not_mailed(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    marta = _marta(house)
    now = house.clock.now()
    with house.house.writing() as session:
        ask(house.house, session, marta, "proposal", pair_id=pair, about="prop_gone")
        ask(house.house, session, marta, "nothing_we_know", pair_id=pair, about="x", useless_after=now + DAY)
        ask(house.house, session, marta, "proposal", pair_id=pair, about="late", useless_after=now + 10)
    beat(house, 20)
    assert asking(house) == []
    with house.house.reading() as session:
        assert [row.due_at for row in asks.everything_of(session, marta)] == [None, None, None]


def test_a_crash_after_sending_sends_nothing_again(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, _, _ = house.ready_pair()
    house.slots(pair)
    with monkeypatch.context() as patched:

        def crash(*_: object) -> None:
            patched.undo()
            raise RuntimeError("the process ends here")

        patched.setattr("service.app.post.bundle.send_mail", lambda *given: (send_mail(*given), crash()))
        beat(house, 20)
    until(house, house.clock.now() + 20 * HOUR, HOUR)
    assert len(asking(house)) == 1
    with house.house.reading() as session:
        [row] = asks.everything_of(session, _marta(house))
    assert row.mailed_at is not None


def test_a_person_who_is_forgotten_is_asked_nothing_and_named_nowhere(house: TestHouse, tmp_path: Path) -> None:
    marta, emil = house.person("Marta Mentor"), house.person("Emil Mentee")
    house.local(marta), house.local(emil)
    pair = house.pair(marta, emil)
    house.slots(pair)
    beat(house, 20)
    house.slots(pair, responder=Seat.MENTEE)
    forget_person(house.house, emil)
    until(house, house.clock.now() + 2 * DAY, HOUR)
    assert [mail.to.email for mail in asking(house)] == ["marta@example.org"]
    assert all(b"Emil" not in file.read_bytes() for file in tmp_path.glob("holdfast.sqlite*"))
    with house.house.reading() as session:
        assert asks.everything_of(session, emil) == []


def _marta(house: TestHouse) -> str:
    with house.house.reading() as session:
        rows, _ = people.listing(session, cursor=None, limit=10)
    return next(row.id for row in rows if row.name == "Marta Mentor")


def test_a_flood_of_proposals_is_one_question_and_ends_somewhere(house: TestHouse) -> None:
    pair, _, _ = house.ready_pair()
    made = [house.slots(pair, responder=Seat.MENTOR, limit=1)[0] for _ in range(MOST_OPEN)]
    with pytest.raises(TooMany, match=f"{MOST_OPEN} open proposals"):
        house.slots(pair, responder=Seat.MENTOR)
    beat(house, 20)
    [mail] = asking(house)
    assert mail.subject == "When would you like to meet Emil Mentee?"
    assert mail.text.count("/do/") == 2, "the newest offer alone is asked about"
    decline_proposal(house.house, made[0], by=Seat.MENTOR)
    house.slots(pair, responder=Seat.MENTOR, limit=1)


def test_of_a_question_that_comes_again_the_newest_is_mailed(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def section(_house: object, _session: object, row: AskRow, _reader: object) -> Section:
        return Section(f"About {row.about}")

    monkeypatch.setitem(KINDS, "matter", Kind(lambda *_: True, section, newest_alone=True))
    pair, _, _ = house.ready_pair()
    marta = _marta(house)
    with house.house.writing() as session:
        for about in ("one", "two"):
            ask(house.house, session, marta, "matter", pair_id=pair, about=about)
    beat(house, 20)
    assert [mail.subject for mail in asking(house)] == ["About two"]
    with house.house.reading() as session:
        assert [row.about for row in standing(house.house, session, marta)] == ["two"]


def test_a_kind_that_cannot_say_its_words_keeps_no_other_from_being_said(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Section:
        raise RuntimeError("a fault of ours")

    monkeypatch.setitem(KINDS, "broken", Kind(lambda *_: True, broken))
    pair, _, _ = house.ready_pair()
    marta = _marta(house)
    house.slots(pair)
    with house.house.writing() as session:
        ask(house.house, session, marta, "broken", pair_id=pair, about="x")
    beat(house, 20)
    [mail] = asking(house)
    assert mail.subject == "When would you like to meet Emil Mentee?"
    with house.house.reading() as session:
        rows = {row.kind: row for row in asks.everything_of(session, marta)}
        assert on_page(house.house, session, people.get(session, marta)) == []
    assert (rows["broken"].due_at, rows["broken"].mailed_at, rows["broken"].closed_at) == (None, None, None)


def test_a_job_that_came_to_nothing_is_made_anew_an_hour_later(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, _, _ = house.ready_pair()
    house.slots(pair)
    with monkeypatch.context() as patched:

        def away(*_: object) -> None:
            raise RuntimeError("the database is away")

        patched.setattr("service.app.post.bundle._write", away)
        until(house, house.clock.now() + 30 * MINUTE, MINUTE)
    assert asking(house) == []
    until(house, house.clock.now() + HOUR)
    assert len(asking(house)) == 1


def test_a_bundle_that_is_being_sent_is_not_due_a_second_time(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.clock.advance(59 * MINUTE)  # so that the hour turns meanwhile
    pair, _, _ = house.ready_pair()
    house.slots(pair)
    waiting: list[str] = []

    def slow(given: House, mail_id: str) -> None:
        house.clock.advance(2 * MINUTE)  # the mail server takes its time, and other processes make their rounds
        one_round(given)
        waiting.extend(name for due, name, _ in house.jobs.waiting() if due <= house.clock.now())
        send_mail(given, mail_id)

    monkeypatch.setattr("service.app.post.bundle.send_mail", slow)
    beat(house, 20)
    assert "send_bundle" not in waiting
    assert len(asking(house)) == 1


def test_many_ask_the_same_person_at_once(tmp_path: Path) -> None:
    """On PostgreSQL, from several threads: nobody waits for ever, each question stands once, and one mail holds them all."""
    with postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        house = make_house(tmp_path, engine=engine)
        house.clock.advance(2 * HOUR)
        people_ = [house.person(name) for name in ("Marta Mentor", "Emil Mentee", "Otto Other")]
        made = [house.pair(people_[0], other) for other in people_[1:]]
        gate, troubles = threading.Barrier(6), []

        def ask_all(turn: int) -> None:
            gate.wait()
            try:
                for pair in made if turn % 2 else reversed(made):
                    with house.house.writing() as session:
                        pairs.locked(session, pair)  # as every use case does first
                        for person in people_ if turn % 2 else reversed(people_):
                            ask(house.house, session, person, "proposal", pair_id=pair, about=f"prop_{pair}")
            except Exception as trouble:
                troubles.append(trouble)

        threads = [threading.Thread(target=ask_all, args=(turn,)) for turn in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        with house.house.reading() as session:
            for person in people_:
                rows = asks.everything_of(session, person)
                assert sorted(row.pair_id for row in rows) == sorted(made)
                assert len({row.due_at for row in rows}) == 1
        house.local(people_[0]), house.local(people_[1])
        house.slots(made[0])
        beat(house, MINUTE)
        assert [mail.to.email for mail in asking(house)] == ["marta@example.org"]
        beat(house, DAY)
        assert len(asking(house)) == 1
        engine.dispose()
