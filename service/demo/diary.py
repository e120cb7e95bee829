"""Calendars that look lived in: what comes back every week, single meetings between, journeys and days off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.demo.cast import Away, Part, Weekly
from service.domain.timespan import MINUTE, local

DAY_INITIALS = "mtwrfsu"
WEEKS_BEHIND, WEEKS_AHEAD = 1, 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, in epoch seconds."""

    title: str
    start: int
    end: int


def diary(part: Part, now: int, seed: int) -> list[Entry]:
    """The person's events from a week ago to five weeks ahead, by time. The same for the same seed, week and person."""
    facts = part.facts
    zone = ZoneInfo(facts["time_zone"])
    today = local(now, facts["time_zone"]).date()
    monday = today - timedelta(days=today.weekday())
    draw = random.Random(f"{seed}:{facts['name']}:{monday}")  # noqa: S311  (sample data, not a secret)
    entries: list[Entry] = []
    for week in range(-WEEKS_BEHIND, WEEKS_AHEAD + 1):
        first = monday + timedelta(weeks=week)
        away = {first + timedelta(days=a.first_day + i): a for a in part.away if a.week == week for i in range(a.days)}
        for offset in range(5):
            day = first + timedelta(days=offset)
            if day in away:
                entries.append(_away(away[day], day, zone))
            else:
                entries += one_day(part, day, zone, draw)
    return sorted(entries, key=lambda entry: (entry.start, entry.end, entry.title))


def _at(day: date, clock: str, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.fromisoformat(clock), zone).timestamp())


def _away(away: Away, day: date, zone: ZoneInfo) -> Entry:
    if away.hours:
        return Entry(away.title, _at(day, away.hours[0], zone), _at(day, away.hours[1], zone))
    return Entry(away.title, _at(day, "00:00", zone), _at(day + timedelta(days=1), "00:00", zone))


def one_day(part: Part, day: date, zone: ZoneInfo, draw: random.Random) -> list[Entry]:
    """What is on a working day: what comes back, and single meetings where there is room."""
    entries = [
        fixed(item, day, zone)
        for item in part.weekly
        if DAY_INITIALS[day.weekday()] in item.weekdays and draw.random() < item.share
    ]
    for _ in range(draw.randint(*part.extra_a_day)):
        entries += _single(part, day, zone, draw, entries)
    return entries


def fixed(item: Weekly, day: date, zone: ZoneInfo) -> Entry:
    """What comes back, on one day."""
    start = _at(day, item.start, zone)
    return Entry(item.title, start, start + item.minutes * MINUTE)


def _single(part: Part, day: date, zone: ZoneInfo, draw: random.Random, taken: list[Entry]) -> Iterator[Entry]:
    """One meeting more where there is room, on the half hour of the working day."""
    hours = part.facts["working_hours"][0]
    first, last = _at(day, hours["start"], zone), _at(day, hours["end"], zone)
    minutes = draw.choice((30, 30, 45, 60))
    start = first + draw.randrange((last - first) // (30 * MINUTE)) * 30 * MINUTE
    title = draw.choice(part.extra)
    end = start + minutes * MINUTE
    if end <= last and all(end <= other.start or start >= other.end for other in taken):
        yield Entry(title, start, end)
