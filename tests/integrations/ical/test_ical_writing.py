"""What we write: read back by ourselves, and looked at line by line."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from integrations.ical import IcalFeedWriter, event_calendar, feed, method_of, read_calendar
from service.domain.errors import BadInput
from service.domain.timespan import DAY, Span
from service.ports.calendar import Attendee, EventDraft
from service.ports.feed import FeedWriter

ANN, BOB = Attendee("Ann Ames", "ann@example.org"), Attendee("Bob", "bob@example.org")
NOON = 1_774_778_400  # 2026-03-29T10:00:00Z, the day summer time begins in Europe


def draft(**changes: object) -> EventDraft:
    facts: dict = {
        "uid": "mtg_1@holdfast",
        "meeting_id": "mtg_1",
        "sequence": 3,
        "span": Span(NOON, NOON + 3600),
        "stamp": 1_772_323_200,
        "summary": "Ann and Bob",
        "description": "Once a week.\nBring a question.",
        "organizer": ANN,
        "attendees": (ANN, BOB),
        "zone": "Europe/Amsterdam",
        "url": "https://holdfast.example.org/m/1",
    }
    return EventDraft(**{**facts, **changes})


def lines(data: bytes) -> list[str]:
    return re.sub(r"\r\n[ \t]", "", data.decode()).split("\r\n")[:-1]


def test_an_invitation_says_all_that_it_must() -> None:
    data = event_calendar(draft(), method="REQUEST")
    found = lines(data)
    assert found[0] == "BEGIN:VCALENDAR" and method_of(data) == "REQUEST"
    for line in [
        "PRODID:-//Holdfast//Holdfast//EN",
        "VERSION:2.0",
        "UID:mtg_1@holdfast",
        "DTSTAMP:20260301T000000Z",
        "SEQUENCE:3",
        "DTSTART;TZID=Europe/Amsterdam:20260329T120000",
        "DTEND;TZID=Europe/Amsterdam:20260329T130000",
        "SUMMARY:Ann and Bob",
        "DESCRIPTION:Once a week.\\nBring a question.",
        "URL:https://holdfast.example.org/m/1",
        'ORGANIZER;CN="Ann Ames":mailto:ann@example.org',
        "X-HOLDFAST-MEETING:mtg_1",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
    ]:
        assert line in found
    bob = next(line for line in found if line.startswith("ATTENDEE") and "bob@" in line)
    assert {"CN=Bob", "ROLE=REQ-PARTICIPANT", "PARTSTAT=NEEDS-ACTION", "RSVP=TRUE"} <= set(re.split("[;:]", bob))


def test_lines_end_and_fold_as_they_must() -> None:
    data = event_calendar(draft(summary="é" * 300, description="ü\n" * 300), method="REQUEST")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert "SUMMARY:" + "é" * 300 in lines(data)


def test_a_cancellation() -> None:
    data = event_calendar(draft(sequence=4), method="CANCEL")
    found = lines(data)
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:4"} <= set(found)
    (event,) = read_calendar(data, zone="UTC", window=Span(NOON - DAY, NOON + DAY))
    assert event.cancelled and event.occurrences == ()


def test_a_caldav_resource_has_no_method() -> None:
    assert method_of(event_calendar(draft())) is None


def test_another_method_is_refused() -> None:
    with pytest.raises(BadInput, match="REQUEST"):
        event_calendar(draft(), method="COUNTER\r\nX-EVIL:1")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="Mars"):
        event_calendar(draft(zone="Mars/Olympus"))


@pytest.mark.parametrize(
    ("sent_by", "named"),
    [(None, False), ("ANN@example.org", False), ("meet@holdfast.example.org", True)],
)
def test_sent_by_is_named_where_it_is_another(sent_by: str | None, named: bool) -> None:
    found = lines(event_calendar(draft(), method="REQUEST", sent_by=sent_by))
    organizer = next(line for line in found if line.startswith("ORGANIZER"))
    assert ('SENT-BY="mailto:meet@holdfast.example.org"' in organizer) is named


NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            'A";X-EVIL=1:B',
            "A\r\nATTENDEE:mailto:evil@example.org",
            "A\nEND:VEVENT\nBEGIN:VEVENT",
            "A\rX-EVIL:1",
            "a,b;c:d\\n",
            "^n^'^^",
            "\u2028X-EVIL:1",
            "\x00\x1f",
            "",
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(name=NASTY, summary=NASTY, description=NASTY, email=NASTY, uid=NASTY, url=NASTY)
@example(name='"', summary="x", description="y", email="a@b", uid="u", url="z")
def test_no_text_can_add_a_property(name: str, summary: str, description: str, email: str, uid: str, url: str) -> None:
    person = Attendee(name, email)
    changes = {"summary": summary, "description": description, "organizer": person, "attendees": (person,)}
    data = event_calendar(draft(uid="u" + uid, url=url, meeting_id=uid, **changes), method="REQUEST", sent_by=email)
    usual = sorted(line.split(":")[0].split(";")[0] for line in lines(event_calendar(draft(), method="REQUEST")))
    if not url:
        usual.remove("URL")
    usual.remove("ATTENDEE")
    found = lines(data)
    assert sorted(re.split("[;:]", line)[0] for line in found) == usual
    attendee = next(line for line in found if line.startswith("ATTENDEE"))
    outside = re.sub(r'"[^"]*"', "", attendee)
    assert set(re.findall(r";([A-Z0-9-]+)=", outside.split(":")[0])) == {
        "CN",
        "CUTYPE",
        "PARTSTAT",
        "ROLE",
        "RSVP",
    }
    assert Calendar.from_ical(data)  # another reader takes it too
    (event,) = read_calendar(data, zone="UTC", window=Span(NOON - DAY, NOON + DAY))
    assert event.master == Span(NOON, NOON + 3600)


ALL_ZONES = sorted(available_timezones() - {"localtime", "Factory"})
# The clocks change in the night of these days in one of the zones below; hours around them are where mistakes live.
EDGES = [
    ("Europe/Amsterdam", 1_774_746_000),
    ("Europe/Amsterdam", 1_792_890_000),
    ("America/New_York", 1_772_953_200),
    ("America/New_York", 1_793_512_800),
    ("Australia/Lord_Howe", 1_775_314_800),
    ("Australia/Adelaide", 1_791_045_000),
    ("America/Santiago", 1_775_358_000),
    ("Asia/Kathmandu", 1_774_746_000),
    ("America/St_Johns", 1_793_507_400),
    ("Africa/Casablanca", 1_771_120_800),
]


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(ALL_ZONES),
    start=st.integers(1_735_689_600, 1_893_456_000).map(lambda at: at - at % 60),
    minutes=st.integers(1, 600),
    sequence=st.integers(0, 10_000),
)
def test_what_we_write_we_read_back(zone: str, start: int, minutes: int, sequence: int) -> None:
    read_back(zone, start, minutes, sequence)


@pytest.mark.parametrize(("zone", "edge"), EDGES)
def test_what_we_write_around_a_change_of_the_clock_we_read_back(zone: str, edge: int) -> None:
    for quarter in range(-12, 13):
        read_back(zone, edge + quarter * 900, 60, 1)


def read_back(zone: str, start: int, minutes: int, sequence: int) -> None:
    span = Span(start, start + minutes * 60)
    data = event_calendar(draft(span=span, zone=zone, sequence=sequence))
    (event,) = read_calendar(data, zone="Asia/Tokyo", window=Span(start - DAY, start + DAY))
    assert (event.uid, event.master, event.sequence) == ("mtg_1@holdfast", span, sequence)
    assert [(one.start, one.end) for one in event.occurrences] == [(span.start, span.end)]
    # And by its own VTIMEZONE alone, as a program would that does not know the name.
    unknown = data.replace(b"X-LIC-LOCATION:", b"X-WAS:").replace(zone.encode(), b"Unknown")
    if zone not in {"UTC", "GMT"}:
        (event,) = read_calendar(unknown, zone="Asia/Tokyo", window=Span(start - DAY, start + DAY))
        assert event.master == span


def test_a_vtimezone_is_small_and_follows_rules_where_there_are_rules() -> None:
    found = lines(event_calendar(draft()))
    zone = found[found.index("BEGIN:VTIMEZONE") : found.index("END:VTIMEZONE") + 1]
    assert "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" in zone
    start = zone.index("BEGIN:DAYLIGHT")
    assert "DTSTART:20250330T020000" in zone[start:]  # local time BEFORE the change, as RFC 5545 wants it
    biggest = max(len(event_calendar(draft(zone=name))) for name in ALL_ZONES)
    assert biggest < 2200


def test_a_feed() -> None:
    writer: FeedWriter = IcalFeedWriter()
    drafts = [draft(uid=f"m{at}", span=Span(NOON + at * 100 * DAY, NOON + at * 100 * DAY + 3600)) for at in range(8)]
    data = writer.feed("Ann's meetings\r\nX-EVIL:1", drafts)
    assert data == feed("Ann's meetings\r\nX-EVIL:1", drafts)
    found = lines(data)
    assert {"METHOD:PUBLISH", "X-WR-CALNAME:Ann's meetings X-EVIL:1"} <= set(found)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT30M" in found and "X-PUBLISHED-TTL:PT30M" in found
    assert not [line for line in found if line.startswith("ATTENDEE")]
    assert found.count("BEGIN:VTIMEZONE") == 1
    events = read_calendar(data, zone="UTC", window=Span(NOON - DAY, NOON + 1000 * DAY))
    assert [(event.uid, event.master) for event in events] == [(one.uid, one.span) for one in drafts]


def test_an_empty_feed_is_a_calendar() -> None:
    assert read_calendar(feed("Nothing", []), zone="UTC", window=Span(0, DAY)) == []


def test_the_second_of_two_equal_local_times_is_written_exactly() -> None:
    second = int(datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp())
    read_back("Europe/Amsterdam", second, 60, 0)
