"""Answers to our mailed invitations, read from the mailbox: whose count, which count, and what follows from them."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from integrations.email import ImapMailbox, compose
from integrations.ical import event_calendar
from service.app import show
from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.forget_person import forget_person
from service.app.post.bundle import standing
from service.app.read_mailbox import MOST_ANSWERS, read_mailbox, take_mailed
from service.domain.errors import Unreachable
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import DAY, HOUR, MINUTE, Span, moment, rfc3339
from service.jobs.rounds import one_round
from service.ports.mailbox import MailedAnswer, MailedAnswers, Mark
from service.store import mailbox, meetings, pairs
from service.store.tables import Meeting
from tests.house import make_house
from tests.mail_in import imap_server, itip, mail
from tests.web.web_hand import Web

EMIL, MARTA = "emil@example.org", "marta@example.org"


@dataclass
class Box:
    """A mailbox with what a test puts into it."""

    waiting: list[MailedAnswer] = field(default_factory=list)
    trouble: Exception | None = None
    read_after: list[Mark | None] = field(default_factory=list)

    def read(self, after: Mark | None) -> MailedAnswers:
        """See the port: one answer at a time."""
        if self.trouble is not None:
            raise self.trouble
        self.read_after.append(after)
        last = after.last if after else 0
        found = tuple(self.waiting[last : last + 1])
        return MailedAnswers(found, Mark(1, last + len(found)), len(self.waiting) > last + 1)


class Invited:
    """Two people without a calendar that could carry the event, so that both are invited by our mail."""

    def __init__(self, tmp_path: Path) -> None:
        self.at = make_house(tmp_path)
        self.at.clock.advance(2 * HOUR)
        self.box = Box()
        self.at.house = dataclasses.replace(self.at.house, mailbox=self.box)
        self.marta, self.emil = self.at.person("Marta Mentor"), self.at.person("Emil Mentee")
        self.pair = self.at.pair(self.marta, self.emil)
        self.meeting = self.at.booked(self.pair)

    def row(self) -> Meeting:
        with self.at.house.reading() as session:
            return meetings.get(session, self.meeting)

    def said(self, answer: str = "accepted", *, by: str = EMIL, **given: Any) -> MailedAnswer:
        row = self.row()
        facts = {"sequence": row.sequence, "stamp": self.at.clock.now(), **given}
        return MailedAnswer(
            uid=facts.pop("uid", row.ics_uid), sender=facts.pop("sender", by), attendee=by, answer=answer, **facts
        )

    def take(self, *answers: MailedAnswer) -> list[bool]:
        return [take_mailed(self.at.house, answer) for answer in answers]

    def other_time(self, days: int = 2) -> Span:
        return Span(self.row().start + days * DAY, self.row().end + days * DAY)

    def told(self) -> list[tuple[str, str]]:
        with self.at.house.reading() as session:
            entries = pairs.ledger(session, self.pair)
        return [(e.data["seat"], e.data["answer"]) for e in entries if e.type is EntryType.INVITATION_ANSWERED]

    def asked(self, person: str) -> list[str]:
        with self.at.house.reading() as session:
            return [row.kind for row in standing(self.at.house, session, person)]

    def shown(self) -> dict[str, Any]:
        with self.at.house.reading() as session:
            return show.meetings_words(session, [self.row()], pairs.get(session, self.pair))[0]["answers"]


@pytest.fixture
def at(tmp_path: Path) -> Invited:
    return Invited(tmp_path)


def test_answers_are_invited_to_our_own_address(at: Invited) -> None:
    sent = at.at.mails.sent
    assert {mail.to.email for mail in sent} == {MARTA, EMIL}
    assert {mail.invitation.organizer.email for mail in sent if mail.invitation} == {"holdfast@holdfast.test"}


@pytest.mark.parametrize("answer", ["accepted", "declined", "tentative"])
def test_an_answer_is_shown_and_written_down_once(at: Invited, answer: str) -> None:
    said = at.said(answer)
    assert at.take(said, said, said) == [True, False, False]
    assert (at.shown()["mentee"], at.shown()["mentor"]) == (answer, None)
    assert at.told() == [("mentee", answer)]


def test_the_newest_answer_counts_in_whatever_order_they_come(at: Invited) -> None:
    now = at.at.clock.now()
    assert at.take(at.said("declined", stamp=now), at.said("accepted", stamp=now - 60)) == [True, False]
    assert at.take(at.said("tentative", stamp=now + 60)) == [True]
    assert at.told() == [("mentee", "declined"), ("mentee", "tentative")]


def test_only_the_person_themselves_answers_for_a_meeting_of_theirs(at: Invited) -> None:
    assert (
        at.take(
            at.said(by="mallory@example.org"),
            at.said(sender=MARTA),
            at.said(uid="mtg_none@holdfast"),
            at.said(uid=""),
            at.said("needs_action"),
            at.said("proposed 2026-06-11T08:00:00Z/2026-06-11T09:00:00Z"),
            at.said(stamp=at.at.clock.now() + 3 * DAY),
            at.said(sequence=7),
        )
        == [False] * 8
    )
    assert at.told() == []
    assert at.take(at.said(by=MARTA), at.said(by=EMIL)) == [True, True]


def test_an_answer_to_an_earlier_time_or_to_what_is_over_does_not_count(at: Invited) -> None:
    early = at.said("declined")
    move_meeting(at.at.house, at.meeting, start=at.other_time().start, by=Seat.MENTOR)
    assert at.take(early) == [False]
    assert at.take(at.said("accepted")) == [True]
    cancel_meeting(at.at.house, at.meeting, by=Seat.MENTOR)
    assert at.take(at.said("declined", stamp=at.at.clock.now() + 5)) == [False]


def test_a_program_gone_wild_is_not_followed_for_ever(at: Invited) -> None:
    now = at.at.clock.now()
    words = ("accepted", "declined")
    flood = [at.said(words[number % 2], stamp=now + number) for number in range(3 * MOST_ANSWERS)]
    assert sum(at.take(*flood)) == MOST_ANSWERS
    assert len(at.told()) == MOST_ANSWERS


def test_whoever_cannot_come_is_offered_other_times_and_nobody_else_is_asked(at: Invited) -> None:
    at.take(at.said("declined"))
    assert at.asked(at.emil) == ["cannot_come"]
    assert at.asked(at.marta) == []
    at.take(at.said("accepted", stamp=at.at.clock.now() + 1))
    assert at.asked(at.emil) == []


def test_another_time_is_shown_and_offered_to_the_other(at: Invited) -> None:
    span = at.other_time()
    at.take(at.said("tentative", proposed=span))
    assert at.shown()["proposed"]["mentee"] == {"start": rfc3339(span.start), "end": rfc3339(span.end)}
    assert (at.asked(at.marta), at.asked(at.emil)) == (["counter"], [])
    newer = Span(span.start + DAY, span.end + DAY)
    at.take(at.said("tentative", proposed=newer, stamp=at.at.clock.now() + 1))
    assert at.asked(at.marta) == ["counter"], "the newest suggestion alone stands"


def tap(at: Invited, label: str) -> str:
    """Waits for the mail that asks, opens the button's page and presses it; what it says then."""
    web = Web(at.at)
    at.at.clock.advance(MINUTE)
    one_round(at.at.house)
    at.at.run()
    text = at.at.mails.sent[-1].text
    found = re.search(rf"{label}:\nhttp://holdfast\.test(/do/\S+)", text)
    assert found is not None, text
    page = web.open(found[1])
    assert page.status == 200
    first, second = (web.press(page.forms[0]) for _ in range(2))
    assert (first.status, second.status, second.text) == (200, 200, first.text)
    return first.text


