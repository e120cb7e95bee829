"""How often Holdfast may write, where every mail that asks leads; and what it asks, on the person's own page."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.app.post.ask import ask
from service.app.post.kind import Kind
from service.app.post.kinds import KINDS
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import one_round
from service.store import asks, people
from service.store.tables import AskRow, Person
from service.words.letter import Action, Section
from tests.web.web_hand import Web, pairing, web


@pytest.fixture
def at(tmp_path: Path) -> Web:
    made = web(tmp_path)
    made.at.clock.advance(8 * HOUR)
    return made


def kept(at: Web, person_id: str) -> Person:
    with at.house.reading() as session:
        return people.get(session, person_id)


def test_every_mail_that_asks_leads_there_and_what_is_chosen_holds(at: Web) -> None:
    p = pairing(at.at)
    at.at.slots(p.pair, responder=Seat.MENTOR)
    at.at.clock.advance(20)
    one_round(at.house)
    at.at.run()
    mail = at.at.mails.sent[-1]
    assert mail.unsubscribe is not None
    assert "at most once a day and 3 times a week" in mail.text
    page = at.open(mail.unsubscribe.removeprefix("http://holdfast.test"))
    assert page.status == 200
    form = page.form("/mail-settings")
    done = at.press(form, mails_per_week="1", quiet_from="17:30", quiet_until="10:15", language="en")
    assert "From now on it is so" in done.text
    dana = kept(at, p.dana)
    assert (dana.mails_per_week, dana.quiet_from, dana.quiet_until) == (1, 17 * 60 + 30, 10 * 60 + 15)
    assert "at most once a week" in at.me(p.dana).text
    done = at.press(
        page.form("/mail-settings"), mails_per_week="7", quiet_from="20:00", quiet_until="08:00", any_hour="y"
    )
    assert kept(at, p.dana).quiet_from == kept(at, p.dana).quiet_until


@pytest.mark.parametrize(
    "sent",
    [
        {"mails_per_week": "0"},
        {"mails_per_week": "many"},
        {"quiet_from": "25:00"},
        {"quiet_from": "08:00"},
        {"quiet_until": ""},
        {"language": "xx"},
    ],
)
def test_what_cannot_be_is_refused_kindly(at: Web, sent: dict[str, str]) -> None:
    p = pairing(at.at)
    page = at.open(f"{at.link(p.dana)}/mail-settings")
    given = {"mails_per_week": "2", "quiet_from": "20:00", "quiet_until": "08:00", "language": "en", **sent}
    answer = at.press(page.form("/mail-settings"), **given)
    assert answer.status == 422
    assert "That cannot be kept as it is" in answer.text
    assert kept(at, p.dana).mails_per_week == 3


def test_it_takes_the_persons_own_link_and_form(at: Web) -> None:
    p = pairing(at.at)
    path = f"{at.link(p.dana)}/mail-settings"
    assert at.open(path.replace("/me/", "/me/x")).status == 403
    given = {"mails_per_week": "1", "quiet_from": "20:00", "quiet_until": "08:00"}
    assert at.client.post(path, data=given).status_code == 403
    other = at.open(f"{at.link(p.jonas)}/mail-settings").form("/mail-settings")
    assert at.client.post(path, data={**other.fields, **given}).status_code == 403
    assert kept(at, p.dana).mails_per_week == 3


def test_gentler_rules_move_what_waits(at: Web) -> None:
    p = pairing(at.at)
    at.at.clock.advance(12 * HOUR)  # evening in New York
    at.at.slots(p.pair, responder=Seat.MENTOR)
    with at.house.reading() as session:
        assert (asks.planned_for(session, p.dana) or 0) > at.at.clock.now() + 3 * HOUR
    given = {"mails_per_week": "3", "quiet_from": "20:00", "quiet_until": "08:00", "any_hour": "yes"}
    at.press(at.open(f"{at.link(p.dana)}/mail-settings").form("/mail-settings"), **given)
    with at.house.reading() as session:
        assert asks.planned_for(session, p.dana) == at.at.clock.now() + 20


def test_the_page_shows_the_same_asks_with_the_same_buttons(at: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    p = pairing(at.at)
    proposal, _ = at.at.slots(p.pair, responder=Seat.MENTOR)

    def section(house: House, _session: Session, row: AskRow, reader: Person) -> Section:
        url = action_link(house, reader, "decline", row.about, expires_at=house.now() + DAY)
        return Section(
            "A <small> matter", ("A line.",), (Action("No, thank you", url, heading="Say no", details=("Or not.",)),)
        )

    monkeypatch.setitem(KINDS, "matter", Kind(lambda *_: True, section))
    with at.house.writing() as session:
        ask(at.house, session, p.dana, "matter", pair_id=p.pair, about=proposal)
    page = at.me(p.dana)
    assert page.text.count("A <small> matter") == 1
    assert "Say no" in page.text
    assert "A time to meet with" not in page.text, "the times stand beside the pair already"
    done = at.press(page.form("/do/[^/]+"))
    assert "none of these" in done.text
    assert at.proposal(proposal).status == "declined"
    assert "A <small> matter" not in at.me(p.jonas).text
