"""Makes people, candidates and meeting rows for the tests of the hold model: small, plain, by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from service.domain.busy import Busy, BusyKind
from service.domain.churn import LEADS, ChurnTable
from service.domain.churn.leads import lead_rows
from service.domain.churn.table import CELLS
from service.domain.slots import Candidates, Party
from service.domain.stability import MeetingRow, Outcome
from service.domain.timespan import DAY, HOUR, epoch, local
from service.domain.windows import WINDOW_KINDS, Timetable, WeeklyHours, WindowKind

UTC, BERLIN, NEW_YORK = "UTC", "Europe/Berlin", "America/New_York"
MONDAY = epoch(datetime(2026, 5, 4, tzinfo=ZoneInfo(UTC)))  # 00:00 UTC; no clock changes for months
CORE, BREAKFAST, COFFEE = (
    WINDOW_KINDS.index(kind) for kind in (WindowKind.CORE, WindowKind.BREAKFAST, WindowKind.COFFEE)
)
NINE_TO_FIVE = (WeeklyHours(frozenset(range(5)), 9 * 60, 17 * 60),)


def at(day, hour, minute=0):
    """An instant ``day`` days after the Monday, on the UTC clock."""
    return MONDAY + day * DAY + hour * HOUR + minute * 60


def party(*meetings, zone=UTC, hours=NINE_TO_FIVE):
    """Someone with meetings ``(start, end)`` or ``(start, end, kind)``."""
    items = [(*item, BusyKind.BUSY) if len(item) == 2 else item for item in meetings]
    return Party(Timetable(zone, hours), Busy.of(items))


def some_churn(seed):
    """A table in which every hour and lead has a value of its own."""
    return ChurnTable(np.random.default_rng(seed).integers(-64, 65, CELLS).astype(np.int8), 10)


def churn_by_hand(person, start, end, now):
    """What the table says of the hours a slot begins and ends in, at the lead nearest to its own, hour by hour."""
    row = int(lead_rows(np.array([start - now]))[0])
    steps = person.churn.steps.reshape(len(LEADS), 7, 24)[row]
    readings = [local(moment, person.timetable.zone) for moment in (start, end - 1)]
    return sum(int(steps[reading.weekday(), reading.hour]) / 32 for reading in readings) / 2


def usual(start):
    """Three meetings that day, one of them within two hours: what a neutral slot at ``start`` has around it."""
    return (
        (start - 2 * HOUR, start - HOUR),
        (start + 4 * HOUR, start + 5 * HOUR),
        (start + 5 * HOUR, start + 6 * HOUR),
    )


def slots(*starts, kind=CORE, duration=HOUR):
    """Candidates at ``starts``, in the same window for both."""
    array = np.array(starts, np.int64)
    kinds = np.full(array.size, kind, np.int64)
    return Candidates(array, duration, np.stack([kinds, kinds]), kinds)


def row(day, outcome=Outcome.HELD, *, lead_days=7, hour=10, kind=WindowKind.CORE, **more):
    """A meeting first booked for 10:00 on ``day``, ``lead_days`` before."""
    start = at(day, hour)
    return MeetingRow(start - int(lead_days * DAY), start, 60, kind, outcome, **more)
