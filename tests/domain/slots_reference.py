"""The slow truth: a slot finder that looks at every minute with plain datetimes and shares no code with the fast one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60
SPECIFIC_FIRST = ("breakfast", "lunch", "coffee", "core")


def windows_of(minute, zone, table, holidays=frozenset()):
    """Every ``(kind, block, day it began on)`` that the person's clock is in during this minute (epoch seconds)."""
    here = datetime.fromtimestamp(minute, ZoneInfo(zone))
    today, clock = here.date(), here.hour * 60 + here.minute
    found = set()
    if today in holidays:
        return found
    for kind, blocks in table.items():
        for block in blocks or ():
            late = block.end <= block.start
            if today.weekday() in block.weekdays and block.start <= clock < (1440 if late else block.end):
                found.add((str(kind), block, today))
            before = today - timedelta(days=1)
            if late and before.weekday() in block.weekdays and clock < block.end and before not in holidays:
                found.add((str(kind), block, before))
    return found


def full_dates(zone, table, holidays, intervals, most, minutes):
    """The local dates on which ``most`` merged intervals lie on window time."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    dates: dict[date, set[int]] = {}
    for minute in minutes:
        if windows_of(minute, zone, table, holidays):
            day = datetime.fromtimestamp(minute, ZoneInfo(zone)).date()
            dates.setdefault(day, set()).update(
                index for index, (start, end) in enumerate(merged) if start < minute + MINUTE and end > minute
            )
    return {day for day, blocks in dates.items() if len(blocks) >= most}


def find(people, *, duration, not_before, until, step):
    """``[(start, [kind per person])]``. A person is ``(zone, table, holidays, intervals, buffer minutes, most a day)``."""
    minutes = range(not_before // MINUTE * MINUTE, until, MINUTE)
    wide = range(minutes.start - 2 * 86400, minutes.stop + 2 * 86400, MINUTE)
    cells = []
    for zone, table, holidays, intervals, buffer, most in people:
        inside = {m: windows_of(m, zone, table, holidays) for m in minutes}
        full = full_dates(zone, table, holidays, intervals, most, wide) if most is not None else set()
        taken = set()
        for start, end in intervals:
            low = (start - buffer * MINUTE) // MINUTE * MINUTE
            taken.update(range(max(low, minutes.start), min(end + buffer * MINUTE, minutes.stop), MINUTE))
        taken.update(m for m in minutes if datetime.fromtimestamp(m, ZoneInfo(zone)).date() in full)
        cells.append((inside, taken))
    found = []
    start = -(-not_before // step) * step
    while start + duration <= until:
        span = range(start, start + duration, MINUTE)
        kinds = []
        for inside, taken in cells:
            common = set.intersection(*(inside[m] for m in span))
            if not common or any(m in taken for m in span):
                break
            names = {kind for kind, _, _ in common}
            kinds.append(next(kind for kind in SPECIFIC_FIRST if kind in names))
        else:
            found.append((start, kinds))
        start += step
    return found


def at(text):
    """Epoch seconds of an ISO time, UTC where it names no offset."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
