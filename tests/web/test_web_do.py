"""One-tap actions: opening a link changes nothing, sending its form does one thing once, and every trouble is a kind page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.app.act.links import action_link, open_action
from service.app.answer_proposal import decline_proposal
from service.app.make_link import revoke_links
from service.app.rest_pair import pause_pair
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import one_round
from service.store import people
from tests.web.web_hand import Pairing, Web, pairing, web


@pytest.fixture
def at(tmp_path: Path) -> Web:
    made = web(tmp_path)
    made.at.clock.advance(8 * HOUR)
    return made


def mailed(at: Web, p: Pairing) -> tuple[str, list[str]]:
    """A proposal, and the addresses in the mail that asks Dana."""
    proposal, _ = at.at.slots(p.pair, responder=Seat.MENTOR)
    at.at.clock.advance(20)
    one_round(at.house)
    at.at.run()
    mail = at.at.mails.sent[-1]
    assert mail.to.email == "dana@example.org"
    return proposal, re.findall(r"http://holdfast\.test(/do/\S+)", mail.text)


def link(at: Web, person_id: str, verb: str, *args: str, lives: int = DAY) -> str:
    with at.house.reading() as session:
        person = people.get(session, person_id)
    return action_link(at.house, person, verb, *args, expires_at=at.at.clock.now() + lives)


def test_opening_a_link_changes_nothing_however_often(at: Web) -> None:
    p = pairing(at.at)
    proposal, links = mailed(at, p)
    before = at.ledger(p.pair)
    for path in links * 2:
        page = at.open(path)
        assert page.status == 200
        assert len(page.forms) == 1
        assert at.client.head(path).status_code == 200
    assert at.ledger(p.pair) == before
    assert at.proposal(proposal).status == "open"


def test_one_tap_books_and_a_second_one_says_the_same(at: Web) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    asked = at.open(links[0])
    assert "Meet Jonas Lindner on" in asked.text
    assert "in Berlin" in asked.text
    first = at.press(asked.forms[0])
    assert first.status == 200
    assert "It is booked" in first.text
    again = at.press(asked.forms[0])
    assert (again.status, again.text) == (200, first.text)
    assert at.open(links[0]).text == first.text
    [meeting] = at.meetings(p.pair)
    assert at.ledger(p.pair).count("meeting.booked") == 1
    assert meeting.status == "booked"


def test_another_time_of_the_same_offer_is_answered_kindly(at: Web) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    at.press(at.open(links[0]).forms[0])
    page = at.open(links[1])
    assert page.status == 409
    assert "A time was chosen already" in page.text
    assert not page.forms
    assert at.client.post(links[1]).status_code == 409
    assert len(at.meetings(p.pair)) == 1


def test_none_of_these_is_one_tap_too(at: Web) -> None:
    p = pairing(at.at)
    proposal, links = mailed(at, p)
    asked = at.open(links[-1])
    done = at.press(asked.forms[0])
    assert (done.status, at.proposal(proposal).status) == (200, "declined")
    assert at.press(asked.forms[0]).text == done.text
    assert at.ledger(p.pair).count("proposal.declined") == 1


def test_an_answer_after_the_offer_ran_out(at: Web) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    at.at.clock.advance(10 * DAY)
    one_round(at.house)
    for page in (at.open(links[0]), at.open(links[-1])):
        assert page.status == 409
        assert "This offer has run out" in page.text
        assert "Your page" in page.text
    assert at.client.post(links[0]).status_code == 409
    assert at.meetings(p.pair) == []


def test_a_time_that_has_gone_meanwhile(at: Web) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    asked = at.open(links[0])
    with at.house.reading() as session:
        slot = open_action(at.house, links[0].removeprefix("/do/")).args[1]
    from service.store.tables import ProposalSlot

    with at.house.reading() as session:
        row = session.get(ProposalSlot, slot)
    assert row is not None
    at.at.event(p.jonas_calendar, row.start)
    page = at.press(asked.forms[0])
    assert page.status == 409
    assert "no longer free" in page.text
    assert at.meetings(p.pair) == []


@pytest.mark.parametrize("late", [lambda _: None, lambda at: at.at.clock.advance(DAY)])
def test_a_pause_closes_the_offer(at: Web, late: object) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    pause_pair(at.house, p.pair, by=Seat.MENTEE, until=None)
    late(at)  # type: ignore[operator]
    page = at.open(links[0])
    assert page.status == 409
    assert "rest" in page.text
    assert "Jonas" not in page.text, "who asked for the pause is not said"


def test_an_expired_link_is_410_and_does_nothing(at: Web) -> None:
    p = pairing(at.at)
    proposal, slots = at.at.slots(p.pair)
    path = link(at, p.dana, "accept", proposal, slots[0].id, lives=HOUR).removeprefix("http://holdfast.test")
    at.at.clock.advance(HOUR)
    assert at.open(path).status == 410
    assert at.client.post(path).status_code == 410
    assert at.meetings(p.pair) == []


@pytest.mark.parametrize(
    "hurt", [lambda t: t[:-1], lambda t: t + "A", lambda t: "x" + t[1:], lambda _: "nothing", lambda t: t + "="]
)
def test_a_tampered_link_is_403(at: Web, hurt: object) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    path = "/do/" + hurt(links[0].removeprefix("/do/"))  # type: ignore[operator]
    assert at.open(path).status == 403
    assert at.client.post(path).status_code == 403
    assert at.meetings(p.pair) == []


def test_a_link_of_one_kind_is_none_of_another(at: Web) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    assert at.open(links[0].replace("/do/", "/me/")).status == 403
    assert at.open(at.link(p.dana).replace("/me/", "/do/")).status == 403


def test_revoked_links_and_links_about_other_peoples_pairs_are_403(at: Web) -> None:
    p = pairing(at.at)
    proposal, links = mailed(at, p)
    stranger = at.at.person("Sam Stranger")
    slot = open_action(at.house, links[0].removeprefix("/do/")).args[1]
    for verb, args in (
        ("accept", (proposal, str(slot))),
        ("decline", (proposal,)),
        ("accept", ("prop_none", "slot_none")),
        ("unheard_of", ()),
    ):
        path = link(at, stranger, verb, *args).removeprefix("http://holdfast.test")
        assert at.open(path).status == 403
        assert at.client.post(path).status_code == 403
    foreign = link(at, p.dana, "accept", proposal, "slot_of_another").removeprefix("http://holdfast.test")
    assert at.open(foreign).status == 403
    revoke_links(at.house, p.dana)
    assert at.open(links[0]).status == 403
    assert at.client.post(links[0]).status_code == 403
    assert at.meetings(p.pair) == []


def test_a_form_from_another_site_does_nothing(at: Web) -> None:
    p = pairing(at.at)
    _, links = mailed(at, p)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        assert at.client.post(links[0], headers=headers).status_code == 403
    assert at.meetings(p.pair) == []


def test_the_pages_say_no_secret_to_others(at: Web) -> None:
    p = pairing(at.at)
    proposal, links = mailed(at, p)
    decline_proposal(at.house, proposal, by=Seat.MENTEE)
    for path in (links[0], "/do/nothing"):
        headers = at.open(path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
