"""Connecting an account from one's own page: the offer, the three lines before, the way back, and connecting again."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent.parent / "app"))
from scripted_account import Provider, with_provider

from service.api.application import create_app
from service.app.make_link import make_link
from service.app.sign_in import GOOD_FOR
from service.app.sync_calendar import sync_calendar
from service.domain.errors import Refused
from service.store import calendars
from service.web import pages
from tests.house import TestHouse, make_house


@pytest.fixture
def at(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


@pytest.fixture
def provider(at: TestHouse) -> Provider:
    made = Provider(at.clock)
    with_provider(at, made)
    return made


class Browser:
    """A person at their own page."""

    def __init__(self, at: TestHouse, person: str) -> None:
        app = create_app(at.house, ready=lambda: {})
        pages.mount(app, at.house, demo=False)
        self.client = TestClient(app, base_url="http://holdfast.test")
        link, _ = make_link(at.house, person)
        self.home = urlsplit(link).path

    def open(self, path: str = "") -> str:
        answer = self.client.get(self.home + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def begin(self, provider: str = "google") -> str:
        """Presses the button after the three lines; the state that goes along to the provider."""
        page = self.open(f"/connect/{provider}")
        form = re.search(r'name="form" value="([^"]+)"', page)
        assert form is not None
        answer = self.client.post(f"{self.home}/connect/{provider}", data={"form": form[1]})
        assert answer.status_code == 200
        onward = re.search(r'href="(https://google[.]example/auth[?][^"]+)"', answer.text)
        assert onward is not None
        return parse_qs(urlsplit(onward[1].replace("&amp;", "&")).query)["state"][0]

    def back(self, provider: str = "google", **query: str) -> tuple[int, str]:
        answer = self.client.get(f"/oauth/{provider}/callback", params=query)
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        return answer.status_code, answer.text


@pytest.fixture
def person(at: TestHouse) -> str:
    return at.person("Ada Lovelace")


@pytest.fixture
def browser(at: TestHouse, provider: Provider, person: str) -> Browser:
    return Browser(at, person)


def test_only_what_is_set_up_is_offered(at: TestHouse, browser: Browser) -> None:
    page = browser.open()
    assert f"{browser.home}/connect/google" in page
    assert "Connect Microsoft" not in page
    plain = Browser(at, at.person("Bob"))
    assert plain.client.get(f"{plain.home}/connect/microsoft").status_code == 404
    assert plain.client.get("/oauth/microsoft/callback").status_code == 404


def test_nothing_is_offered_where_nothing_is_set_up(tmp_path: Path) -> None:
    at = make_house(tmp_path)
    assert "Connect Google" not in Browser(at, at.person()).open()


def test_the_whole_way(at: TestHouse, browser: Browser, person: str) -> None:
    lines = browser.open("/connect/google")
    for words in ("Read:", "Written:", "Never kept:"):
        assert words in lines
    assert at.house.calendars["google"].asked == 0  # type: ignore[attr-defined]
    status, page = browser.back(state=browser.begin(), code="c")
    assert status == 200
    assert "is connected" in page
    assert "Ada Lovelace" in page, "whoever signed in sees whose calendar it now is"
    own = re.search(r'href="https://holdfast[.]example(/me/[^"]+)"', page)
    assert own is not None
    assert "Google Calendar, read" in browser.client.get(own[1]).text
    with at.house.reading() as session:
        assert [row.status for row in calendars.of_people(session, [person])] == ["connected"]


def test_a_button_pressed_twice_is_one_sign_in(at: TestHouse, browser: Browser, person: str) -> None:
    page = browser.open("/connect/google")
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form is not None
    for _ in range(2):
        assert browser.client.post(f"{browser.home}/connect/google", data={"form": form[1]}).status_code == 200
    with at.house.reading() as session:
        assert len(calendars.of_people(session, [person])) == 1


def test_ways_back_that_lead_nowhere(at: TestHouse, browser: Browser) -> None:
    assert browser.back(state="made-up", code="c")[0] == 403
    assert browser.back()[0] == 403
    state = browser.begin()
    status, page = browser.back(state=state, error="access_denied")
    assert (status, "Access was not given." in page) == (400, True)
    assert browser.back(state=state, code="c")[0] == 403, "used"
    late = browser.begin()
    at.clock.at += GOOD_FOR
    assert browser.back(state=late, code="c")[0] == 410
    assert "Connect again" in browser.open()


def test_one_that_was_disconnected_can_be_connected_again(
    at: TestHouse, browser: Browser, provider: Provider, person: str
) -> None:
    browser.back(state=browser.begin(), code="c")
    assert "Connect again" not in browser.open()
    provider.good.clear()
    provider.refusing = Refused("Access was withdrawn or has run out.")
    with at.house.reading() as session:
        [before] = calendars.of_people(session, [person])
    sync_calendar(at.house, before.id)
    page = browser.open()
    assert "Connect again" in page
    assert "Access was withdrawn or has run out." in page
    provider.refusing = None
    browser.back(state=browser.begin(), code="c")
    with at.house.reading() as session:
        [after] = calendars.of_people(session, [person])
    assert (after.id, after.status) == (before.id, "connected")
    assert "Connect again" not in browser.open()


class TestChoosing:
    """The forms beside each calendar: what it is for, and taking it out."""

    @pytest.fixture
    def own(self, at: TestHouse, provider: Provider, person: str, browser: Browser) -> list[str]:
        provider.names = {provider.who: ["work", "choir"]}
        browser.back(state=browser.begin(), code="c")
        at.run()
        with at.house.reading() as session:
            return [row.id for row in calendars.of_people(session, [person])]

    def press(self, browser: Browser, action: str, **fields: str) -> tuple[int, str]:
        form = re.search(r'name="form" value="([^"]+)"', browser.open())
        assert form is not None
        answer = browser.client.post(browser.home + action, data={"form": form[1], **fields})
        return answer.status_code, answer.text

    def rows(self, at: TestHouse, person: str) -> dict[str, tuple[bool, bool]]:
        with at.house.reading() as session:
            return {row.id: (row.counts, row.is_primary) for row in calendars.of_people(session, [person])}

    def test_what_counts_and_where_is_written(
        self, at: TestHouse, browser: Browser, person: str, own: list[str]
    ) -> None:
        work, choir = own
        status, page = self.press(browser, f"/calendars/{choir}/leave-out")
        assert status == 200
        assert "It does not count, so it is not read." in page
        assert "does not count any more" in page
        self.press(browser, f"/calendars/{choir}/write-here")
        assert self.rows(at, person) == {work: (True, False), choir: (False, True)}
        self.press(browser, f"/calendars/{choir}/count")
        assert self.rows(at, person)[choir] == (True, True)

    def test_taken_out_and_pressed_twice(
        self, at: TestHouse, browser: Browser, provider: Provider, person: str, own: list[str]
    ) -> None:
        for _ in range(2):
            status, page = self.press(browser, f"/calendars/{own[1]}/disconnect")
            assert (status, "That calendar is taken out." in page) == (200, True)
        assert list(self.rows(at, person)) == [own[0]]
        assert provider.revoked == [], "the other one still needs the access"
        self.press(browser, f"/calendars/{own[0]}/disconnect")
        assert len(provider.revoked) == 1

    def test_nobody_elses(self, at: TestHouse, browser: Browser, person: str, own: list[str]) -> None:
        stranger = Browser(at, at.person("Bob"))
        at.local(at.person("Eve"))
        for action in ("leave-out", "write-here", "disconnect", "count", "juggle"):
            form = re.search(r'name="form" value="([^"]+)"', stranger.open("/connect/google"))
            assert form is not None
            answer = stranger.client.post(f"{stranger.home}/calendars/{own[0]}/{action}", data={"form": form[1]})
            assert answer.status_code == 403, action
        assert browser.client.post(f"{browser.home}/calendars/{own[0]}/count", data={"form": "x"}).status_code == 403
        assert self.rows(at, person)[own[0]] == (True, True)

    def test_one_that_can_only_be_read(self, at: TestHouse, browser: Browser, person: str, own: list[str]) -> None:
        with at.house.writing() as session:
            calendars.get(session, own[1]).writable = False
        assert f"{own[1]}/write-here" not in browser.open()
        status, page = self.press(browser, f"/calendars/{own[1]}/write-here")
        assert (status, "can only be read" in page) == (422, True)

    def test_all_calendars_are_listed_only_where_it_is_asked_for(self, browser: Browser, provider: Provider) -> None:
        page = browser.open("/connect/google")
        assert 'name="choose"' in page
        form = re.search(r'name="form" value="([^"]+)"', page)
        assert form is not None
        browser.client.post(f"{browser.home}/connect/google", data={"form": form[1], "choose": "yes"})
        assert provider.chooses

    def test_a_link_to_meet_at_is_wanted_or_not(self, at: TestHouse, browser: Browser, person: str) -> None:
        pair = at.pair(person, at.person("Emil Mentee"))
        from service.store import pairs

        for wanted in ("yes", "no"):
            assert self.press(browser, f"/pairs/{pair}/link", wanted=wanted)[0] == 200
            with at.house.reading() as session:
                assert pairs.get(session, pair).conference is (wanted == "yes")


def test_the_ways_back_and_the_providers_messages_stand_in_the_document_with_examples(at: TestHouse) -> None:
    app = create_app(at.house, ready=lambda: {})
    pages.mount(app, at.house, demo=False)
    paths = TestClient(app).get("/openapi.json").json()["paths"]
    for provider in ("google", "microsoft"):
        back = paths[f"/oauth/{provider}/callback"]["get"]
        assert {one["name"] for one in back["parameters"]} == {"state", "code", "error"}
        assert all(one["example"] for one in back["parameters"])
        assert back["tags"] == ["providers"]
        assert back["summary"]
        assert back["description"]
        assert set(back["responses"]) == {"200", "400", "403", "404", "410", "500", "502"}
        assert all(list(answer["content"]) == ["text/html"] for answer in back["responses"].values())
    headers = paths["/hooks/google"]["post"]["parameters"]
    assert {one["name"] for one in headers} == {
        "X-Goog-Channel-ID", "X-Goog-Channel-Token", "X-Goog-Resource-State", "X-Goog-Message-Number",
    }  # fmt: skip
    assert all(one["schema"]["examples"] for one in headers)
    told = paths["/hooks/microsoft"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert {"a change", "a lifecycle event"} == set(told)
    assert paths["/metrics"]["get"]["responses"]["200"]["content"]["text/plain"]["example"]
    assert not [path for path in paths if path.startswith(("/me/", "/static"))]
