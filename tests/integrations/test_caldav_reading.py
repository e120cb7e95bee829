"""The parts of the CalDAV adapter that need no server: XML, addresses, states, logins, people."""

from __future__ import annotations

import json
import time

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.caldav import bodies, hrefs, multistatus
from integrations.caldav.changes import State
from integrations.caldav.login import Login
from integrations.caldav.scheduling import prepared, was_delivered
from integrations.caldav.session import Session
from integrations.http import Response
from service.domain.errors import BadCalendar, Refused, Unreachable
from service.domain.timespan import Span
from service.ports.calendar import Account, Attendee, EventDraft
from service.ports.clock import FixedClock

_OPEN = '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
_ITEM = "<D:response><D:href>/a/1.ics</D:href><D:propstat><D:prop><D:getetag>{}</D:getetag></D:prop></D:propstat></D:response>"


def read(inside: str, head: str = "") -> multistatus.MultiStatus:
    return multistatus.read(f"{head}{_OPEN}{inside}</D:multistatus>".encode(), "host")


# --- XML from strangers ---


def test_an_answer_is_read_whole() -> None:
    answer = read(
        '<D:response><D:href> /a/1.ics </D:href><D:propstat><D:prop><D:getetag>"1"</D:getetag>'
        "<C:calendar-data>BEGIN &amp; END</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
        "<D:propstat><D:prop><D:displayname>hidden</D:displayname></D:prop>"
        "<D:status>HTTP/1.1 403 Forbidden</D:status></D:propstat></D:response>"
        "<D:response><D:href>/a/2.ics</D:href><D:href>/a/3.ics</D:href><D:status>HTTP/1.1 404 Not Found</D:status>"
        "</D:response><D:sync-token> t1 </D:sync-token>"
    )
    first, second, third = answer.resources
    assert (first.href, first.status, first.etag, first.calendar_data) == ("/a/1.ics", None, '"1"', b"BEGIN & END")
    assert first.text("{DAV:}displayname") is None
    assert [(one.href, one.status) for one in (second, third)] == [("/a/2.ics", 404), ("/a/3.ics", 404)]
    assert answer.sync_token == "t1"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY e "xxxxxxxxxx">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE a ["
        + '<!ENTITY e0 "ha">'
        + "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
        + '<!ENTITY e "&e9;">]>',
    ],
)
@pytest.mark.parametrize("inside", [_ITEM.format("&e;"), '<D:response a="&e;"/>', _ITEM.format("plain")])
def test_a_document_type_is_refused_and_expands_nothing(head: str, inside: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadCalendar) as refusal:
        read(inside, head)
    assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy
    assert "xxxxxxxxxx" not in refusal.value.detail


@pytest.mark.parametrize(
    "body",
    [b"", b"<", b"\xff\xfe", b"<html/>", b"{}", b"<a>" * 100_000, _OPEN.encode(), "<D:multistatus/>".encode("utf-16")],
)
def test_what_is_no_multistatus_is_no_calendar(body: bytes) -> None:
    with pytest.raises(BadCalendar):
        multistatus.read(body, "host")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_break_the_reader(junk: bytes, at: int) -> None:
    good = f"{_OPEN}{_ITEM.format('1')}</D:multistatus>".encode()
    for body in (junk, good[:at] + junk + good[at:]):
        try:
            answer = multistatus.read(body, "host")
        except BadCalendar:
            continue
        assert all(resource.href for resource in answer.resources)


def test_what_is_sent_is_escaped() -> None:
    nasty = "/a/<&>\"'.ics"
    assert b"/a/&lt;&amp;&gt;" in bodies.multiget([nasty])
    assert b"]]&gt;" in bodies.uid_query("]]>")
    assert b"<D:limit" not in bodies.sync_collection("token")


# --- addresses ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/u/a@b/x y.ics", "/u/a%40b/x%20y.ics"),
        ("/u/%c3%bc.ics", "/u/%C3%BC.ics"),
        ("https://host/u/1.ics", "/u/1.ics"),
        ("/u/1.ics?x#y", "/u/1.ics"),
        ("1.ics", "/u/1.ics"),
        ("//host/u/1.ics", "/u/1.ics"),
        ("/u/10:30.ics", "/u/10%3A30.ics"),
    ],
)
def test_one_resource_has_one_path(one: str, other: str) -> None:
    assert hrefs.path(one, "https://host/u/") == hrefs.path(other, "https://host/u/")


def test_a_slash_inside_a_name_stays_inside() -> None:
    assert hrefs.path("/u/a%2Fb.ics", "https://host/") == "/u/a%2Fb.ics"


@given(st.one_of(st.text(max_size=40), st.text("/[]:@%?#.a2F", max_size=12)))
@example("//")
@example("//[")
@example("a:0")
def test_a_path_is_its_own_path(href: str) -> None:
    try:
        path = hrefs.path(href, "https://host/")
    except BadCalendar:
        return
    assert hrefs.path(path, "https://host/") == path
    assert path.startswith("/")
    assert path.isascii()


