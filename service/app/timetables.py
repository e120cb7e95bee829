"""A person's row as the domain's ``Timetable``, and the words of the API for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from service.domain.errors import BadInput
from service.domain.holidays import check_holidays
from service.domain.timespan import known_zones
from service.domain.week import as_words, weekly_hours
from service.domain.windows import WINDOW_KINDS, Blocks, Timetable, WindowKind, effective_windows
from service.store.tables import Person

DEFAULT_WORKING_HOURS = [{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}]


def check_zone(field: str, zone: str) -> str:
    """The zone, when it is an IANA name. Raises ``BadInput``."""
    if zone not in known_zones():
        raise BadInput.of(field, f"{zone!r} is not an IANA time zone such as Europe/Berlin")
    return zone


def read_working_hours(raw: Sequence[Mapping[str, Any]]) -> Blocks:
    """``[{weekdays, start, end}, …]`` → blocks."""
    return tuple(weekly_hours(f"working_hours[{i}]", item) for i, item in enumerate(raw))


def read_windows(raw: Mapping[str, Any]) -> dict[WindowKind, Blocks | None]:
    """``{kind: {weekdays, start, end} | [those] | null}`` → blocks by kind, only those named."""
    found: dict[WindowKind, Blocks | None] = {}
    for name, value in raw.items():
        if name not in {kind.value for kind in WINDOW_KINDS}:
            raise BadInput.of(f"windows.{name}", "is none of breakfast, core, lunch, coffee")
        items = value if isinstance(value, list) else [value]
        found[WindowKind(name)] = (
            None
            if value is None
            else tuple(
                weekly_hours(f"windows.{name}" + (f"[{i}]" if isinstance(value, list) else ""), item)
                for i, item in enumerate(items)
            )
        )
    return found


def timetable(person: Person) -> Timetable:
    """The scheduling facts of a person, hashable: the domain caches by it."""
    return Timetable(
        zone=person.time_zone,
        working_hours=read_working_hours(person.working_hours),
        windows=tuple(sorted(read_windows(person.windows).items())),
        min_notice_hours=person.min_notice_hours,
        buffer_minutes=person.buffer_minutes,
        max_meetings_per_day=person.max_meetings_per_day,
        holidays=person.holidays,
    )


@lru_cache(maxsize=4096)
def timetable_from(
    zone: str,
    working_hours: str,
    windows: str,
    min_notice_hours: int,
    buffer_minutes: int,
    max_meetings_per_day: int | None,
    holidays: str | None,
) -> Timetable:
    """The same from the columns as they are stored (hours and windows as JSON). People alike share what is read."""
    return Timetable(
        zone=zone,
        working_hours=read_working_hours(json.loads(working_hours)),
        windows=tuple(sorted(read_windows(json.loads(windows)).items())),
        min_notice_hours=min_notice_hours,
        buffer_minutes=buffer_minutes,
        max_meetings_per_day=max_meetings_per_day,
        holidays=holidays,
    )


def window_words(person: Person) -> dict[str, Any]:
    """Every window as the API shows it: one block, a list where weekdays differ, ``null`` where it is off."""
    shown: dict[str, Any] = {}
    for kind, blocks in effective_windows(timetable(person)).items():
        words = [as_words(block) for block in blocks] if blocks else None
        shown[kind.value] = words[0] if words and len(words) == 1 else words
    return shown


def check_holiday_code(code: str | None) -> str | None:
    """The code, when the holidays library knows it. Raises ``BadInput``."""
    if code is not None:
        check_holidays(code)
    return code
