"""The history file: a CSV of meetings as they were first booked, with what became of each. All of it is taken or nothing.

``pair_id,mentor_id,mentee_id,booked_at,first_start,minutes,time_zone,outcome,outcome_at``; docs/history.md says what each
column means. The columns may stand in any order, and none may be missing, unknown or there twice.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from service.domain.errors import BadHistory, RowFault
from service.domain.stability import MeetingRow, Outcome
from service.domain.timespan import DAY, MINUTE, epoch, known_zones, local
from service.domain.windows import NOON, WindowKind

COLUMNS = (
    "pair_id", "mentor_id", "mentee_id", "booked_at", "first_start", "minutes", "time_zone", "outcome", "outcome_at",
)  # fmt: skip
MOST_ROWS = 200_000
MOST_TOLD = 20  # bad rows that are named; the others are counted
LONGEST_ID, LONGEST_MEETING = 200, DAY // MINUTE
LATEST = 200 * 365 * DAY
LONGEST_SHOWN = 40
WHOLE_DAY = 12 * 60  # minutes: what is longer is no meeting's time
_WORK_BEGINS, _WORK_ENDS, _LUNCH_ENDS = 9 * 60, 17 * 60, NOON + 60

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)


def parse_history(content: bytes) -> list[MeetingRow]:
    """The meetings, in the order of the file. Raises ``BadHistory``."""
    rows: list[MeetingRow] = []
    faults: list[RowFault] = []
    bad_rows = 0
    for number, cells in enumerate(_records(_text(content)), 1):
        if number > MOST_ROWS:
            raise BadHistory(f"The file holds more than {MOST_ROWS} meetings; import it in parts.")
        found = _row(number, cells)
        if isinstance(found, MeetingRow):
            rows.append(found)
            continue
        bad_rows += 1
        if len(faults) < MOST_TOLD:
            faults += found
    if bad_rows:
        raise BadHistory(_told(faults, bad_rows), faults[:MOST_TOLD], bad_rows)
    if not rows:
        raise BadHistory("The file holds no meeting, only a header.")
    return rows


def _told(faults: Sequence[RowFault], bad_rows: int) -> str:
    count = "One row cannot" if bad_rows == 1 else f"{bad_rows} rows cannot"
    shown = "; ".join(str(fault) for fault in faults[:3])
    more = "; and more" if len(faults) > 3 or bad_rows > 3 else ""
    return f"{count} be taken, so nothing of the file is: {shown}{more}."


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadHistory(f"The file is not UTF-8 (byte {error.start}); save it as CSV in UTF-8.") from None
    if "\0" in text:
        raise BadHistory("The file holds a NUL byte, so it is no text; save it as CSV in UTF-8.")
    if not text.strip():
        raise BadHistory(f"The file is empty; its first line must be {','.join(COLUMNS)}.")
    return text


_Value = TypeVar("_Value")


class _Cells(NamedTuple):
    """A line of the file: cells by name, or why they cannot be told apart."""

    cells: dict[str, str]
    fault: str | None = None


def _records(text: str) -> Iterator[_Cells]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next((line for line in reader if line), [])
        names = _header([name.strip() for name in header])
        for line in reader:
            if not line or line == [""]:
                continue
            if len(line) != len(names):
                yield _Cells({}, f"are {len(line)}, where the header has {len(names)}")
            else:
                yield _Cells(dict(zip(names, (cell.strip() for cell in line), strict=True)))
    except csv.Error as error:
        raise BadHistory(f"Line {reader.line_num} is not CSV: {error}.") from None


def _header(names: list[str]) -> list[str]:
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise BadHistory("The columns must be separated by commas.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadHistory(f"The header names {_listed(twice)} twice.")
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        hint = f" (it has {_listed(unknown)} instead)" if unknown else ""
        raise BadHistory(f"The header lacks {_listed(missing)}{hint}; it must be {','.join(COLUMNS)}.")
    if unknown:
        raise BadHistory(f"The header has {_listed(unknown)}, which the history file does not know.")
    return names


def _listed(names: Sequence[str]) -> str:
    shown = [_shown(name) for name in names[:9]]
    return ", ".join(shown) + (" and others" if len(names) > 9 else "")


def _shown(text: str) -> str:
    short = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return repr(short)


class _Bad(ValueError):
    """A cell that cannot be taken."""


def _row(number: int, line: _Cells) -> MeetingRow | list[RowFault]:
    if line.fault is not None:
        return [RowFault(number, "cells", line.fault)]
    faults: list[RowFault] = []

    def read(column: str, how: Callable[[str], _Value]) -> _Value | None:
        try:
            return how(line.cells[column])
        except _Bad as reason:
            faults.append(RowFault(number, column, str(reason)))
            return None

    pair, mentor = read("pair_id", _id), read("mentor_id", _id)
    mentee = read("mentee_id", lambda text: _id(text) if text else None)
    booked, start = read("booked_at", _time), read("first_start", _time)
    minutes, zone = read("minutes", _minutes), read("time_zone", _zone)
    outcome = read("outcome", _outcome)
    at = read("outcome_at", lambda text: _time(text) if text else None)
    if not faults and mentor == mentee:
        faults.append(RowFault(number, "mentee_id", "is the mentor's"))
    if pair is None or mentor is None or booked is None or start is None or minutes is None or zone is None or faults:
        return faults
    faults += [RowFault(number, *wrong) for wrong in _contradictions(booked, start, outcome, at)]
    if faults:
        return faults
    return MeetingRow(
        booked_at=booked,
        first_start=start,
        minutes=minutes,
        kind=kind_by_clock(start, zone, minutes),
        outcome=outcome,
        outcome_at=at,
        zone=zone,
        pair_id=pair,
        mentor_id=mentor,
        mentee_id=mentee,
        placeholder=is_placeholder(start, zone, minutes),
    )


def _contradictions(booked: int, start: int, outcome: Outcome | None, at: int | None) -> Iterator[tuple[str, str]]:
    if start < booked:
        yield "first_start", "lies before booked_at"
    if at is None:
        return
    if outcome is None:
        yield "outcome_at", "is given, but no outcome"
    elif at < booked:
        yield "outcome_at", "lies before booked_at"
    elif outcome in (Outcome.HELD, Outcome.MISSED) and at < start:
        yield "outcome_at", f"lies before first_start, when nobody could know that it was {outcome.value}"


def _id(text: str) -> str:
    if not text:
        raise _Bad("is empty")
    if len(text) > LONGEST_ID:
        raise _Bad(f"is longer than {LONGEST_ID} characters")
    return text


def _time(text: str) -> int:
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise _Bad(f"is {_shown(text)}, not a time as 2026-03-29T06:30:00Z" if text else "is empty")
    if found[2] is None:
        raise _Bad(f"is {_shown(text)}, without an offset: add Z or +02:00")
    try:
        at = epoch(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise _Bad(f"is {_shown(text)}, which no calendar has") from None
    if not 0 <= at <= LATEST:
        raise _Bad(f"is {_shown(text)}, not between 1970 and 2170")
    return at


def _minutes(text: str) -> int:
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= LONGEST_MEETING:
        raise _Bad(f"is {_shown(text)}, not a whole number from 1 to {LONGEST_MEETING}")
    return int(text)


def _zone(text: str) -> str:
    if text not in known_zones():
        raise _Bad(f"is {_shown(text)}, not an IANA time zone as Europe/Berlin")
    return text


def _outcome(text: str) -> Outcome | None:
    if not text:
        return None
    try:
        return Outcome(text)
    except ValueError:
        words = ", ".join(outcome.value for outcome in Outcome)
        raise _Bad(f"is {_shown(text)}, not one of {words}, or nothing") from None


def kind_by_clock(start: int, zone: str, minutes: int) -> WindowKind:
    """The window that usual hours (nine to five) would put a time in; ``start`` in epoch seconds. What lies outside of
    all windows counts to the nearest."""
    begins = _minute_of_day(start, zone)
    if begins < _WORK_BEGINS:
        return WindowKind.BREAKFAST
    if begins >= NOON and begins + minutes <= _LUNCH_ENDS:
        return WindowKind.LUNCH
    return WindowKind.COFFEE if begins >= _WORK_ENDS else WindowKind.CORE


def is_placeholder(start: int, zone: str, minutes: int) -> bool:
    """Whether nobody meant this time: midnight on the local clock, midnight UTC where that is in the night, or a whole
    day. Such entries are moved to a real time as a matter of course and say nothing of anybody."""
    begins = _minute_of_day(start, zone)
    asleep = begins < 6 * 60 or begins >= 22 * 60
    return begins == 0 or minutes >= WHOLE_DAY or (start % DAY == 0 and asleep)


def _minute_of_day(at: int, zone: str) -> int:
    clock = local(at, zone)
    return clock.hour * 60 + clock.minute