@pytest.mark.parametrize(
    ("start", "target", "trusted"),
    [
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com:443/1/", True),
        ("https://fastmail.com/", "https://caldav.fastmail.com/dav/", True),
        ("https://dav.example.co.uk/", "https://cal.example.co.uk/", True),
        ("http://host:5232/", "https://host/", True),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("https://one.co.uk/", "https://two.co.uk/", False),
        ("https://example.com/", "https://example.com.evil.org/", False),
        ("https://example.com/", "https://evilexample.com/", False),
        ("https://host/", "http://host/", False),
        ("https://127.0.0.1/", "https://99.0.0.1/", False),
        ("https://localhost/", "https://otherhost/", False),
        ("https://host/", "file:///etc/passwd", False),
        ("https://host/", "https://[::1/", False),
    ],
)
def test_a_password_goes_to_no_stranger(start: str, target: str, trusted: bool) -> None:
    assert hrefs.related(start, target) is trusted


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dav.example.com", "https://dav.example.com/"),
        (" example.com/dav ", "https://example.com/dav"),
        ("http://host:5232/u/", "http://host:5232/u/"),
        ("caldavs://example.com", "https://example.com/"),
    ],
)
def test_an_address_is_understood_as_people_type_it(typed: str, meant: str) -> None:
    assert hrefs.typed(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "https://", "ftp://host/", "https://[::1", "https://host:port/", "https://u:p@host/"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadCalendar) as refusal:
        hrefs.typed(typed)
    assert "u:p" not in refusal.value.detail


# --- states ---


@given(
    st.one_of(
        st.builds(State, token=st.text(min_size=1)), st.builds(State, etags=st.dictionaries(st.text(), st.text()))
    )
)
def test_a_state_survives_its_text(state: State) -> None:
    assert State.decode(state.encode()) == state


@given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_no_text_breaks_a_state(text: str) -> None:
    State.decode(text)


# --- logging in ---


def talk(login: Login, url: str, *answers: httpx2.Response) -> list[str]:
    """The Authorization headers that go out, one for each request."""
    flow = login.sync_auth_flow(httpx2.Request("PROPFIND", url))
    sent = [next(flow).headers.get("Authorization", "")]
    for answer in answers:
        try:
            sent.append(flow.send(answer).headers.get("Authorization", ""))
        except StopIteration:
            break
    return sent


def status(code: int, *offers: str) -> httpx2.Response:
    return httpx2.Response(code, headers=[("WWW-Authenticate", offer) for offer in offers])


_DIGEST = 'Digest realm="r", nonce="n", qop="auth"'


def test_basic_goes_at_once_under_tls_and_is_remembered() -> None:
    login = Login("u", "p")
    assert [one[:6] for one in talk(login, "https://h/", status(207))] == ["Basic "]
    assert login.scheme == "basic"


def test_without_tls_the_server_is_asked_first() -> None:
    login = Login("u", "p")
    assert [one[:6] for one in talk(login, "http://h/", status(401, 'Basic realm="r"'), status(207))] == ["", "Basic "]
    assert [one[:6] for one in talk(login, "http://h/", status(207))] == ["Basic "]


@pytest.mark.parametrize("url", ["http://h/", "https://h/"])
def test_a_server_that_wants_digest_gets_digest(url: str) -> None:
    login = Login("u", "p")
    sent = talk(login, url, status(401, 'Basic realm="r"', _DIGEST), status(207))
    assert sent[-1].startswith("Digest ")
    assert login.scheme == "digest"
    if url.startswith("http:"):
        assert not [one for one in sent if one.startswith("Basic")]
    assert not [one for one in talk(login, url, status(207)) if one.startswith("Basic")]


def test_digest_is_never_traded_for_basic() -> None:
    login = Login("u", "p", "digest")
    assert talk(login, "http://h/", status(401, 'Basic realm="r"')) == [""]


def test_a_login_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused):
        talk(Login("u", "p"), "http://h/", status(401, 'Digest realm="r", nonce="n", algorithm=ROT13'))


# --- time ---


class _Slow:
    """A client whose every request takes as long as it may, up to 3 seconds."""

    def __init__(self) -> None:
        self.now = 100.0
        self.deadlines: list[float] = []

    def request(self, method: str, url: str, *, deadline: float, **_: object) -> Response:
        self.deadlines.append(deadline)
        self.now += min(deadline, 3.0)
        return Response(207, {}, b"", url)


def test_all_requests_share_one_budget() -> None:
    slow = _Slow()
    session = Session(
        slow,  # type: ignore[arg-type]
        Account("cal_1", "a@b", "UTC"),
        "https://host/",
        budget=5.0,
        patience=4.0,
        clock=FixedClock(0),
        timer=lambda: slow.now,
    )
    session.send("PROPFIND", "https://host/")
    session.send("PROPFIND", "https://host/")
    with pytest.raises(Unreachable):
        session.send("PROPFIND", "https://host/")
    assert slow.deadlines == [4.0, 2.0]


# --- people ---

_EVENT = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nX-ODD;=;broken\r\n"
    b'ORGANIZER;CN="M\xc3\xbcller, A":mailto:a@x\r\n'
    b'ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS="%s":mailto:b@y\r\n'
    b"BEGIN:VALARM\r\nATTENDEE:mailto:c@z\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_only_lines_about_people_change() -> None:
    ours = prepared(_EVENT % b"1.2", by_server=False)
    assert ours.count(b"SCHEDULE-AGENT=CLIENT") == 2
    assert b"SCHEDULE-STATUS" not in ours
    assert b"ATTENDEE:mailto:c@z\r\n" in ours
    theirs = prepared(ours, by_server=True)
    assert b"SCHEDULE-AGENT" not in theirs
    for line in (
        b"X-ODD;=;broken",
        b'ORGANIZER;CN="M\xc3\xbcller, A":mailto:a@x',
        b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@y",
    ):
        assert line + b"\r\n" in theirs


@pytest.mark.parametrize(
    ("noted", "delivered"), [(b"1.1;Sent", True), (b"2.0", True), (b"", True), (b"3.7;Unknown", False), (b"5.1", False)]
)
def test_the_servers_own_notes_say_whether_it_invited(noted: bytes, delivered: bool) -> None:
    draft = EventDraft("1", "m", 0, Span(0, 1), 0, "", "", Attendee("A", "A@x"), (), "UTC")
    assert was_delivered(_EVENT % noted, draft) is delivered
