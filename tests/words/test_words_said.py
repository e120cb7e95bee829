"""Times, reasons and letters in words."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import pytest

from service.domain.stability import wording
from service.domain.stability.features import FEATURES
from service.domain.stability.frailty import Frailty
from service.domain.stability.memory import History
from service.domain.timespan import DAY, HOUR, epoch
from service.domain.windows import WINDOW_KINDS
from service.words import invitation, slots, speaking, times
from service.words.invitation import About, Meant
from service.words.letter import Action, Letter, Section, html, plain

JUNE = epoch(datetime.fromisoformat("2026-06-02T07:30:00+02:00"))
BERLIN, NEW_YORK, TOKYO = "Europe/Berlin", "America/New_York", "Asia/Tokyo"


def test_a_time_on_both_clocks() -> None:
    assert times.when(JUNE, JUNE + HOUR, BERLIN) == "Tuesday 2 June, 07:30–08:30"
    assert times.there(JUNE, JUNE + HOUR, NEW_YORK, BERLIN) == "01:30–02:30 in New York"
    assert times.there(JUNE, JUNE + HOUR, "Europe/Madrid", BERLIN) is None
    evening = JUNE + 12 * HOUR
    assert times.there(evening, evening + HOUR, TOKYO, BERLIN) == "Wednesday 3 June, 02:30–03:30 in Tokyo"
    assert times.span(JUNE, JUNE + DAY, BERLIN) == "07:30–Wednesday 3 June, 07:30"
    with speaking("de"):
        assert times.day_and_span(JUNE, JUNE + HOUR, BERLIN) == "Dienstag, 2. Juni 2026, 07:30–08:30"
        assert times.moment(JUNE, BERLIN) == "Dienstag, 2. Juni, 07:30 Uhr"


def every_reason() -> list[str]:
    """Everything that the hold model can say."""
    seats = ("for both", "for either", "for the mentor", "for the mentee")
    said = [wording.ahead(lead) for lead in (60, HOUR, 5 * HOUR, DAY, 2 * DAY, 9 * DAY)]
    said += [wording.window(k, e, known) for k in WINDOW_KINDS for e in (-1.0, 1.0) for known in (True, False)]
    said += [wording.weekday(days) for days in itertools.product(range(7), repeat=2)]
    said += [
        wording.fact(feature, value, whose)
        for feature in FEATURES
        for value in range(int(feature.most) + 1)
        for whose in seats
        if not feature.shared and (value or feature.name in ("near", "load"))
    ]
    said += [
        wording.held(History(Frailty(1.0), held=3, known=4), what)
        for what in [*wording.WINDOWS.values(), "earlier meetings"]
    ]
    said += [wording.shared(feature.name, e) for feature in FEATURES if feature.shared for e in (-1.0, 1.0)]
    return [*said, wording.people(-1.0), wording.people(1.0)]


def test_every_reason_is_known_in_every_language_and_speaks_to_its_reader() -> None:
    reasons = every_reason()
    assert len(reasons) > 80
    for text in reasons:
        english = slots.reason(text, "mentor", "Jonas")
        with speaking("de"):
            german = slots.reason(text, "mentor", "Jonas")
        assert german != english, text
        assert "mentor" not in english
        assert "mentee" not in english
        assert ("you" in english) >= ("for the mentor" in text)
        assert ("Jonas" in english) == ("the mentee" in text)


def test_a_reason_that_is_new_comes_as_it_is() -> None:
    assert slots.reason("the mentee sails on Fridays", "mentor", "Jonas") == "Jonas sails on Fridays"


def test_only_what_speaks_for_a_time_stands_in_the_mail() -> None:
    against = {"text": "0 of 1 earlier meetings held", "effect": 0.4}
    weak, strong = {"text": "3 days ahead", "effect": -0.1}, {"text": "early in the week", "effect": -0.2}
    assert slots.strongest([against], "mentor", "Jonas") is None
    assert slots.strongest([against, weak, strong], "mentor", "Jonas") == "early in the week"


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.02, "less than once"), (0.1, "once in 10"), (0.84, "8 times in 10"), (0.99, "more than 9 times")],
)
def test_a_chance(probability: float, said: str) -> None:
    assert said in slots.holds(probability)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in ("meta", "br"):
            self.open.append(tag)
        assert "src" not in dict(attrs), "nothing is loaded"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_letter_is_the_same_as_text_and_as_html() -> None:
    section = Section(
        "A <b>matter</b>",
        ("One & two.",),
        (
            Action("Yes", "https://h.example/do/1", heading="Tuesday", details=("07:30",)),
            Action("No", "https://h.example/do/2", quiet=True),
        ),
        after=("Small.",),
        date=("When", "There"),
    )
    letter = Letter(
        "S", "Dear you,", ("Opening.",), (section, section), ("Foot.",), (("Page", "https://h.example/me"),)
    )
    text, page = plain(letter), html(letter)
    for said in ("Dear you,", "Opening.", "Tuesday", "07:30", "Small.", "When", "There", "Foot.", "Page"):
        assert said in text
        assert said in page
    assert "A <b>matter</b>" in text
    assert "A &lt;b&gt;matter&lt;/b&gt;" in page
    reader = _Links()
    reader.feed(page)
    assert reader.open == []
    assert set(reader.links) == {"https://h.example/do/1", "https://h.example/do/2", "https://h.example/me"}
    assert all(link in text for link in reader.links)


@pytest.mark.parametrize("changed", ["booked", "moved", "cancelled"])
def test_an_invitation_carries_the_focus_and_how_to_move_it(changed: str) -> None:
    about = About("Dana", "Jonas", focus="Leading a team", next_step="Write the plan")
    meant = Meant(changed, JUNE, JUNE + HOUR, "Dana", NEW_YORK, "Jonas", BERLIN, "https://h.example/me/x")
    text = plain(invitation.letter(about, meant))
    assert "Tuesday 2 June 2026, 01:30–02:30" in text
    assert "07:30–08:30 in Berlin for Jonas" in text
    assert "https://h.example/me/x" in text
    assert ("Focus: Leading a team" in text) == (changed != "cancelled")
    assert ("nobody needs to explain" in text) == (changed != "cancelled")
    event = invitation.description(about)
    assert "Focus: Leading a team" in event
    assert "Next step from last time: Write the plan" in event
    assert "https://" not in event, "the event in everybody's calendar carries nobody's link"


def test_a_meeting_called_off_with_the_pair_promises_no_other_time() -> None:
    meant = Meant("cancelled", JUNE, JUNE + HOUR, "Dana", NEW_YORK, "Jonas", BERLIN, "https://h.example/me/x")
    about = About("Dana", "Jonas", focus=None, next_step=None)
    going_on, over = (plain(invitation.letter(about, replace(meant, onward=onward))) for onward in (True, False))
    assert "Find another time" in going_on
    assert "other time" not in over
    assert "Nothing needs to be explained." in over
    assert "https://h.example/me/x" in over
