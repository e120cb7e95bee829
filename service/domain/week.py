"""The week as people write it: blocks of local time on weekdays, read from plain words, given back, and cut.

Re-exported by ``service.domain.windows``, which is where the rest of the house imports it from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.errors import BadInput

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """A block of local time on some weekdays: ``weekdays`` 0 = Monday … 6 = Sunday; ``start`` and ``end`` in
    minutes of the local day. ``end`` may be 1440 (midnight); ``end <= start`` runs past midnight into the
    next day."""

    weekdays: frozenset[int]
    start: int
    end: int

    @property
    def minutes(self) -> int:
        """Its length on a clock that is not changed that night."""
        return self.end - self.start if self.end > self.start else self.end + DAY_MINUTES - self.start

    @property
    def past_midnight(self) -> bool:
        """Whether it reaches into the next day; ending at midnight sharp does not."""
        return self.start + self.minutes > DAY_MINUTES


Blocks = tuple[WeeklyHours, ...]


def weekly_hours(field: str, raw: Mapping[str, Any]) -> WeeklyHours:
    """A block from ``{"weekdays": ["mon", …], "start": "09:00", "end": "17:00"}``; ``end`` may be
    ``"24:00"``.

    Raises ``BadInput`` that names the field below ``field`` (``windows.lunch.start``) and the reason."""
    if not isinstance(raw, Mapping):
        raise BadInput.of(field, 'takes {"weekdays": ["mon"], "start": "09:00", "end": "17:00"}')
    weekdays = _weekdays(f"{field}.weekdays", raw.get("weekdays"))
    start = _clock(f"{field}.start", raw.get("start"), midnight_as_end=False)
    end = _clock(f"{field}.end", raw.get("end"), midnight_as_end=True)
    if start == end:
        raise BadInput.of(f"{field}.end", "is the same as start; for a whole day write 00:00 and 24:00")
    return WeeklyHours(weekdays, start, end)


def as_words(block: WeeklyHours) -> dict[str, Any]:
    """The inverse of ``weekly_hours``: weekdays in the order of the week, times as ``HH:MM``."""
    return {
        "weekdays": [WEEKDAYS[day] for day in sorted(block.weekdays)],
        "start": f"{block.start // 60:02d}:{block.start % 60:02d}",
        "end": f"{block.end // 60:02d}:{block.end % 60:02d}",
    }


def occurrences(blocks: Iterable[WeeklyHours]) -> Iterator[tuple[int, int]]:
    """Every ``[start, end)`` of a week in minutes since Monday 00:00; one that runs past Sunday ends after
    10080."""
    for block in blocks:
        for weekday in sorted(block.weekdays):
            start = weekday * DAY_MINUTES + block.start
            yield start, start + block.minutes


def blocks_of(pieces: Iterable[tuple[int, int]]) -> Blocks:
    """Blocks from ``[start, end)`` in minutes of the week (at most a day long): equal times share one
    block."""
    days: dict[tuple[int, int], set[int]] = {}
    for start, end in pieces:
        weekday, minute = divmod(start % WEEK_MINUTES, DAY_MINUTES)
        stop = minute + (end - start)
        days.setdefault((minute, stop - DAY_MINUTES if stop > DAY_MINUTES else stop), set()).add(weekday)
    found = [WeeklyHours(frozenset(weekdays), *times) for times, weekdays in days.items()]
    return tuple(sorted(found, key=lambda block: (min(block.weekdays), block.start, block.end)))


def cut(blocks: Sequence[WeeklyHours], hole: Sequence[WeeklyHours]) -> Blocks:
    """``blocks`` less the time of ``hole``, all around the week."""
    holes = sorted(
        (start + turn, end + turn) for start, end in occurrences(hole) for turn in (-WEEK_MINUTES, 0, WEEK_MINUTES)
    )
    left: list[tuple[int, int]] = []
    for block_start, block_end in occurrences(blocks):
        start = block_start
        for hole_start, hole_end in holes:
            if hole_end <= start or hole_start >= block_end:
                continue
            if hole_start > start:
                left.append((start, hole_start))
            start = hole_end
        if start < block_end:
            left.append((start, block_end))
    return blocks_of(left)


def _weekdays(field: str, raw: object) -> frozenset[int]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise BadInput.of(field, "name at least one of " + ", ".join(WEEKDAYS))
    for word in raw:
        if word not in WEEKDAYS:
            raise BadInput.of(field, f"{word!r} is not one of " + ", ".join(WEEKDAYS))
    return frozenset(WEEKDAYS.index(word) for word in raw)


def _clock(field: str, raw: object, *, midnight_as_end: bool) -> int:
    if midnight_as_end and raw == "24:00":
        return DAY_MINUTES
    match = _CLOCK.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        reason = "a time of day is written HH:MM, from 00:00 to " + ("24:00" if midnight_as_end else "23:59")
        raise BadInput.of(field, reason)
    return int(match[1]) * 60 + int(match[2])
