"""The mail as it goes over the wire, read back as a mail program reads it."""

from __future__ import annotations

import dataclasses
import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.email import compose
from integrations.ical import event_calendar, method_of, read_calendar
from service.domain.errors import BadInput, Refused
from service.domain.timespan import Span
from service.ports.calendar import Attendee, EventDraft
from service.ports.mailer import Mail, Method

AT = 1_780_000_000  # 2026-05-28T20:26:40Z
FROM = "Holdfast <mail@holdfast.example>"
DRAFT = EventDraft(
    uid="mtg_1@holdfast.example",
    meeting_id="mtg_1",
    sequence=2,
    span=Span(AT + 3600, AT + 7200),
    stamp=AT,
    summary="Ana & Bo",
    description="",
    organizer=Attendee("Ana", "ana@x.example"),
    attendees=(Attendee("Bo", "bo@x.example"),),
    zone="Europe/Berlin",
)
MAIL = Mail(
    message_id="mtg_1.2.mentee@holdfast.example",
    to=Attendee("Bo Björk", "bo@x.example"),
    subject="Your meeting on Tuesday — 09:00",
    text="Grüße\nfrom Ana\n",
    html="<p>Grüße</p>",
)
INVITE = dataclasses.replace(MAIL, invitation=DRAFT, method=Method.REQUEST)


def calendar_stub(draft: EventDraft, *, method: str | None = None, sent_by: str | None = None) -> bytes:
    lines = ["BEGIN:VCALENDAR", f"METHOD:{method}", f"X-SENT-BY:{sent_by}", "SUMMARY:Grüße " + "x" * 300]
    return ("\r\n".join([*lines, f"UID:{draft.uid}", "END:VCALENDAR"]) + "\r\n").encode()


def sent(mail: Mail, mail_from: str = FROM) -> EmailMessage:
    """Composed, written out, and parsed again."""
    wire = compose(mail, mail_from, at=AT, calendar=calendar_stub).as_bytes()
    wire.decode("ascii")  # no server needs 8BITMIME for it
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    return email.message_from_bytes(wire, policy=email.policy.default)  # type: ignore[return-value]


def test_the_headers() -> None:
    got = sent(MAIL)
    assert got["from"].addresses[0].display_name == "Holdfast"
    assert got["from"].addresses[0].addr_spec == "mail@holdfast.example"
    assert got["to"].addresses[0].display_name == "Bo Björk"
    assert got["to"].addresses[0].addr_spec == "bo@x.example"
    assert got["subject"] == MAIL.subject
    assert got["date"] == "Thu, 28 May 2026 20:26:40 +0000"
    assert got["message-id"] == "<mtg_1.2.mentee@holdfast.example>"
    assert got["auto-submitted"] == "auto-generated"
    assert got["mime-version"] == "1.0"


def test_a_plain_mail_is_text_and_html() -> None:
    got = sent(MAIL)
    assert got.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    assert got.get_body(("plain",)).get_content().split() == ["Grüße", "from", "Ana"]  # type: ignore[union-attr]
    assert got.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"  # type: ignore[union-attr]


@pytest.mark.parametrize("method", list(Method))
def test_an_invitation_is_there_twice_byte_for_byte(method: Method) -> None:
    got = sent(dataclasses.replace(INVITE, method=method))
    assert got.get_content_type() == "multipart/mixed"
    body, attachment = got.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    plain, html, calendar = body.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["content-type"].params == {"method": method.value, "charset": "UTF-8"}
    expected = calendar_stub(DRAFT, method=method.value, sent_by="mail@holdfast.example")
    assert calendar.get_payload(decode=True) == expected
    assert calendar.get_content() == expected.decode()
    assert attachment.get_content_disposition() == "attachment"
    assert attachment.get_filename() == "invite.ics"
    assert attachment.get_payload(decode=True) == expected


def test_the_invitation_is_one_that_programs_can_read() -> None:
    for method in Method:
        mail = dataclasses.replace(INVITE, method=method)
        wire = compose(mail, FROM, at=AT, calendar=event_calendar).as_bytes()
        got = email.message_from_bytes(wire, policy=email.policy.default)
        part = got.get_body(("calendar",)) or next(
            part for part in got.walk() if part.get_content_type() == "text/calendar"
        )
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        assert method_of(data) == method.value
        (event,) = read_calendar(data, zone="Europe/Berlin", window=Span(AT, AT + 86400))
        assert (event.uid, event.sequence, event.master) == (DRAFT.uid, 2, DRAFT.span)


