"""An update leaves the owner's own edits alone, byte for byte."""

from __future__ import annotations

import difflib

import pytest
from test_ical_writing import NOON, draft

from integrations.ical import event_calendar, merge_into, read_calendar
from service.domain.errors import BadCalendar
from service.domain.timespan import DAY, HOUR, Span

EDITED = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Somebody//Else//EN\r
X-WR-CALNAME:Mine\r
BEGIN:VEVENT\r
UID:mtg_1@holdfast\r
DTSTAMP:20260301T000000Z\r
DTSTART;TZID=Europe/Amsterdam:20260329\r
 T120000\r
DURATION:PT1H\r
SEQUENCE:7\r
SUMMARY:My own title \xff with an odd byte and a very long tail that is folde\r
 d over two lines\r
LOCATION:The bench in the park\r
STATUS:TENTATIVE\r
COLOR:tomato\r
X-HOLDFAST-MEETING:mtg_1\r
ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r
BEGIN:VALARM\r
ACTION:DISPLAY\r
TRIGGER:-PT15M\r
DURATION:PT5M\r
REPEAT:2\r
STATUS:X\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:another\r
DTSTART:20260401T100000Z\r
SEQUENCE:1\r
END:VEVENT\r
END:VCALENDAR\r
"""
LATER = Span(NOON + 2 * DAY, NOON + 2 * DAY + HOUR // 2)


def test_only_what_is_ours_changes() -> None:
    merged = merge_into(EDITED, draft(span=LATER, sequence=9, stamp=1_772_400_000))
    before, after = (data.decode("latin-1").split("\r\n") for data in (EDITED, merged))
    gone = {line[2:] for line in difflib.ndiff(before, after) if line.startswith("- ")}
    assert gone == {
        "DTSTAMP:20260301T000000Z",
        "DTSTART;TZID=Europe/Amsterdam:20260329",
        " T120000",
        "DURATION:PT1H",
        "SEQUENCE:7",
        "STATUS:TENTATIVE",
        "X-HOLDFAST-MEETING:mtg_1",  # stands elsewhere now
    }
    for kept in (
        b"DURATION:PT5M\r\n",
        b"\xff with an odd byte",
        b"STATUS:X\r\n",
        b"COLOR:tomato\r\n",
        b"\r\n d over two",
    ):
        assert kept in merged
    for added in (b"SEQUENCE:9\r\n", b"STATUS:CONFIRMED\r\n", b"DTSTAMP:20260301T212000Z\r\n", b"LAST-MODIFIED:"):
        assert merged.count(added) == 1
    events = {one.uid: one for one in read_calendar(merged, zone="UTC", window=Span(NOON, NOON + 9 * DAY))}
    assert events["mtg_1@holdfast"].master == LATER and events["mtg_1@holdfast"].sequence == 9
    assert events["mtg_1@holdfast"].responses == (("bob@example.org", "accepted"),)
    assert events["another"].sequence == 1


def test_a_higher_sequence_is_never_lowered() -> None:
    merged = merge_into(EDITED, draft(span=LATER, sequence=2))
    assert b"SEQUENCE:7\r\n" in merged


def test_the_zone_is_brought_along_once() -> None:
    merged = merge_into(EDITED, draft(span=LATER))
    assert merged.count(b"BEGIN:VTIMEZONE") == 1
    assert merge_into(merged, draft(span=LATER)) == merged
    elsewhere = merge_into(merged, draft(span=LATER, zone="America/New_York"))
    assert elsewhere.count(b"BEGIN:VTIMEZONE") == 2


def test_a_vtimezone_that_is_wrong_by_now_is_replaced() -> None:
    wrong = b"BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    wrong += b"TZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    existing = EDITED.replace(b"BEGIN:VEVENT\r\nUID:mtg", wrong + b"BEGIN:VEVENT\r\nUID:mtg")
    merged = merge_into(existing, draft(span=LATER))
    assert b"+0900" not in merged and merged.count(b"BEGIN:VTIMEZONE") == 1


def test_single_times_that_the_owner_changed_stay() -> None:
    override = b"BEGIN:VEVENT\r\nUID:mtg_1@holdfast\r\nRECURRENCE-ID:20260405T100000Z\r\n"
    override += b"DTSTART:20260405T120000Z\r\nSEQUENCE:5\r\nEND:VEVENT\r\n"
    merged = merge_into(EDITED.replace(b"END:VCALENDAR", override + b"END:VCALENDAR"), draft(span=LATER))
    assert override in merged


def test_our_own_writing_merges_into_itself() -> None:
    merged = merge_into(event_calendar(draft()), draft(span=LATER, sequence=4))
    (event,) = read_calendar(merged, zone="UTC", window=Span(NOON, NOON + 9 * DAY))
    (fresh,) = read_calendar(
        event_calendar(draft(span=LATER, sequence=4)), zone="UTC", window=Span(NOON, NOON + 9 * DAY)
    )
    assert (event.master, event.sequence) == (fresh.master, fresh.sequence) == (LATER, 4)


@pytest.mark.parametrize("existing", [b"", b"<html>", EDITED[:200], EDITED.replace(b"mtg_1@holdfast", b"other")])
def test_what_is_not_ours_is_refused(existing: bytes) -> None:
    with pytest.raises(BadCalendar):
        merge_into(existing, draft())
