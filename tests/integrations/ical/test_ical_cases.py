"""Whole calendars as real programs export them, with the times they take worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from integrations.ical import expand_skeleton, read_calendar
from service.domain.timespan import Span, rfc3339
from service.ports.calendar import Occurrence

DATA = Path(__file__).parent / "data"
CASES = sorted(path.stem for path in DATA.glob("*.ics"))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def words(times: tuple[Occurrence, ...]) -> list[str]:
    return [f"{rfc3339(one.start)}/{rfc3339(one.end)} {one.kind}" for one in times]


def load(name: str) -> tuple[bytes, dict, Span]:
    expected = json.loads((DATA / f"{name}.json").read_text())
    return (DATA / f"{name}.ics").read_bytes(), expected, Span(*(at(end) for end in expected["window"]))


@pytest.mark.parametrize("name", CASES)
def test_the_times_are_those_worked_out_by_hand(name: str) -> None:
    data, expected, window = load(name)
    events = read_calendar(data, zone=expected["zone"], window=window, owner_email=expected.get("owner"))
    assert {event.uid: words(event.occurrences) for event in events} == expected["events"]
    assert [event.remote_id for event in events] == [event.uid for event in events]


@pytest.mark.parametrize("name", CASES)
def test_a_kept_skeleton_gives_the_same_times(name: str) -> None:
    data, expected, window = load(name)
    owner = expected.get("owner")
    for event in read_calendar(data, zone=expected["zone"], window=window, owner_email=owner):
        again = expand_skeleton(event.skeleton, zone=expected["zone"], window=window, owner_email=owner)
        assert again == event.occurrences


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("change", ["crlf", "cr", "bom", "utf-16", "lower"])
def test_how_it_is_written_does_not_matter(name: str, change: str) -> None:
    data, expected, window = load(name)
    text = data.decode()
    if change == "lower":  # names only: values keep their case
        lines = text.splitlines()
        text = "\n".join(
            line if line.startswith((" ", "BEGIN", "END")) else line[:3].lower() + line[3:] for line in lines
        )
    variants = {
        "crlf": text.replace("\n", "\r\n").encode(),
        "cr": text.replace("\n", "\r").encode(),
        "bom": b"\xef\xbb\xbf" + data,
        "utf-16": text.encode("utf-16"),
        "lower": text.encode(),
    }
    events = read_calendar(variants[change], zone=expected["zone"], window=window, owner_email=expected.get("owner"))
    assert {event.uid: words(event.occurrences) for event in events} == expected["events"]


@pytest.mark.parametrize("name", CASES)
def test_nothing_but_times_is_kept(name: str) -> None:
    data, expected, window = load(name)
    for event in read_calendar(data, zone=expected["zone"], window=window):
        for word in ("SUMMARY", "DESCRIPTION", "LOCATION", "VALARM", "ATTENDEE", "ORGANIZER", "TZNAME", "CN="):
            assert word not in event.skeleton


def test_facts_beside_the_times() -> None:
    data, expected, window = load("google")
    events = {one.uid: one for one in read_calendar(data, zone=expected["zone"], window=window)}
    weekly = events["weekly@google.com"]
    assert weekly.recurring and not weekly.cancelled and weekly.sequence == 2
    assert weekly.master == Span(at("2026-03-09T09:00:00Z"), at("2026-03-09T09:45:00Z"))
    assert weekly.responses == (("mentor@example.org", "accepted"),)
    single = events["single@google.com"]
    assert not single.recurring and single.etag is None
    assert events["birthday@google.com"].master == Span(at("2026-03-19T23:00:00Z"), at("2026-03-20T23:00:00Z"))
