"""How things are said: on the right clock, with numbers that agree with their words, and never about a culprit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.ledger import Entry, EntryType, Seat
from service.domain.pair_state import RULE_CODES, PairState
from service.domain.stability import wording
from service.domain.timespan import epoch, local
from service.domain.windows import WINDOW_KINDS
from service.web import clocks, words
from service.web.ledger_words import Reader, history

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
ZONES = st.sampled_from([NEW_YORK, BERLIN, "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
MINUTES = st.integers(min_value=20_000_000, max_value=40_000_000)
NAMES = {Seat.MENTOR: "Dana Whitfield", Seat.MENTEE: "Jonas Lindner"}


def at(*parts: int) -> int:
    return epoch(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]


@given(MINUTES, ZONES)
def test_a_date_and_time_field_comes_back_as_it_was_shown(minute: int, zone: str) -> None:
    shown = clocks.field_time(minute * 60, zone)
    back = clocks.read_field_time(shown, zone)
    assert back is not None
    assert clocks.field_time(back, zone) == shown
    assert back <= minute * 60


@pytest.mark.parametrize(
    ("text", "zone", "meant"),
    [
        ("2026-03-08T02:30", NEW_YORK, None),  # the clock jumps over it
        ("2026-03-29T02:59", BERLIN, None),
        ("2026-11-01T01:30", NEW_YORK, at(2026, 11, 1, 5, 30)),  # it comes twice: the first
        ("2026-06-01T09:00:30", BERLIN, at(2026, 6, 1, 7, 0, 30)),
        ("2026-06-01T09:00+02:00", BERLIN, None),
        ("0001-01-01T00:00", BERLIN, None),
        ("9999-12-31T23:59", NEW_YORK, None),
        ("", BERLIN, None),
        ("2026-13-01T00:00", BERLIN, None),
    ],
)
def test_odd_times_in_a_field(text: str, zone: str, meant: int | None) -> None:
    if text.startswith("9999"):
        found = clocks.read_field_time(text, zone)
        assert found is None or found > at(9999, 1, 1)
    else:
        assert clocks.read_field_time(text, zone) == meant


def test_both_clocks() -> None:
    start, end = at(2026, 12, 9, 0, 30), at(2026, 12, 9, 1, 15)
    assert clocks.day(start, NEW_YORK) == "Tuesday 8 December"
    assert clocks.span(start, end, NEW_YORK) == "19:30–20:15"
    assert clocks.there(start, end, BERLIN, NEW_YORK) == "Wed 9 Dec, 01:30–02:15"
    assert clocks.there(start, end, BERLIN, "Europe/Paris") == "01:30–02:15"
    assert clocks.same_clock(start, BERLIN, "Europe/Paris")
    assert not clocks.same_clock(start, BERLIN, NEW_YORK)
    late = at(2026, 12, 8, 22, 30)
    assert clocks.span(late, late + 7200, BERLIN) == "23:30–Wed 9 Dec, 01:30"
    assert clocks.span(late, late + 1800, BERLIN) == "23:30–00:00"
    assert clocks.place("America/Argentina/Buenos_Aires") == "Buenos Aires"


@given(st.floats(min_value=0, max_value=1))
def test_the_words_for_a_chance_agree_with_its_number(probability: float) -> None:
    count = words.tenths(probability)
    said, likely = words.times_in_ten(probability), words.chance(probability)
    assert 0 <= count <= 10
    if 2 <= count <= 9:
        assert said == f"{count} times in 10"
    assert ("ikely to hold" in likely) == (count >= 6)
    assert not re.search("always|never|certain|sure", said + likely)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (None, "not known yet"),
        (0.2, "less than an hour"),
        (1, "1 hour"),
        (5.4, "5 hours"),
        (47, "47 hours"),
        (72, "3 days"),
    ],
)
def test_hours(hours: float | None, said: str) -> None:
    assert words.hours(hours) == said


def test_ahead() -> None:
    now = at(2026, 6, 1, 22, 30)
    assert clocks.ahead(at(2026, 6, 1, 23, 0), now, BERLIN) == "today"
    assert clocks.ahead(at(2026, 6, 2, 22, 30), now, BERLIN) == "tomorrow"
    assert clocks.ahead(at(2026, 6, 1, 6, 0), now, BERLIN) == "yesterday"
    assert clocks.ahead(at(2026, 6, 10, 6, 0), now, BERLIN) == "in 8 days"
    assert clocks.ahead(at(2026, 5, 30, 6, 0), now, BERLIN) == "3 days ago"


def test_every_state_rule_kind_and_trouble_has_words() -> None:
    assert {state.value for state in PairState} == set(words.STATES)
    assert {kind.value for kind in WINDOW_KINDS} == set(words.KINDS)
    spoken = {"ended", "paused", "on_track"} | set(words.BECAUSE)
    assert spoken == set(RULE_CODES)
    for title, help_ in words.TROUBLE.values():
        assert title
        assert help_.endswith(".")


def test_who_has_a_date_is_not_urged_to_find_one() -> None:
    overdue = {"state": "slipping", "because": {"rule": "overdue", "figures": {"overdue_days": 9, "cadence_days": 30}}}
    moved = {"state": "slipping", "because": {"rule": "recent_meetings_changed", "figures": {"changed": 2, "of": 3}}}
    assert (words.state(overdue), words.state(moved)) == ("Could use a date", "Changes lately")
    assert words.state_note(overdue) == "The next meeting was due 9 days ago."
    assert words.state_note(moved) == "2 of the last 3 meetings found another time."


def test_reasons_call_people_as_the_reader_does() -> None:
    text = "2 other meetings within two hours for the mentor"
    assert words.reason(text, "mentor", "Jonas Lindner").endswith("for you")
    assert words.reason(text, "mentee", "Dana Whitfield").endswith("for Dana")


CHANGE: dict[str, Any] = {
    "meeting_id": "mtg_1",
    "sequence": 1,
    "old": {"start": at(2026, 6, 2, 12, 0), "end": at(2026, 6, 2, 13, 0)},
    "new": {"start": at(2026, 6, 3, 12, 0), "end": at(2026, 6, 3, 13, 0)},
    "kind": "core",
    "initiator": {"role": "mentee", "confidence": "observed"},
    "detected_via": "app",
    "notice_minutes": 2880,
    "late": False,
    "reason_code": None,
}
BOOKED = {"meeting_id": "mtg_1", "start": at(2026, 6, 2, 12, 0), "end": at(2026, 6, 2, 13, 0), "by": "mentor"}
DATA: dict[EntryType, dict[str, Any]] = {
    EntryType.PAIR_PAUSED: {"until": at(2026, 7, 1, 0, 0)},
    EntryType.PROPOSAL_CREATED: {"proposal_id": "p", "responder": "mentee", "expires_at": 1, "slots": 5},
    EntryType.PROPOSAL_DECLINED: {"proposal_id": "p", "by": "mentee"},
    EntryType.MEETING_BOOKED: BOOKED,
    EntryType.MEETING_MOVED: CHANGE,
    EntryType.MEETING_MOVED_BACK: CHANGE,
    EntryType.MEETING_CANCELLED: {**CHANGE, "new": None},
    EntryType.MEETING_HELD: {"meeting_id": "mtg_1", "by": ["mentor"]},
    EntryType.MEETING_MISSED: {"meeting_id": "mtg_1", "by": ["mentee"]},
    EntryType.OUTCOME_REPORTED: {"meeting_id": "mtg_1", "by": "mentee", "happened": False},
    EntryType.INVITATION_SENT: {"meeting_id": "mtg_1", "seat": "mentee", "sequence": 0, "method": "REQUEST"},
    EntryType.INVITATION_ANSWERED: {"meeting_id": "mtg_1", "seat": "mentee", "answer": "declined"},
    EntryType.PAIR_SLOWED: {"every": 2, "unit": "month"},
    EntryType.REVIEW_OPENED: {"review_id": "rev_1", "because": "date"},
    EntryType.REVIEW_AGREED: {"review_id": "rev_1", "outcome": "change"},
    EntryType.DRIFT_OFFERED: {"drift_id": "drift_1"},
    EntryType.DRIFT_CLOSED: {"drift_id": "drift_1"},
    EntryType.CALENDAR_DISCONNECTED: {"calendar_id": "cal_1", "seat": "mentee"},
}


def _lines(*entries: tuple[EntryType, dict[str, Any]], seat: Seat = Seat.MENTOR) -> list[str]:
    ledger = [Entry(f"led_{i}", 1000 + i, kind, data) for i, (kind, data) in enumerate(entries)]
    return [f"{line.text} | {line.detail}" for line in history(ledger, Reader(seat, BERLIN, NAMES))]


@pytest.mark.parametrize("kind", list(EntryType))
@pytest.mark.parametrize("seat", list(Seat))
def test_every_kind_of_line_has_a_sentence(kind: EntryType, seat: Seat) -> None:
    lines = _lines((kind, DATA.get(kind, {"proposal_id": "p", "by": "mentor"})), seat=seat)
    if kind in (EntryType.PROPOSAL_ACCEPTED, EntryType.PROPOSAL_NUDGED) or kind.value.startswith("fallback"):
        assert lines == []  # another line says it, or it is nobody's to read
        return
    (line,) = lines
    assert kind.value.replace(".", " ").replace("_", " ").capitalize() not in line
    assert "_" not in line


def test_moves_say_where_they_were_seen_and_never_guess_who() -> None:
    seen = {**CHANGE, "initiator": {"role": "mentee", "confidence": "inferred"}, "detected_via": "google"}
    unknown = {**CHANGE, "initiator": {"role": "unknown", "confidence": "unknown"}, "detected_via": "reply"}
    assert _lines((EntryType.MEETING_MOVED, CHANGE))[0].endswith("by Jonas on this page, 2 days before")
    assert _lines((EntryType.MEETING_MOVED, CHANGE), seat=Seat.MENTEE)[0].endswith("by you on this page, 2 days before")
    assert "seen in Jonas’s Google calendar" in _lines((EntryType.MEETING_MOVED, seen))[0]
    told = _lines((EntryType.MEETING_MOVED, unknown))[0]
    assert "Jonas" not in told
    assert "you" not in told.lower()


def test_an_end_and_what_it_called_off_name_nobody() -> None:
    off = {
        **CHANGE,
        "new": None,
        "reason_code": "pair_ended",
        "initiator": {"role": "unknown", "confidence": "unknown"},
    }
    told = " ".join(_lines((EntryType.MEETING_CANCELLED, off), (EntryType.PAIR_ENDED, {})))
    assert "Jonas" not in told
    assert "by you" not in told


def test_a_report_and_what_it_settles_are_one_line_but_a_contrary_word_stays() -> None:
    report = {"meeting_id": "mtg_1", "by": "mentee", "happened": True}
    ledger = [
        Entry("led_1", 1000, EntryType.MEETING_BOOKED, BOOKED),
        Entry("led_2", 2000, EntryType.OUTCOME_REPORTED, report),
        Entry("led_3", 2000, EntryType.MEETING_HELD, {"meeting_id": "mtg_1", "by": ["mentee"]}),
        Entry("led_4", 3000, EntryType.OUTCOME_REPORTED, {**report, "by": "mentor", "happened": False}),
    ]
    lines = [line.text for line in history(ledger, Reader(Seat.MENTOR, BERLIN, NAMES))]
    assert lines == [
        "You told us that it did not take place",
        "The meeting on Tue 2 Jun, 14:00 took place",
        "Booked for Tue 2 Jun, 14:00",
    ]


def test_a_meeting_is_called_by_the_time_it_moved_to() -> None:
    lines = _lines(
        (EntryType.MEETING_BOOKED, BOOKED),
        (EntryType.MEETING_MOVED, CHANGE),
        (EntryType.MEETING_HELD, {"meeting_id": "mtg_1"}),
    )
    assert lines[0].startswith("The meeting on Wed 3 Jun, 14:00 took place")


def test_words_for_people_blame_nobody() -> None:
    everything = " ".join(
        [
            str(value)
            for table in (words.STATES, words.BECAUSE, words.TROUBLE, words.INVITATIONS)
            for value in table.values()
        ]
    )
    assert not re.search(
        r"fault\b(?! )|blame|fail(ed|ure) to|unreliable|worst|best\b|late again|should have", everything, re.IGNORECASE
    )


def test_local_times_are_on_the_readers_clock() -> None:
    line = _lines((EntryType.MEETING_BOOKED, BOOKED))[0]
    assert f"{local(BOOKED['start'], BERLIN):%H:%M}" in line  # type: ignore[arg-type]


def test_a_reason_about_both_speaks_to_the_reader() -> None:
    told = words.reason(wording.people(0.1), "mentor", "Jonas Lindner")
    assert told == "the meetings that either of you has, with others too, move more often than usual"


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"seat": "mentee", "sequence": 0, "method": "REQUEST"}, "Jonas was invited"),
        ({"seat": "mentor", "sequence": 1, "method": "REQUEST"}, "You were invited to the new time"),
        ({"seat": "mentor", "sequence": 2, "method": "CANCEL"}, "You were told that it is called off"),
    ],
)
def test_an_invitation_is_never_called_sent_for_it_may_be_kept(facts: dict[str, Any], told: str) -> None:
    assert told in _lines((EntryType.INVITATION_SENT, {"meeting_id": "mtg_1", **facts}))[0]
