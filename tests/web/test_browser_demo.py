"""The demo in a real browser: the whole path without script, on a phone, by keyboard, and what is asked of every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.demo_process import DemoProcess, start_demo
from tests.web.in_browser import in_browser
from tests.web.looks import LOOK

pytestmark = in_browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    started = start_demo(tmp_path_factory.mktemp("demo"))
    yield started
    started.stop()


@pytest.fixture
def open_page(browser: Any, demo: DemoProcess) -> Iterator[Any]:
    """Opens a page; at the end no request may have gone to another host, and no page may have complained."""
    contexts, asked, complaints = [], [], []

    def opened(**given: Any) -> Any:
        context = browser.new_context(base_url=demo.address, timezone_id="Asia/Tokyo", **given)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert asked
    assert [url for url in asked if not url.startswith(demo.address)] == []
    assert [text for text in complaints if "status of 4" not in text] == []


def _person(page: Any, name: str) -> str:
    """Opens somebody's page from the start page; returns its address."""
    page.goto("/")
    page.get_by_role("link", name=re.compile(f"^As {name}, ")).first.click()
    page.wait_for_load_state()
    return str(page.url)


def test_the_whole_path_without_script(open_page: Any) -> None:
    page = open_page(java_script_enabled=False)
    own = _person(page, "Dana")
    offer = page.get_by_role("region", name="Choose a time")
    assert offer.get_by_role("listitem").filter(has=page.get_by_role("button")).count() == 5
    assert "times in 10" in offer.inner_text()
    assert "for Jonas in Berlin" in offer.inner_text()

    # Choose, and see it booked on both pages and in the mails.
    offer.get_by_role("button", name=re.compile("^Choose")).first.click()
    assert "It is booked" in page.get_by_role("status").inner_text()
    booked = page.get_by_role("article").filter(has_text="Your next meeting")
    first_time = booked.locator("time").get_attribute("datetime")
    pair = page.url.partition("?")[0]

    # Move it on the page.
    booked.get_by_role("link", name="Find another time").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Move the meeting").click()
    assert "It is moved" in page.get_by_role("status").inner_text()
    moved_time = (
        page.get_by_role("article").filter(has_text="Your next meeting").locator("time").get_attribute("datetime")
    )
    assert moved_time != first_time
    assert "Moved 1 time so far" in page.inner_text("main")

    # Move it in the calendar, as a calendar program does; a free Saturday night.
    _move_in_calendar(page)
    page.goto(pair)
    history = page.get_by_role("region", name="What happened so far").inner_text()
    assert "seen in your calendar" in history
    assert "by you on this page" in history
    figures = page.get_by_role("region", name="Your patterns").inner_text()
    assert re.search(r"3\s+(?:2 at short notice|1 at short notice)?\s*Changes of time|Changes of time\s+3", figures)

    # The other one sees it on the other clock.
    _person(page, "Jonas")
    assert "seen in Dana’s calendar" in page.inner_text("main")
    page.goto(own)
    assert "Moved 2 times so far" in page.inner_text("main")

    # Other systems were told, and the mails are there.
    for _ in range(120):
        page.goto("/demo/webhooks")
        log = page.inner_text("main")
        if "On its way" not in log:
            break
    assert page.get_by_role("heading", name="meeting.rescheduled").count() == 2
    assert page.get_by_role("heading", name="meeting.booked").count() == 1
    assert "signature good" in log
    assert "Not delivered" not in log
    page.goto("/demo/mails")
    assert "New time: Dana Whitfield and Jonas Lindner" in page.inner_text("main")


def _move_in_calendar(page: Any) -> None:
    page.get_by_role("link", name="Dana’s calendar").click()
    for _ in range(6):
        ours = page.get_by_role("listitem").filter(has_text="Dana Whitfield and Jonas Lindner")
        if ours.count():
            break
        page.get_by_role("link", name="Week after").click()
    ours.locator("summary").click()
    field = ours.get_by_label("New start")
    field.fill(field.input_value()[:11] + "21:40")
    ours.get_by_role("button", name="Move", exact=True).click()
    assert "Holdfast noticed it at once" in page.get_by_role("status").inner_text()
    assert "21:40" in page.inner_text("main")


PAGES = ("start", "dana", "jonas", "pair", "meeting", "calendar", "mails", "webhooks", "trouble")


def _go(page: Any, which: str) -> None:
    if which == "start":
        page.goto("/")
    elif which in ("mails", "webhooks"):
        page.goto(f"/demo/{which}")
    elif which == "trouble":
        assert page.goto("/me/nothing").status == 403
    elif which == "calendar":
        _person(page, "Amara")
        page.get_by_role("link", name="Amara’s calendar").click()
        page.get_by_role("link", name="Week after").click()
    else:
        _person(page, "Jonas" if which == "jonas" else "Dana")
        if which == "pair":
            page.get_by_role("link", name=re.compile("atterns, history.*Amara")).click()
        if which == "meeting":
            page.get_by_role("link", name="Find another time").last.click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_can_be_used_by_everyone(open_page: Any, scheme: str, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = {}
    for which in PAGES:
        _go(page, which)
        complaints = page.evaluate(LOOK, 4.5)
        if complaints:
            found[which] = complaints
    assert found == {}


def test_the_looks_notice_what_is_wrong(open_page: Any) -> None:
    page = open_page()
    page.goto("/")
    page.evaluate(
        """() => {
          const main = document.querySelector("main");
          main.append(document.createElement("input"), document.createElement("button"));
          const pale = document.createElement("p"); pale.textContent = "pale"; pale.className = "pale"; main.append(pale);
          const jump = document.createElement("h6"); jump.textContent = "jump"; main.append(jump);
          const sheet = new CSSStyleSheet(); sheet.replaceSync(".pale { color: #ccc; width: 3000px; max-width: none; }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    told = " ".join(page.evaluate(LOOK, 4.5))
    for word in ("no label", "no name", "contrast", "heading jumps", "scrolls sideways"):
        assert word in told


def test_the_keyboard_alone_is_enough(open_page: Any) -> None:
    page = open_page()
    _person(page, "Amara")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent.trim()")
        ring = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert ring >= 2, name
        reached.append(name)
        if name == "Yes, we met":
            break
    assert reached[-1] == "Yes, we met"
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert "Thank you" in page.get_by_role("status").inner_text()


def test_a_phone_shows_one_column_and_the_whole_slot(open_page: Any) -> None:
    page = open_page(viewport={"width": 320, "height": 700}, has_touch=True, is_mobile=True)
    page.goto("/")
    page.get_by_role("link", name=re.compile("^As Jonas, ")).tap()
    for box in [part.bounding_box() for part in page.locator(".card, .slot, .meeting, .history li").all()]:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    assert Path(page.url).name
