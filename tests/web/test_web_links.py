"""Who may see a page, and what every page says of itself in its headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.app.make_link import revoke_links
from service.domain.timespan import DAY, HOUR
from tests.web.web_hand import Web, pairing, web


@pytest.fixture
def at(tmp_path: Path) -> Web:
    return web(tmp_path)


def test_the_front_page_shows_nobody(at: Web) -> None:
    pairing(at.at)
    page = at.open("/")
    assert page.status == 200
    assert "Dana" not in page.html
    assert "Jonas" not in page.html
    assert "holdfast keys create" in page.text


@pytest.mark.parametrize("path", ["/demo/mails", "/demo/webhooks", "/demo/as/per_1", "/demo/calendars/per_1"])
def test_the_demo_pages_are_not_there_in_a_real_installation(at: Web, path: str) -> None:
    assert at.open(path).status == 404


def test_a_persons_own_page_opens_with_the_link(at: Web) -> None:
    p = pairing(at.at)
    page = at.me(p.dana)
    assert page.status == 200
    assert "Hello Dana" in page.text
    assert "Mentoring with Jonas Lindner" in page.text
    assert at.client.head(at.link(p.dana)).status_code == 200


@pytest.mark.parametrize(
    "hurt", [lambda t: t[:-1], lambda t: t + "A", lambda t: "x" + t[1:], lambda _: "nothing", lambda t: t + "="]
)
def test_a_tampered_link_is_403(at: Web, hurt: object) -> None:
    p = pairing(at.at)
    token = at.link(p.dana).removeprefix("/me/")
    page = at.open("/me/" + hurt(token))  # type: ignore[operator]
    assert page.status == 403
    assert "Dana" not in page.html
    assert "newest link" in page.text


def test_an_expired_link_is_410_on_every_page_below_it(at: Web) -> None:
    p = pairing(at.at)
    link = at.link(p.dana, lifetime=HOUR)
    at.at.clock.advance(HOUR)
    for path in ("", f"/pairs/{p.pair}", "/meetings/mtg_1", "/elsewhere"):
        page = at.open(link + path)
        assert page.status == 410
        assert "run out" in page.text
    assert at.client.post(f"{link}/pairs/{p.pair}/end").status_code == 410


def test_a_revoked_link_is_403(at: Web) -> None:
    p = pairing(at.at)
    link = at.link(p.dana)
    revoke_links(at.house, p.dana)
    assert at.open(link).status == 403


def test_nobody_sees_or_changes_other_peoples_pairs_and_meetings(at: Web) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    proposal_id, slots = at.at.slots(p.pair)
    stranger = at.at.person("Sam Stranger")
    own = at.pair_row(at.at.pair(stranger, p.dana)).id
    link = at.link(stranger)
    for path in (f"/pairs/{p.pair}", f"/meetings/{meeting_id}", "/pairs/pair_none", "/meetings/mtg_none"):
        assert at.open(link + path).status == 403, path
    form = at.open(f"{link}/pairs/{own}").forms[0].fields["form"]
    before = at.ledger(p.pair)
    for path, sent in (
        (f"/proposals/{proposal_id}/accept", {"slot_id": slots[0].id}),
        (f"/proposals/{proposal_id}/decline", {}),
        ("/proposals/prop_none/accept", {"slot_id": slots[0].id}),
        (f"/meetings/{meeting_id}/cancel", {"version": "1"}),
        (f"/meetings/{meeting_id}/move", {"version": "1", "start": "1"}),
        (f"/meetings/{meeting_id}/outcome", {"happened": "yes"}),
        (f"/pairs/{p.pair}/propose", {}),
        (f"/pairs/{p.pair}/pause", {}),
        (f"/pairs/{p.pair}/end", {}),
    ):
        assert at.client.post(link + path, data={"form": form, **sent}).status_code == 403, path
    assert at.ledger(p.pair) == before


def test_a_slot_of_another_pair_cannot_be_accepted(at: Web) -> None:
    p = pairing(at.at)
    other = at.at.pair(p.dana, at.at.person("Third"))
    proposal_id, _ = at.at.slots(p.pair)
    _, foreign = at.at.slots(other)
    page = at.me(p.dana)
    form = next(f for f in page.forms if proposal_id in f.action and f.action.endswith("accept"))
    answer = at.press(form, slot_id=foreign[0].id)
    assert answer.status == 422
    assert not at.meetings(p.pair)


def test_every_page_carries_the_headers_and_nothing_inline(at: Web) -> None:
    p = pairing(at.at)
    meeting_id = at.at.booked(p.pair)
    at.at.slots(p.pair)
    link = at.link(p.dana)
    for path in ("/", link, f"{link}/pairs/{p.pair}", f"{link}/meetings/{meeting_id}", link + "x", link + "/x"):
        page = at.open(path)
        csp = page.headers["content-security-policy"]
        assert "default-src 'none'" in csp
        assert "frame-ancestors 'none'" in csp
        assert "form-action 'self'" in csp
        assert "unsafe" not in csp
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page.html)
        assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", page.html)


def test_names_and_words_of_people_are_escaped(at: Web) -> None:
    mean = '<script>alert("x")</script>'
    p = pairing(at.at, focus=f"{mean} focus")
    odd = at.at.person(mean, "Europe/London", email="odd@example.org")
    at.at.pair(p.dana, odd)
    page = at.me(p.dana)
    assert "<script" not in page.html
    assert mean in page.text


def test_without_a_pair_or_a_calendar_the_page_says_so(at: Web) -> None:
    page = at.me(at.at.person("Lone"))
    assert "not in a pair yet" in page.text
    assert "No calendar is connected" in page.text


def test_a_fault_of_ours_is_a_page_too(at: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    p = pairing(at.at)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("service.web.own_pages.pair_views", broken)
    page = at.me(p.dana)
    assert page.status == 500
    assert "secret detail" not in page.html
    assert page.headers["cache-control"] == "no-store"


def test_the_static_files_are_served_and_need_nothing_from_elsewhere(at: Web) -> None:
    css = at.client.get("/static/holdfast.css")
    assert css.status_code == 200
    assert "url(" not in css.text
    assert "@import" not in css.text
    assert at.client.get("/static/logo.svg").headers["content-type"].startswith("image/svg+xml")
    assert at.client.get("/static/../frame.py").status_code == 404


def test_a_forgotten_partner_is_someone(at: Web) -> None:
    from service.app.forget_person import forget_person

    p = pairing(at.at)
    at.at.booked(p.pair)
    at.at.clock.advance(DAY)
    forget_person(at.house, p.jonas)
    page = at.me(p.dana)
    assert page.status == 200
    assert "Jonas" not in page.html
    assert "Mentoring with Someone" in page.text
    assert at.open(at.link(p.dana) + f"/pairs/{p.pair}").status == 200
