"""The own page after a meeting, at a review, and at an end: one tap each, and what is private is on the own page alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_hand import Pairing, Web, pairing, web

from service.app.hold_review import open_review
from service.app.report_outcome import report_outcome
from service.domain.ledger import Seat
from service.domain.review import Because
from service.store import farewells, meetings, pairs, reviews


@pytest.fixture
def at(tmp_path: Path) -> Web:
    return web(tmp_path)


def met(at: Web, p: Pairing) -> str:
    meeting = at.at.booked(p.pair)
    with at.house.reading() as session:
        at.at.clock.at = meetings.get(session, meeting).end  # type: ignore[misc]
    report_outcome(at.house, meeting, by=Seat.MENTOR, happened=True)
    return meeting


def under_review(at: Web, p: Pairing) -> str:
    with at.house.writing() as session:
        open_review(at.house, session, pairs.locked(session, p.pair), Because.DATE)
    with at.house.reading() as session:
        return reviews.open_of(session, [p.pair])[p.pair].id


def test_a_mark_is_made_with_one_press_and_seen_on_the_own_page_alone(at: Web) -> None:
    p = pairing(at.at)
    meeting = met(at, p)
    page = at.me(p.dana)
    assert "What was it worth to you?" in page.text
    page = at.press(page.form("/worth"), worth="4")
    assert "for your eyes alone" in page.text
    assert 'value="4" class="quiet mark" aria-pressed="true"' in page.html
    theirs = at.me(p.jonas)
    assert "aria-pressed" not in theirs.html
    assert "Worth it to you" not in theirs.text
    for bad in ("6", "x", ""):
        refused = at.press(at.me(p.dana).form("/worth"), worth=bad)
        assert refused.status == 422
        assert "The mark" in refused.text
    foreign = at.me(p.jonas).form("/worth")
    foreign.action = foreign.action.replace(meeting, met(at, pairing(at.at)))
    assert at.press(foreign, worth="1").status == 403


def test_the_next_step_is_noted_seen_by_both_and_can_be_taken_out(at: Web) -> None:
    p = pairing(at.at)
    met(at, p)
    at.press(at.me(p.dana).form("/step"), next_step="Ask <Karin> about it")
    assert 'value="Ask &lt;Karin&gt; about it"' in at.me(p.jonas).html
    at.press(at.me(p.jonas).form("/step"), next_step="")
    assert at.pair_row(p.pair).next_step is None
    assert at.press(at.me(p.jonas).form("/step"), next_step="x" * 301).status == 422


def test_objectives_are_added_and_reached(at: Web) -> None:
    p = pairing(at.at)
    page = at.press(at.me(p.dana).form("/objectives"), objective="One talk", review_on="2026-09-01")
    assert "you look at it together on Tuesday 1 September 2026" in page.text
    assert at.pair_row(p.pair).review_due_at
    page = at.press(page.form(r"/objectives/obj_\w+"), done="yes")
    assert "reached" in page.text
    assert at.pair_row(p.pair).review_due_at is None
    assert at.press(page.form("/objectives"), objective="x", review_on="soon").status == 422


def test_a_review_is_answered_by_one_tap_and_may_be_answered_anew(at: Web) -> None:
    p = pairing(at.at)
    review = under_review(at, p)
    page = at.me(p.dana)
    assert "How shall it go on with Jonas Lindner?" in page.text
    tap = next(form for form in page.forms if "/do/" in form.action)
    at.press(tap)
    page, theirs = at.me(p.dana), at.me(p.jonas)
    assert "You have chosen how to go on: Go on as it is" in page.text
    assert "You have chosen" not in theirs.text
    assert "How shall it go on with Dana Whitfield?" in theirs.text
    at.press(page.form(f"/reviews/{review}"), choice="end")
    assert "Bring it to an end" in at.me(p.dana).text
    stranger = pairing(at.at)
    foreign = at.me(p.dana).form(f"/reviews/{review}")
    foreign.action = at.link(stranger.dana) + f"/reviews/{review}"
    assert at.press(foreign, choice="end").status == 403
    refused = at.press(at.me(p.dana).form(f"/reviews/{review}"), choice="divorce")
    assert refused.status == 422


def test_an_end_with_a_last_meeting_and_a_note(at: Web) -> None:
    p = pairing(at.at)
    form = at.me(p.dana).form("/end")
    page = at.press(form, last_meeting="yes", handover="Ready for more.")
    assert "The meetings have ended" in page.text
    assert "You would like one last meeting" in page.text
    theirs = at.me(p.jonas)
    assert "One last meeting with Dana Whitfield?" in theirs.text
    assert "You would like" not in theirs.text
    assert "Ready for more" not in theirs.text + page.text
    at.press(page.form("/last-meeting"), wish="no")
    with at.house.reading() as session:
        assert [note.text for note in farewells.notes(session, p.pair)] == ["Ready for more."]
        assert farewells.wishes(session, p.pair) == {p.dana: False}
    page = at.press(at.me(p.dana).form("/last-meeting"), wish="yes")
    at.press(next(form for form in at.me(p.jonas).forms if "/do/" in form.action))
    assert at.pair_row(p.pair).farewell == "wished"
    assert "Choose a time" in at.me(p.dana).text + at.me(p.jonas).text


def test_a_rest_calls_off_what_is_booked_unless_unticked(at: Web) -> None:
    p = pairing(at.at)
    at.at.booked(p.pair)
    at.press(at.me(p.dana).form("/pause"))
    assert [row.status for row in at.meetings(p.pair)] == ["booked"], "an unticked box is not sent"
    at.press(at.me(p.dana).form("/resume"))
    at.press(at.me(p.dana).form("/pause"), call_off="yes")
    assert [row.status for row in at.meetings(p.pair)] == ["cancelled"]
    assert "as the meetings rest" in at.me(p.jonas).text
