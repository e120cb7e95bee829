"""A person's own mails where no mail server is set up: theirs alone, the newest first, and what is left when there are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.domain.ledger import Seat
from service.ports.mailer import Sending
from service.store import mails
from tests.web.web_hand import Pairing, Web, pairing, web


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Web:
    made = web(tmp_path)
    monkeypatch.setattr(made.at.mails, "send", lambda _mail: Sending.KEPT)
    return made


def _booked_and_moved(at: Web) -> Pairing:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    at.at.clock.advance(60)
    page = at.open(f"{at.link(p.dana)}/meetings/{meeting_id}")
    moved = at.press(page.form("/move"), start=re.findall(r'name="start" id="s-\d+" value="(\d+)"', page.html)[0])
    assert "It is moved" in moved.text
    return p


def test_kept_mails_are_on_the_readers_page_alone(at: Web) -> None:
    p = _booked_and_moved(at)
    page = at.open(f"{at.link(p.jonas)}/mails")
    assert page.status == 200
    first, second = page.text.index("New time: Dana Whitfield and Jonas Lindner"), page.text.index("It is booked")
    assert first < second
    assert "invitation, change 1" in page.text
    assert "Dear Jonas Lindner" in page.text
    theirs = at.open(f"{at.link(p.dana)}/mails")
    assert "Dear Jonas" not in theirs.text
    assert "No mail was kept for you" in theirs.text


def test_the_way_there_is_on_the_page_of_whoever_has_some(at: Web) -> None:
    p = _booked_and_moved(at)
    assert '/mails">Read your mails</a>' in at.me(p.jonas).html
    assert "Your invitation is kept here" in at.me(p.jonas).text
    assert "/mails" not in at.me(p.dana).html


def test_a_mail_whose_words_were_taken_out_says_so(at: Web) -> None:
    p = _booked_and_moved(at)
    with at.house.writing() as session:
        mails.neutralise(session, [p.pair])
    page = at.open(f"{at.link(p.jonas)}/mails")
    assert "About a meeting" in page.text
    assert "The words of this mail are not kept any more." in page.text
    assert "Dana" not in page.text


def test_it_takes_the_persons_own_link(at: Web) -> None:
    p = _booked_and_moved(at)
    link = at.link(p.jonas)
    assert at.open(f"{link[:-3]}xyz/mails").status == 403
    page = at.open(f"{link}/mails")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert at.client.head(f"{link}/mails").status_code == 200


def test_what_was_sent_is_not_among_them(tmp_path: Path) -> None:
    at = web(tmp_path)
    p = pairing(at.at)
    at.at.slots(p.pair, responder=Seat.MENTOR)
    at.press(at.me(p.dana).form("/accept"))
    assert "No mail was kept for you" in at.open(f"{at.link(p.jonas)}/mails").text
    assert "/mails" not in at.me(p.jonas).html
