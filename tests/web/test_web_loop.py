"""The loop on a person's own page: the second time, a short call, the pair's rules, one's own consent, the shared budget."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_hand import Pairing, Web, pairing, web

from service.app.alter_meeting import move_meeting
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.store import claims, loops
from service.store.tables import HeldSlot


@pytest.fixture
def pages(tmp_path: Path) -> Web:
    return web(tmp_path)


def held(pages: Web, meeting_id: str) -> HeldSlot | None:
    with pages.house.reading() as session:
        return claims.held(session, [meeting_id]).get(meeting_id)


def booked(pages: Web, two: Pairing) -> str:
    return pages.at.booked(two.pair)


def test_the_second_time_is_taken_with_one_tap_also_a_double_one(pages: Web) -> None:
    two = pairing(pages.at)
    meeting = booked(pages, two)
    second = held(pages, meeting)
    assert second is not None
    page = pages.me(two.jonas)
    assert "If it does not work out:" in page.text
    assert "is held for you both" in page.text
    form = page.form("/fallback")
    after = pages.press(form)
    assert (after.status, "It is moved" in after.text) == (200, True)
    assert [row.start for row in pages.meetings(two.pair)] == [second.start]
    pages.press(form)
    assert pages.ledger(two.pair).count("meeting.moved") == 1


def test_a_second_time_that_has_gone_is_said_kindly(pages: Web) -> None:
    two = pairing(pages.at)
    meeting = booked(pages, two)
    form = pages.me(two.dana).form("/fallback")
    second = held(pages, meeting)
    assert second is not None
    pages.at.event(two.dana_calendar, second.start)
    page = pages.press(form)
    assert page.status == 409
    assert "no longer free" in page.text
    start = pages.meetings(two.pair)[0].start
    move_meeting(pages.house, meeting, start=second.end + DAY, by=Seat.MENTOR)
    pages.at.run()
    page = pages.press(pages.me(two.dana).form("/fallback"), start=str(second.start))
    assert page.status == 409
    assert "no second time held" in page.text
    assert pages.meetings(two.pair)[0].start != start


def test_a_short_call_is_offered_on_the_page(pages: Web) -> None:
    two = pairing(pages.at)
    meeting = booked(pages, two)
    page = pages.open(pages.link(two.jonas) + f"/meetings/{meeting}")
    after = pages.press(page.form("/short-call"))
    assert "Here are times for a short call" in after.text
    assert "A short call instead" in after.text
    assert "Leave it as it is" in after.text
    assert "Show other times" not in after.text
    chosen = pages.press(after.form("/accept"))
    assert chosen.status == 200
    [row] = pages.meetings(two.pair)
    assert row.end - row.start == 20 * 60
    assert "for a short call" in pages.me(two.dana).text


def test_the_rules_are_the_pairs_and_either_may_change_them(pages: Web) -> None:
    two = pairing(pages.at)
    form = pages.me(two.jonas).form("/rules")
    after = pages.press(form, auto_propose="on", care="on", when_unanswered="offer_pause", late_hours="48")
    assert "It is noted, and holds from now on." in after.text
    row = pages.pair_row(two.pair)
    assert row.rules == {"auto_propose": True, "fallback": False, "care": True, "when_unanswered": "offer_pause"}
    assert row.late_hours == 48
    stale = pages.press(form, when_unanswered="offer_again", late_hours="24")
    assert stale.status == 409, "the other changed them in between, or one did oneself"
    fresh = pages.me(two.dana).form("/rules")
    assert pages.press(fresh, when_unanswered="nonsense", late_hours="24").status == 422
    assert pages.press(pages.me(two.dana).form("/rules"), when_unanswered="offer_again", late_hours="999").status == 422
    assert pages.pair_row(two.pair).late_hours == 48


def test_each_agrees_for_themselves(pages: Web) -> None:
    two = pairing(pages.at, rules={"when_unanswered": "auto_confirm"})
    assert not pages.me(two.jonas).text.count("You agreed")
    pages.press(pages.me(two.jonas).form("/consent"), auto_confirm="yes")
    assert "It holds once both of you do." in pages.me(two.jonas).text
    assert "You agreed" not in pages.me(two.dana).text
    pages.press(pages.me(two.dana).form("/consent"), auto_confirm="yes")
    assert "Both of you did, so it holds." in pages.me(two.jonas).text
    pages.press(pages.me(two.jonas).form("/consent"), auto_confirm="no")
    with pages.house.reading() as session:
        assert loops.consents(session, [two.pair]) == {two.pair: (True, False)}


def test_without_that_rule_nobody_is_asked_to_agree(pages: Web) -> None:
    two = pairing(pages.at)
    assert not pages.me(two.jonas).has_form("/consent")


def test_the_budget_reads_the_same_for_both_and_names_nobody(pages: Web) -> None:
    two = pairing(pages.at, move_budget=2)
    meeting = booked(pages, two)
    said = "The two of you allow yourselves 2 changes of time in 90 days; 2 of them are left."
    assert all(said in pages.me(person).text for person in (two.dana, two.jonas))
    for _ in range(3):
        start = pages.meetings(two.pair)[0].start
        move_meeting(pages.house, meeting, start=start + DAY, by=Seat.MENTOR)
        pages.at.run()
    said = "2 changes of time in 90 days; there were 3. Another change is always possible."
    assert all(said in pages.me(person).text for person in (two.dana, two.jonas))
    page = pages.open(pages.link(two.dana) + f"/meetings/{meeting}")
    assert said in page.text
    assert page.has_form("/move"), "and it is"


def test_somebody_elses_meeting_or_pair_is_not_touched(pages: Web) -> None:
    two = pairing(pages.at)
    meeting = booked(pages, two)
    stranger = pages.at.person("Sam Stranger")
    other = pages.at.pair(stranger, pages.at.person("Ola"))
    own = pages.me(stranger).form("/rules")
    assert other in own.action
    for action in (
        own.action.replace(other, two.pair),
        own.action.replace(f"/pairs/{other}/rules", f"/pairs/{two.pair}/consent"),
        own.action.replace(f"/pairs/{other}/rules", f"/meetings/{meeting}/fallback"),
        own.action.replace(f"/pairs/{other}/rules", f"/meetings/{meeting}/short-call"),
    ):
        own.action = action
        page = pages.press(own, when_unanswered="offer_again", late_hours="24", auto_confirm="yes", start="1")
        assert page.status == 403
    assert pages.ledger(two.pair).count("meeting.moved") == 0
