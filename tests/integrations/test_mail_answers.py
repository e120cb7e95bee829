"""Which mails are answers, and that no other mail is taken for one: loops, bounces, forgeries, nonsense."""

from __future__ import annotations

import base64
import random
from datetime import datetime

import pytest

from integrations.email import answer_in
from integrations.ical import read_answer
from service.domain.errors import BadCalendar
from service.domain.timespan import HOUR, Span, epoch
from service.ports.mailbox import MailedAnswer
from tests.mail_in import itip, mail

UID, EMIL, OURS = "mtg_1@holdfast", "emil@example.org", "holdfast@holdfast.test"


def at(text: str) -> int:
    return epoch(datetime.fromisoformat(text))


def taken(raw: bytes) -> MailedAnswer | None:
    return answer_in(raw, ours=OURS)


@pytest.mark.parametrize("word", ["ACCEPTED", "DECLINED", "TENTATIVE"])
def test_a_reply_is_an_answer(word: str) -> None:
    found = taken(mail(itip(UID, EMIL, answer=word, sequence=2)))
    assert found == MailedAnswer(UID, EMIL, EMIL, word.lower(), 2, at("2026-06-01T08:00:00+00:00"))


def test_a_reply_that_says_no_time_as_some_programs_write_it() -> None:
    text = itip(UID, "Emil@Example.org", when=(), extra=("CALSCALE:GREGORIAN",))
    found = taken(mail(text, sender="EMIL@example.ORG", headers=("Auto-Submitted: auto-generated",)))
    assert found is not None
    assert (found.sender, found.answer) == (EMIL, "accepted")


def test_an_encoded_file_beside_the_words_is_read_too() -> None:
    calendar = base64.encodebytes(itip(UID, EMIL).encode()).decode()
    raw = mail("x").replace(b"8bit", b"base64").replace(b"\r\nx\r\n", b"\r\n" + calendar.encode() + b"\r\n")
    assert taken(raw.replace(b"text/calendar", b"application/ics")) is not None


WINDOWS_ZONE = (
    "BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T030000",
    "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
    "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
)  # fmt: skip


@pytest.mark.parametrize(
    ("when", "zones", "start"),
    [
        (("DTSTART:20260611T080000Z", "DTEND:20260611T090000Z"), (), "2026-06-11T08:00:00+00:00"),
        (
            ("DTSTART;TZID=Europe/Berlin:20260611T100000", "DTEND;TZID=Europe/Berlin:20260611T110000"), (),
            "2026-06-11T10:00:00+02:00",
        ),
        (
            ("DTSTART;TZID=W. Europe Standard Time:20260611T100000", "DURATION:PT1H"), WINDOWS_ZONE,
            "2026-06-11T10:00:00+02:00",
        ),
    ],
)  # fmt: skip
def test_a_counter_suggests_another_time(when: tuple[str, ...], zones: tuple[str, ...], start: str) -> None:
    text = itip(UID, EMIL, method="COUNTER", answer="TENTATIVE", when=when, extra=zones)
    found = taken(mail(text, method="COUNTER"))
    assert found is not None
    assert found.proposed == Span(at(start), at(start) + HOUR)
    assert found.answer == "tentative"


@pytest.mark.parametrize(
    "when",
    [
        ("DTSTART:20260611T080000", "DTEND:20260611T090000"),  # on nobody's clock
        ("DTSTART;VALUE=DATE:20260611", "DTEND;VALUE=DATE:20260612"),
        ("DTSTART:20260611T080000Z", "DTEND:20260611T080000Z"),
        ("DTSTART:20260611T080000Z", "DTEND:20260911T080000Z"),
    ],
)
def test_a_time_that_is_none_is_not_suggested(when: tuple[str, ...]) -> None:
    found = taken(mail(itip(UID, EMIL, method="COUNTER", answer="TENTATIVE", when=when)))
    assert found is not None
    assert found.proposed is None


