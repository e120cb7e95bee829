"""How the sample people's weeks used to fill up: what daily looks at their free time would have seen, had they been taken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from service.app.house import House
from service.app.look_ahead import calendars_mark, look_ahead
from service.demo.cast import Part
from service.demo.diary import DAY_INITIALS, Entry, fixed, one_day
from service.domain.busy import Busy, BusyKind
from service.domain.churn import NO_LOOKS, Looks, Sight, look
from service.domain.churn.looks import next_look
from service.domain.timespan import DAY, WEEK, local
from service.store import churn

WEEKS = 14
KNOWN_LONG, LATE = 60 * DAY, int(2.4 * DAY)  # before its start, something comes into the calendar


def seed_looks(house: House, parts: dict[str, Part], now: int, seed: int) -> None:
    """Writes down what was seen of each person (by id), and takes today's look."""
    seen = {id_: looks_of(part, now, seed) for id_, part in parts.items()}
    with house.writing() as session:
        marks = churn.marks(session, list(parts))
        for person_id, part in parts.items():
            row = churn.get(session, person_id)
            if row is not None:
                row.looks, row.zone = seen[person_id].pack(), part.facts["time_zone"]
                row.calendars = calendars_mark(marks.get(person_id, []))
    for _ in range(2):  # the second time everyone's mean is known
        with house.writing() as session:
            churn.look_again(session, list(parts))
        look_ahead(house)


def looks_of(part: Part, now: int, seed: int) -> Looks:
    """A look on every day of some weeks, at a calendar into which things came now and then."""
    zone = part.facts["time_zone"]
    comings = sorted(_comings(part, now, seed), key=lambda item: item[0])
    looks, at = NO_LOOKS, next_look(zone, now - WEEKS * WEEK)
    while at <= now:
        there = Busy.of((entry.start, entry.end, BusyKind.BUSY) for came, entry in comings if came <= at)
        looks = look(looks, Sight(at, zone, there, until=at + 60 * DAY))
        at = next_look(zone, at)
    return looks


def _comings(part: Part, now: int, seed: int) -> Iterator[tuple[int, Entry]]:
    zone = ZoneInfo(part.facts["time_zone"])
    first = local(now - WEEKS * WEEK, zone.key).date()
    draw = random.Random(f"{seed}:{part.facts['name']}:{first}")  # noqa: S311  (sample data, not a secret)
    known = {item.title for item in part.weekly}
    for number in range((WEEKS + 5) * 7):
        day = first + timedelta(days=number)
        if day.weekday() >= 5:
            continue
        for entry in one_day(part, day, zone, draw):
            before = KNOWN_LONG if entry.title in known else draw.randrange(1, 20) * DAY
            yield entry.start - before, entry
        for item in part.late:
            if DAY_INITIALS[day.weekday()] in item.weekdays and draw.random() < item.share:
                entry = fixed(item, day, zone)
                yield entry.start - LATE, entry
