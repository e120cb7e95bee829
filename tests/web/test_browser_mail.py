"""What mails lead to, and mails themselves, in a real browser: without script, on a small phone, light and dark."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from integrations.email import KeptMailer
from service.domain.ledger import Seat
from service.domain.timespan import HOUR
from service.jobs.rounds import one_round
from service.store import mails, meetings
from service.web import pages
from tests.app.test_answers_by_mail import Invited
from tests.web.in_browser import in_browser
from tests.web.looks import LOOK

pytestmark = in_browser

PHONE = {"width": 320, "height": 640}
FRAME = ("not exactly one", "id twice")  # a mail is no page: it has no frame of ours around it


@pytest.fixture
def at(tmp_path: Path) -> Invited:
    """Both invited by mail, that is kept; the mentee suggests another time, and new times are offered."""
    made = Invited(tmp_path)
    made.at.house = replace(made.at.house, mailer=KeptMailer())
    made.take(made.said("tentative", proposed=made.other_time()))
    stranger = made.at.person("Ruth Okonkwo-Vandenberg", "Asia/Kolkata")
    made.at.slots(made.at.pair(made.marta, stranger, focus="A first year as a lead"), responder=Seat.MENTOR)
    made.at.clock.advance(HOUR)
    one_round(made.at.house)
    made.at.run()
    return made


@pytest.fixture
def site(at: Invited) -> Iterator[str]:
    app = FastAPI()
    pages.mount(app, at.at.house)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


def _home(at: Invited, person_id: str) -> str:
    from service.app.make_link import make_link

    return make_link(at.at.house, person_id)[0].removeprefix("http://holdfast.test")


def _complaints(page: Any, *, but: tuple[str, ...] = ()) -> list[str]:
    return [said for said in page.evaluate(LOOK, 4.5) if not said.startswith(but)]


def test_the_whole_way_from_a_mail_without_script(browser: Any, at: Invited, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{_home(at, at.marta)}/mails")
    page.get_by_role("link", name="See it as a mail").first.click()
    assert "Emil Mentee suggests another time" in page.inner_text("body")
    link = page.get_by_role("link", name="Meet at that time").get_attribute("href").removeprefix("http://holdfast.test")
    page.goto(link)
    assert "instead?" in page.inner_text("h1")
    page.get_by_role("button", name="Meet at that time").click()
    assert "It stands at" in page.inner_text("h1")
    with at.at.house.reading() as session:
        assert meetings.get(session, at.meeting).sequence == 1
    page.get_by_role("main").get_by_role("link", name="Your page").click()
    assert "Hello Marta" in page.inner_text("h1")
    page.get_by_role("link", name="Change this").click()
    page.get_by_label("Mails that ask, in any seven days").select_option("1")
    page.get_by_label("From", exact=True).fill("18:00")
    page.get_by_role("button", name="Keep it so").click()
    assert "From now on it is so" in page.get_by_role("status").inner_text()
    assert page.get_by_label("From", exact=True).input_value() == "18:00"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_and_mails_are_easy_to_see_and_to_use(browser: Any, at: Invited, site: str, scheme: str) -> None:
    with at.at.house.reading() as session:
        kept = [row for person in (at.marta, at.emil) for row in mails.kept_for(session, person)]
    assert any(row.asks for row in kept)
    context = browser.new_context(base_url=site, viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    home = _home(at, at.marta)
    actions = [
        part.split('"')[0] for row in kept for part in row.html.split("http://holdfast.test")[1:] if "/do/" in part
    ]
    for path in (home, f"{home}/mails", f"{home}/mail-settings", actions[0], "/do/nothing"):
        page.goto(path)
        assert _complaints(page) == [], path
    for row in kept:
        page.goto(f"{_home(at, row.person_id)}/mails/{row.id}")
        assert _complaints(page, but=FRAME) == [], row.subject
        assert page.locator("a.button, a.quiet").count() > 0
        for box in (one.bounding_box() for one in page.locator("a.button, a.quiet").all()):
            assert box["height"] >= 44
    context.close()


def test_other_peoples_kept_mails_are_not_shown(at: Invited, site: str, browser: Any) -> None:
    with at.at.house.reading() as session:
        row = mails.kept_for(session, at.marta)[0]
    context = browser.new_context(base_url=site)
    page = context.new_page()
    answer = page.goto(f"{_home(at, at.emil)}/mails/{row.id}")
    assert answer.status == 404
    answer = page.goto(f"{_home(at, at.marta)}/mails/{row.id}")
    assert answer.status == 200
    assert "default-src 'none'; style-src 'unsafe-inline'" in answer.headers["content-security-policy"]
    context.close()
