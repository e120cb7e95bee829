"""One tap for the loop: the second time, a short call, meeting less often. Opening changes nothing, pressing twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_hand import Page, Web, pairing, web

from service.app.act.links import action_link
from service.app.alter_meeting import cancel_meeting
from service.app.end_pair import end_pair
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.store import claims, people, proposals


@pytest.fixture
def at(tmp_path: Path) -> Web:
    made = web(tmp_path)
    made.at.clock.advance(8 * HOUR)
    return made


def tap(at: Web, person_id: str, verb: str, *args: str | int) -> str:
    with at.house.reading() as session:
        person = people.get(session, person_id)
    url = action_link(at.house, person, verb, *args, expires_at=at.at.clock.now() + 90 * DAY)
    return url.removeprefix("http://holdfast.test")


def pressed(at: Web, path: str) -> Page:
    return at.press(at.open(path).forms[0])


def test_the_second_time_in_one_tap(at: Web) -> None:
    p = pairing(at.at)
    meeting = at.at.booked(p.pair)
    with at.house.reading() as session:
        start = claims.held(session, [meeting])[meeting].start
    mine, theirs = tap(at, p.dana, "fallback", meeting, start), tap(at, p.jonas, "fallback", meeting, start)
    before = at.ledger(p.pair)
    for path in (mine, theirs):
        page = at.open(path)
        assert (page.status, len(page.forms)) == (200, 1)
        assert "nobody has to be asked" in page.text
    assert at.ledger(p.pair) == before
    form = at.open(theirs).forms[0]
    done = pressed(at, mine)
    assert "The meeting is on" in done.text
    assert pressed_again(at, mine) == done.text
    assert at.press(form).status == 200, "the other tapped the same moment: it stands there"
    assert at.ledger(p.pair).count("meeting.moved") == 1
    assert [row.start for row in at.meetings(p.pair)] == [start]


def pressed_again(at: Web, path: str) -> str:
    page = at.open(path)
    assert page.forms == [], "what was pressed says what was said"
    return page.text


def test_a_second_time_that_has_gone_and_one_of_a_meeting_called_off(at: Web) -> None:
    p = pairing(at.at)
    meeting = at.at.booked(p.pair)
    gone = at.open(tap(at, p.dana, "fallback", meeting, at.at.clock.now() + 5 * DAY))
    assert (gone.status, gone.forms) == (409, [])
    assert "no longer held" in gone.text
    with at.house.reading() as session:
        start = claims.held(session, [meeting])[meeting].start
    cancel_meeting(at.house, meeting, by=Seat.MENTEE)
    off = at.open(tap(at, p.dana, "fallback", meeting, start))
    assert (off.status, off.forms) == (409, [])
    assert "called off" in off.text


def test_somebody_elses_meeting_is_refused(at: Web) -> None:
    p = pairing(at.at)
    meeting = at.at.booked(p.pair)
    stranger = at.at.person("Sam Stranger")
    for verb, *args in (("fallback", meeting, 1), ("short_call", meeting), ("slower", p.pair)):
        assert at.open(tap(at, stranger, verb, *args)).status == 403


def test_times_for_a_short_call_in_one_tap_once(at: Web) -> None:
    p = pairing(at.at)
    meeting = at.at.booked(p.pair)
    path = tap(at, p.jonas, "short_call", meeting)
    assert "Nothing changes before you choose one" in at.open(path).text
    page = pressed(at, path)
    assert "on your page" in page.text
    pressed_again(at, path)
    with at.house.reading() as session:
        assert [row.purpose for row in proposals.open_of(session, p.pair)] == ["short_call"]


def test_meeting_less_often_in_one_tap_and_nobody_learns_who(at: Web) -> None:
    p = pairing(at.at)
    page = pressed(at, tap(at, p.jonas, "slower", p.pair))
    assert "less often" in page.text
    assert at.pair_row(p.pair).cadence_every == 2
    told = [mail for mail in at.at.mails.sent if mail.method is None]
    assert sorted(mail.to.email for mail in told) == ["dana@example.org", "jonas@example.org"]
    assert not any("Jonas" in mail.text and "wish" in mail.text for mail in told)
    path = tap(at, p.dana, "slower", p.pair)
    end_pair(at.house, p.pair, by=Seat.MENTOR)
    ended = at.open(path)
    assert (ended.status, ended.forms) == (409, [])