def test_one_tap_takes_the_suggested_time_and_it_is_the_suggesters_move(at: Invited) -> None:
    span = at.other_time()
    at.take(at.said("tentative", proposed=span))
    said = tap(at, "Meet at that time")
    assert "It stands at" in said
    row = at.row()
    assert (row.start, row.end, row.sequence) == (span.start, span.end, 1)
    [move] = at.at.posts.of("meeting.rescheduled")
    assert move["initiator"] == {"role": "mentee", "confidence": "observed"}
    assert move["detected_via"] == "reply"


def test_one_tap_keeps_the_meeting_where_it_is(at: Invited) -> None:
    before = at.row().start
    at.take(at.said("tentative", proposed=at.other_time()))
    assert "It stays as it is" in tap(at, "Keep it as it is")
    assert at.row().start == before
    assert at.asked(at.marta) == []


def test_one_tap_calls_off_what_somebody_cannot_come_to(at: Invited) -> None:
    at.take(at.said("declined"))
    assert "It is called off" in tap(at, "Call it off")
    assert at.row().status == "cancelled"


def test_a_suggested_time_that_was_taken_meanwhile(at: Invited) -> None:
    span = at.other_time()
    at.take(at.said("tentative", proposed=span))
    at.at.clock.advance(MINUTE)
    one_round(at.at.house)
    at.at.run()
    calendar = at.at.local(at.marta)
    at.at.event(calendar, span.start)
    web = Web(at.at)
    path = re.findall(r"Meet at that time:\nhttp://holdfast\.test(/do/\S+)", at.at.mails.sent[-1].text)[0]
    page = web.press(web.open(path).forms[0])
    assert page.status == 409
    assert "no longer free" in page.text
    assert at.row().sequence == 0