def test_the_same_mail_sent_again_bears_the_same_message_id() -> None:
    ids = {compose(INVITE, FROM, at=AT + n, calendar=calendar_stub)["message-id"] for n in range(3)}
    assert ids == {"<mtg_1.2.mentee@holdfast.example>"}


@pytest.mark.parametrize(
    "bad",
    [
        dataclasses.replace(MAIL, subject="Hello\r\nBcc: all@x.example\r\n\r\nboo"),
        dataclasses.replace(MAIL, subject="Hello\u2028Bcc: all@x.example"),
        dataclasses.replace(MAIL, to=Attendee("Bo\r\nBcc: all@x.example", "bo@x.example")),
        dataclasses.replace(MAIL, message_id="a@x>\r\nBcc: all@x.example"),
    ],
)
def test_nothing_smuggles_a_header_in(bad: Mail) -> None:
    got = sent(bad)
    assert got["bcc"] is None
    assert got["cc"] is None
    assert [a.addr_spec for a in got["to"].addresses] == ["bo@x.example"]
    assert got.get_content_type() == "multipart/alternative"


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_people_are_called_the_mail_goes_to_them_alone(name: str, subject: str) -> None:
    got = sent(dataclasses.replace(MAIL, to=Attendee(name, "bo@x.example"), subject=subject))
    assert [a.addr_spec for a in got["to"].addresses] == ["bo@x.example"]
    assert set(got.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Müller, Jörg (HR)", "Müller Jörg HR"),
        ("O'Neill, Pat", "O'Neill, Pat"),
        ('Pat "the cat" Smith', 'Pat "the cat" Smith'),
        ("山田 太郎", "山田 太郎"),
        ("a@b.example, evil@x.example", "a@b.example, evil@x.example"),
        ("Ünal <evil@x.example>", "Ünal evil x.example"),
        ("", ""),
    ],
)
def test_names_of_all_sorts(name: str, shown: str) -> None:
    got = sent(dataclasses.replace(MAIL, to=Attendee(name, "bo@x.example")))
    (address,) = got["to"].addresses
    assert (address.display_name, address.addr_spec) == (shown, "bo@x.example")


def test_a_long_subject_in_other_letters_stays_whole() -> None:
    subject = "Ihr Gespräch mit Jörg am Dienstag, 3. März, früh um 07:30 Uhr – Grüße aus Zürich " * 3
    assert sent(dataclasses.replace(MAIL, subject=subject))["subject"] == subject.strip()


def test_a_domain_in_other_letters_is_written_in_ascii() -> None:
    got = sent(dataclasses.replace(MAIL, to=Attendee("Bo", "bo@müller.example")))
    assert got["to"].addresses[0].addr_spec == "bo@xn--mller-kva.example"


@pytest.mark.parametrize(
    "spec",
    ["", "bo", "@x.example", "bo@", "bo@x.example, b@x.example", "bo@x.example\r\nBcc: a@x", "b o@x.example",
     "<bo@x.example>", "bo@x..example", "bo@" + "a" * 70 + ".example", "a@b@c.example"],
)  # fmt: skip
def test_an_address_that_is_none(spec: str) -> None:
    with pytest.raises(Refused):
        compose(dataclasses.replace(MAIL, to=Attendee("Bo", spec)), FROM, at=AT, calendar=calendar_stub)


def test_the_sender() -> None:
    assert sent(MAIL, "x@y.example")["from"].addresses[0].display_name == "Holdfast"
    named = sent(MAIL, '"Müller, HR" <hr@y.example>')["from"].addresses[0]
    assert (named.display_name, named.addr_spec) == ("Müller HR", "hr@y.example")
    with pytest.raises(BadInput, match="HOLDFAST_MAIL_FROM"):
        compose(MAIL, "nobody", at=AT, calendar=calendar_stub)


def test_the_way_to_fewer_mails_stands_in_the_header_whole() -> None:
    """A link is longer than a line of a header likes to be; folded or encoded it would lead nowhere."""
    link = "https://holdfast.example/me/" + "AQz" * 80 + "/mail-settings"
    wire = compose(dataclasses.replace(MAIL, unsubscribe=link), FROM, at=AT, calendar=calendar_stub).as_bytes()
    assert f"List-Unsubscribe: <{link}>\r\n".encode() in wire
    assert sent(dataclasses.replace(MAIL, unsubscribe=link))["List-Unsubscribe"] == f"<{link}>"
    assert "List-Unsubscribe" not in sent(MAIL)
    bad = sent(dataclasses.replace(MAIL, unsubscribe="https://h.example/\r\nBcc: x@y.example"))
    assert bad["Bcc"] is None