NO_ANSWERS = {
    "our own mail": mail(itip(UID, OURS), sender=OURS),
    "our own invitation come back": mail(itip(UID, EMIL, method="REQUEST"), method="REQUEST"),
    "a cancellation of somebody's": mail(itip(UID, EMIL, method="CANCEL")),
    "words alone": mail(None),
    "an absence note": mail(itip(UID, EMIL), headers=("Auto-Submitted: auto-replied (vacation)",)),
    "a mailing list": mail(itip(UID, EMIL), headers=("List-Id: <all.example.org>",)),
    "a bulk mail": mail(itip(UID, EMIL), headers=("Precedence: bulk",)),
    "a bounce": mail(itip(UID, EMIL)).replace(b"multipart/alternative;", b"multipart/report;"),
    "a forged one": mail(itip(UID, EMIL), headers=("Authentication-Results: mx.example; dkim=none; dmarc=fail",)),
    "somebody else's answer": mail(itip(UID, EMIL), sender="mallory@example.org"),
    "no answer yet": mail(itip(UID, EMIL, answer="NEEDS-ACTION")),
    "a delegation": mail(itip(UID, EMIL, answer="DELEGATED")),
    "a part of a series": mail(itip(UID, EMIL).replace("SEQUENCE", "RECURRENCE-ID:20260610T080000Z\r\nSEQUENCE")),
    "a series": mail(itip(UID, EMIL).replace("SEQUENCE", "RRULE:FREQ=DAILY\r\nSEQUENCE")),
    "two events": mail(itip(UID, EMIL).replace("END:VEVENT", "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT")),
    "no uid": mail(itip("", EMIL)),
    "no stamp": mail(itip(UID, EMIL).replace("DTSTAMP", "X-STAMP")),
    "a stamp that is none": mail(itip(UID, EMIL, stamp="yesterday")),
    "a sequence that is none": mail(itip(UID, EMIL).replace("SEQUENCE:0", "SEQUENCE:many")),
    "a calendar cut short": mail(itip(UID, EMIL)[:200]),
    "not a calendar": mail("<html>no</html>"),
    "an unknown zone": mail(
        itip(UID, EMIL, method="COUNTER", answer="TENTATIVE", when=("DTSTART;TZID=Moon/Base:20260611T080000",))
    ),
    "two senders": mail(itip(UID, EMIL)).replace(b"From: ", b"From: a@b.example, "),
    "no sender": mail(itip(UID, EMIL)).replace(b"From: ", b"X-From: "),
    "a larger calendar than any answer": mail(itip(UID, EMIL).replace("SUMMARY:", "COMMENT:" + "x" * 300_000 + "\r\nS:")),
    "nothing": b"",
    "noise": bytes(random.Random(7).randrange(256) for _ in range(5000)),
    "headers alone": b"From: emil@example.org\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n",
    "a charset that is none": b'From: =?no?q?=FF?= <emil@example.org>\r\nContent-Type: text/calendar; charset="\xff"\r\n\r\n',
}  # fmt: skip


@pytest.mark.parametrize("raw", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_everything_else_is_passed_over(raw: bytes) -> None:
    assert taken(raw) is None


def test_an_answer_inside_of_a_forwarded_mail_is_nobodys() -> None:
    inner = mail(itip(UID, EMIL))
    outer = (
        b"From: emil@example.org\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\n"
        b"Look\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--o--\r\n"
    )
    assert taken(outer) is None


def test_deeper_and_wider_than_any_mail_is_not_looked_into() -> None:
    raw = mail(itip(UID, EMIL))
    for number in range(30):
        edge = f"n{number}".encode()
        head, _, body = raw.partition(b"\r\n\r\n")
        kind = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type"))
        raw = (
            b"From: emil@example.org\r\nContent-Type: multipart/mixed; boundary=" + edge + b"\r\n\r\n--" + edge + b"\r\n"
            + kind + b"\r\n\r\n" + body + b"\r\n--" + edge + b"--\r\n"
        )  # fmt: skip
    assert taken(raw) is None
    many = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" for _ in range(500))
    assert taken(mail(itip(UID, EMIL)).replace(b"--b\r\n", many + b"--b\r\n", 1)) is None


def test_what_stands_in_an_answer_is_read_or_refused_whole() -> None:
    assert read_answer(itip(UID, EMIL, method="PUBLISH").encode()) is None
    with pytest.raises(BadCalendar):
        read_answer(itip(UID, EMIL, stamp="99999999T999999Z").encode())
    with pytest.raises(BadCalendar):
        read_answer(b"x" * 300_000)