def test_a_button_of_a_meeting_that_moved_meanwhile_says_so(at: Invited) -> None:
    at.take(at.said("tentative", proposed=at.other_time()))
    at.at.clock.advance(MINUTE)
    one_round(at.at.house)
    at.at.run()
    text = at.at.mails.sent[-1].text
    move_meeting(at.at.house, at.meeting, start=at.other_time(5).start, by=Seat.MENTOR)
    assert at.asked(at.marta) == []
    web = Web(at.at)
    for path in re.findall(r"http://holdfast\.test(/do/\S+)", text):
        page = web.open(path)
        assert page.status == 409
        assert "another time by now" in page.text
        assert web.client.post(path).status_code == 409
    assert at.row().sequence == 1


def test_the_mailbox_is_read_on_and_its_troubles_pass(at: Invited) -> None:
    at.box.waiting = [at.said("accepted"), at.said(by="mallory@example.org"), at.said(by=MARTA)]
    at.box.trouble = Unreachable("away")
    one_round(at.at.house)
    at.at.run()
    assert at.told() == []
    at.box.trouble = None
    at.at.clock.advance(at.at.house.sync_seconds)
    one_round(at.at.house)
    at.at.run()
    assert at.told() == [("mentee", "accepted"), ("mentor", "accepted")]
    at.box.read_after.clear()
    read_mailbox(at.at.house)
    assert at.box.read_after == [Mark(1, 3)]
    with at.at.house.reading() as session:
        row = mailbox.state(session, "holdfast@holdfast.test")
    assert row is not None
    assert (row.validity, row.last) == (1, 3)


def test_without_a_mailbox_nothing_is_read_and_the_organiser_is_as_before(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    marta, emil = house.person("Marta Mentor"), house.person("Emil Mentee")
    house.local(marta)
    house.booked(house.pair(marta, emil))
    [mail] = house.mails.sent
    assert mail.invitation is not None
    assert mail.invitation.organizer.email == MARTA
    one_round(house.house)
    assert "read_mailbox" not in [name for _, name, _ in house.jobs.waiting()]
    read_mailbox(house.house)


def test_somebody_forgotten_answers_nothing(at: Invited) -> None:
    said = at.said("declined")
    forget_person(at.at.house, at.emil)
    assert at.take(said) == [False]


def test_the_whole_way_through_a_real_mailbox(tmp_path: Path) -> None:
    """Our invitation as it went out is answered as a program would, delivered to a real IMAP server, and read there."""
    at = Invited(tmp_path)
    sent = next(mail for mail in at.at.mails.sent if mail.to.email == EMIL)
    message = compose(sent, "Holdfast <holdfast@holdfast.test>", at=at.at.clock.now(), calendar=event_calendar)
    part = next(one for one in message.walk() if one.get_content_type() == "text/calendar")
    invitation = part.get_payload(decode=True).decode()
    uid = re.search(r"UID:(\S+)", invitation)
    assert uid is not None
    stamp = moment(at.at.clock.now()).strftime("%Y%m%dT%H%M%SZ")
    span = at.other_time()
    times = [moment(one).strftime("%Y%m%dT%H%M%SZ") for one in (span.start, span.end)]
    counter = itip(
        uid[1],
        EMIL,
        method="COUNTER",
        answer="TENTATIVE",
        stamp=stamp,
        when=(f"DTSTART:{times[0]}", f"DTEND:{times[1]}"),
    )
    with imap_server() as post:
        folder = post.folder()
        post.put(
            folder,
            message.as_bytes(),  # our own, come back
            mail(itip(uid[1], "mallory@example.org", stamp=stamp), sender="mallory@example.org"),
            mail(None, text="I am away until Monday.", headers=("Auto-Submitted: auto-replied",)),
            mail(counter, method="COUNTER"),
        )
        box = ImapMailbox(post.url(folder), "holdfast@holdfast.test")
        at.at.house = dataclasses.replace(at.at.house, mailbox=box)
        one_round(at.at.house)
        before = len(at.at.mails.sent)
        at.at.run()
        at.at.clock.advance(at.at.house.sync_seconds)
        one_round(at.at.house)
        at.at.run()
    assert at.told() == [("mentee", "tentative")]
    assert at.shown()["proposed"]["mentee"]["start"] == rfc3339(span.start)
    assert [(mail.to.email, mail.subject) for mail in at.at.mails.sent[before:]] == [
        (MARTA, "Emil Mentee suggests another time")
    ], "nobody who wrote is answered"


def test_when_it_is_read_twice_from_the_beginning_nothing_changes(at: Invited) -> None:
    at.box.waiting = [at.said("declined"), at.said("accepted", stamp=at.at.clock.now() + 1)]
    read_mailbox(at.at.house)
    told = at.told()
    with at.at.house.writing() as session:
        mailbox.keep_state(session, "holdfast@holdfast.test", 99, 0)
    at.box.read_after.clear()
    read_mailbox(at.at.house)
    assert at.told() == told
