"""The history file: taken whole or not at all, every bad row by number and reason."""

import pytest

from service.domain.errors import BadHistory
from service.domain.history_file import COLUMNS, MOST_TOLD, kind_by_clock, parse_history
from service.domain.stability import Outcome
from service.domain.timespan import DAY, HOUR, rfc3339
from service.domain.windows import WindowKind

HEADER = ",".join(COLUMNS)
GOOD = {
    "pair_id": "p1",
    "mentor_id": "m1",
    "mentee_id": "e1",
    "booked_at": "2026-03-02T09:00:00Z",
    "first_start": "2026-03-09T10:00:00+01:00",
    "minutes": "60",
    "time_zone": "Europe/Berlin",
    "outcome": "held",
    "outcome_at": "",
}


def file(*rows, header=HEADER, end="\n"):
    lines = [",".join({**GOOD, **row}.values()) if isinstance(row, dict) else row for row in rows]
    return (end.join([header, *lines]) + end).encode()


def refused(content):
    with pytest.raises(BadHistory) as caught:
        parse_history(content)
    return caught.value


def test_a_row_is_a_meeting_as_it_was_first_booked():
    (row,) = parse_history(file({"outcome": "moved", "outcome_at": "2026-03-08T12:00:00.5Z"}))
    assert (row.pair_id, row.mentor_id, row.mentee_id, row.minutes) == ("p1", "m1", "e1", 60)
    assert rfc3339(row.booked_at) == "2026-03-02T09:00:00Z"
    assert rfc3339(row.first_start) == "2026-03-09T09:00:00Z"
    assert (row.outcome, rfc3339(row.outcome_at), row.zone) == (Outcome.MOVED, "2026-03-08T12:00:00Z", "Europe/Berlin")
    assert (row.kind, row.placeholder) == (WindowKind.CORE, False)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (file({}), 1),
        (b"\xef\xbb\xbf" + file({}), 1),  # a byte order mark
        (file({}, {}, end="\r\n"), 2),
        (file({})[:-1], 1),  # no end of the last line
        (file({}, "", "", {}), 2),  # blank lines are no rows
        (file({"pair_id": '"a, ""b"""'}), 1),  # quoted
        (file({"pair_id": '"two\nlines"'}), 1),
        (file({"mentee_id": ""}), 1),
        (file({"outcome": "", "outcome_at": ""}), 1),
        (file({"pair_id": "  p1 "}, {"first_start": "2026-03-09t10:00:00z"}), 2),
        (file({"outcome": "moved"}), 1),  # when is not known: at the latest by its end
    ],
    ids=["plain", "bom", "crlf", "no-end", "blank", "quotes", "newline", "no-mentee", "censored", "spaces", "no-when"],
)
def test_what_is_taken(content, count):
    assert len(parse_history(content)) == count


