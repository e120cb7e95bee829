"""The daily look at everybody's free time: what is free how many days ahead, and what became of it. docs/churn.md.

Due when the person's local day begins. A look, what follows from it and when the next is due are one transaction for some
people at a time: after a crash the others are still due, and nobody is looked at twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from service.app.house import House
from service.app.read_busy import BEYOND_HORIZON, Known, known_of
from service.app.show_churn import told_of
from service.app.timetables import timetable
from service.domain.busy import Busy
from service.domain.churn import (
    LEADS,
    ChurnTable,
    Looks,
    Sight,
    Totals,
    everyones,
    look,
    shares_of,
    sorts_of,
)
from service.domain.churn.looks import SETTLES_WITHIN, forget_unsettled, next_look
from service.domain.churn.shares import Floats
from service.domain.holidays import holidays_of
from service.domain.timespan import DAY, local
from service.store import churn
from service.store.tables import ChurnRow, Person

log = structlog.get_logger(__name__)
AT_ONCE = 50


def look_ahead(house: House) -> None:
    """Takes every look that is due. Running it again changes nothing."""
    with house.reading() as session:
        everyone = everyones(Totals(rows["free"], rows["taken"]) for rows in churn.every_total(session))
    count = 0
    while seen := _some(house, everyone):
        count += seen
    log.info("looked_ahead", people=count)


def due_looks(house: House) -> bool:
    """Whether any look is due."""
    with house.reading() as session:
        return churn.any_due(session, house.now())


def calendars_mark(calendars: Sequence[tuple[str, str, bool]]) -> str:
    """Which calendars a look shows, from ``churn.marks``: two looks with one mark can be compared."""
    return " ".join(f"{id_}:{access}" for id_, access, _ in calendars)


def _some(house: House, everyone: Floats) -> int:
    now = house.now()
    begin, end = now - (SETTLES_WITHIN + 2) * DAY, now + (max(LEADS) + 2) * DAY
    with house.writing() as session:
        due = churn.due(session, now, limit=AT_ONCE)
        ids = [person.id for _, person in due]
        known = known_of(house, session, ids, begin, end) if ids else {}
        marks = churn.marks(session, ids)
        ours = churn.own_meetings(session, ids, since=begin)
        for row, person in due:
            calendars = marks.get(person.id, [])
            sight = Sight(
                now=now,
                zone=person.time_zone,
                busy=_less(known[person.id].busy, ours[person.id]),
                until=_until(known[person.id]) if any(live for _, _, live in calendars) else 0,
                off=_holidays(person, now),
            )
            _keep(row, person, sight, calendars_mark(calendars), everyone)
    return len(due)


def _keep(row: ChurnRow, person: Person, sight: Sight, calendars: str, everyone: Floats) -> None:
    looks = Looks.unpack(row.looks)
    if (row.calendars, row.zone) != (calendars, sight.zone):
        # Other calendars, or another clock: a difference to what was seen before would not be somebody's change of plan.
        looks = forget_unsettled(looks)
    looks = look(looks, sight)
    shares = shares_of(looks, sorts_of(timetable(person)), everyone)
    row.calendars, row.zone, row.looks = calendars, sight.zone, looks.pack()
    row.totals = shares.totals._asdict()
    row.told = told_of(shares)
    row.next_look_at = next_look(sight.zone, sight.now)
    person.churn_table = ChurnTable.of(shares).pack() if shares.enough else None


def _until(known: Known) -> int:
    """Until when all of a person's calendars are known; 0 while one cannot be read."""
    return 0 if any(item.reason != BEYOND_HORIZON for item in known.unknown) else known.until


def _less(busy: Busy, ours: set[tuple[int, int]]) -> Busy:
    """Without Holdfast's own meetings: an hour that we took did not fill up."""
    for start, end in ours:
        busy = busy.without(start, end)
    return busy


def _holidays(person: Person, now: int) -> set[int]:
    if person.holidays is None:
        return set()
    year = local(now, person.time_zone).year
    return {int(day) for y in (year - 1, year, year + 1) for day in holidays_of(person.holidays, y)}
