"""Forms that come back: only from the person's own page, only as often as meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.domain.timespan import DAY
from tests.web.web_hand import Form, Web, pairing, web


@pytest.fixture
def at(tmp_path: Path) -> Web:
    return web(tmp_path)


def _form(at: Web) -> tuple[str, Form]:
    p = pairing(at.at)
    return p.pair, at.me(p.dana).form("/propose")


@pytest.mark.parametrize("token", ["", "nothing", "AAAA", "ä", "x" * 300])
def test_a_form_without_our_token_changes_nothing(at: Web, token: str) -> None:
    pair_id, form = _form(at)
    page = at.press(form, form=token)
    assert page.status == 403
    assert at.ledger(pair_id) == ["pair.created"]


def test_a_token_of_the_other_person_changes_nothing(at: Web) -> None:
    p = pairing(at.at)
    form, other = at.me(p.dana).form("/propose"), at.me(p.jonas).form("/propose")
    assert at.press(form, form=other.fields["form"]).status == 403
    assert at.ledger(p.pair) == ["pair.created"]


def test_a_page_left_open_for_long_is_shown_afresh(at: Web) -> None:
    pair_id, form = _form(at)
    at.at.clock.advance(DAY)
    page = at.press(form)
    assert page.status == 409
    assert "open for a long time" in page.text
    assert at.ledger(pair_id) == ["pair.created"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://holdfast.test.elsewhere.example"},
        {"Origin": "http://holdfast.test", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_what_comes_from_another_site_is_refused(at: Web, headers: dict[str, str]) -> None:
    pair_id, form = _form(at)
    assert at.press(form, headers).status == 403
    assert at.ledger(pair_id) == ["pair.created"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": "http://holdfast.test"},
        {"Origin": "https://proxied.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_what_comes_from_the_page_itself_is_taken(at: Web, headers: dict[str, str]) -> None:
    pair_id, form = _form(at)
    assert at.press(form, headers).status == 200
    assert "proposal.created" in at.ledger(pair_id)


@pytest.mark.parametrize(
    "body", [b"a" * 20_000, b"\xff\xfe=1", b"&".join(b"a%d=1" % i for i in range(60)), b"nonsense"]
)
def test_what_is_no_form_of_ours_is_refused(at: Web, body: bytes) -> None:
    pair_id, form = _form(at)
    answer = at.client.post(form.action, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 422
    assert answer.headers["cache-control"] == "no-store"
    assert at.ledger(pair_id) == ["pair.created"]


def test_two_pages_are_two_intentions_one_page_is_one(at: Web) -> None:
    p = pairing(at.at)
    first, second = at.me(p.dana).form("/propose"), at.me(p.dana).form("/propose")
    for form in (first, first, second):
        assert at.press(form).status == 200
    assert at.ledger(p.pair).count("proposal.created") == 2


def test_a_get_of_every_address_with_a_form_changes_nothing(at: Web) -> None:
    p = pairing(at.at)
    at.at.booked(p.pair)
    at.at.slots(p.pair)
    before = at.ledger(p.pair)
    for form in at.me(p.dana).forms:
        assert at.open(form.action).status in (404, 405)
    assert at.ledger(p.pair) == before