def test_columns_may_stand_in_any_order():
    names = sorted(COLUMNS)
    line = ",".join(GOOD[name] for name in names)
    assert parse_history(file(line, header=",".join(names))) == parse_history(file({}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (file(), "only a header"),
        ("pair_id\n".encode("utf-16"), "not UTF-8"),
        (b"pair_id,\xff\n", "not UTF-8 (byte 8)"),
        (b"a\0b\n", "NUL"),
        (file({}, header=HEADER.replace(",", ";")), "separated by commas"),
        (file({}, header=HEADER + ",notes"), "'notes', which the history file does not know"),
        (file({}, header=HEADER.replace("minutes,", "")), "lacks 'minutes'"),
        (file({}, header=HEADER.replace("minutes", "Minutes")), "lacks 'minutes' (it has 'Minutes' instead)"),
        (file({}, header=HEADER + ",minutes"), "names 'minutes' twice"),
        (file('"p1,m1'), "is not CSV"),
        (file('"p1"x,m1'), "is not CSV"),
        (file(",".join(GOOD.values())[:-1]), "row 1: cells are 8, where the header has 9"),
        (file(",".join(GOOD.values()) + ",more"), "row 1: cells are 10"),
        (file({"pair_id": ""}), "row 1: pair_id is empty"),
        (file({"mentor_id": "  "}), "row 1: mentor_id is empty"),
        (file({"pair_id": "p" * 201}), "longer than 200"),
        (file({"mentee_id": "m1"}), "row 1: mentee_id is the mentor's"),
        (file({"booked_at": "2026-03-02T09:00:00"}), "booked_at is '2026-03-02T09:00:00', without an offset"),
        (file({"first_start": "2026-03-02"}), "first_start is '2026-03-02', not a time"),
        (file({"first_start": ""}), "first_start is empty"),
        (file({"first_start": "2026-02-30T09:00:00Z"}), "no calendar has"),
        (file({"first_start": "2026-03-09T24:61:00Z"}), "no calendar has"),
        (file({"first_start": "9999-03-09T09:00:00Z"}), "not between 1970"),
        (file({"first_start": "1772442000"}), "not a time"),
        (file({"first_start": "2026-03-02T08:59:59Z"}), "row 1: first_start lies before booked_at"),
        (file({"minutes": "0"}), "minutes is '0'"),
        (file({"minutes": "60.0"}), "minutes is '60.0'"),
        (file({"minutes": "-60"}), "minutes is '-60'"),
        (file({"minutes": "٣٠"}), "not a whole number"),
        (file({"time_zone": "Berlin"}), "time_zone is 'Berlin', not an IANA time zone"),
        (file({"time_zone": ""}), "time_zone"),
        (file({"outcome": "Held"}), "outcome is 'Held', not one of held, moved, cancelled, missed"),
        (file({"outcome": "moved", "outcome_at": "2026-03-01T00:00:00Z"}), "outcome_at lies before booked_at"),
        (file({"outcome": "", "outcome_at": "2026-03-03T00:00:00Z"}), "outcome_at is given, but no outcome"),
        (file({"outcome": "held", "outcome_at": "2026-03-03T00:00:00Z"}), "when nobody could know that it was held"),
    ],
)
def test_what_is_refused_and_why(content, words):
    assert words in refused(content).detail


def test_every_bad_row_is_counted_and_the_first_are_named():
    bad = {"minutes": "x"}
    trouble = refused(file({}, bad, {}, {"minutes": "x", "time_zone": "x"}, *[bad] * 40))
    assert trouble.bad_rows == 42
    assert [(f.row, f.column) for f in trouble.faults[:3]] == [(2, "minutes"), (4, "minutes"), (4, "time_zone")]
    assert len(trouble.faults) == MOST_TOLD == len(trouble.fields)
    assert trouble.fields[0].field == "row 2.minutes"
    assert trouble.detail.startswith("42 rows cannot be taken, so nothing of the file is: row 2: minutes is 'x'")


@pytest.mark.parametrize(
    ("clock", "kind"),
    [("07:30", "breakfast"), ("08:30", "breakfast"), ("09:00", "core"), ("12:00", "lunch"), ("12:30", "core"),
     ("16:30", "core"), ("17:00", "coffee"), ("21:00", "coffee")],
)  # fmt: skip
def test_the_window_is_that_of_usual_hours_on_the_rows_own_clock(clock, kind):
    (row,) = parse_history(file({"first_start": f"2026-03-09T{clock}:00+01:00"}))
    assert row.kind == kind


def test_another_clock_is_another_window():
    (row,) = parse_history(file({"first_start": "2026-03-09T14:00:00+01:00"}))
    assert (row.kind, kind_by_clock(row.first_start, "America/Chicago", 60)) == (
        WindowKind.CORE,
        WindowKind.BREAKFAST,
    )


@pytest.mark.parametrize(
    ("change", "placeholder"),
    [
        ({"first_start": "2026-03-09T00:00:00+01:00"}, True),  # midnight on its own clock
        ({"first_start": "2026-03-09T00:00:00Z"}, True),  # 01:00 in Berlin: a date without a time
        ({"first_start": "2026-03-09T00:00:00Z", "time_zone": "America/New_York"}, False),  # 20:00 there
        ({"minutes": "1440"}, True),
        ({"minutes": "720"}, True),
        ({"minutes": "240"}, False),
    ],
)
def test_a_time_that_nobody_meant_is_a_placeholder(change, placeholder):
    (row,) = parse_history(file(change))
    assert row.placeholder is placeholder


def test_ten_thousand_rows_take_no_time_to_speak_of():
    rows = parse_history(file(*[{}] * 10_000))
    assert len(rows) == 10_000
    assert rows[0].first_start - rows[0].booked_at == 7 * DAY
    assert DAY == 24 * HOUR
