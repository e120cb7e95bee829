"""Rolling forward in time: each meeting is forecast with what was known when it was booked, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.domain.stability import MeetingRow, Outcome
from service.domain.stability.learner import Forecast, Learner
from service.domain.timespan import MINUTE

TELL_EVERY = 500


def roll(rows: Sequence[MeetingRow], tell: Callable[[int], None] = lambda done: None) -> tuple[list[Forecast], Learner]:
    """A forecast for every row, in the order given, and the learner as it was after the last of them was booked.

    ``tell`` hears now and then how many are done."""
    learner = Learner()
    found: list[Forecast | None] = [None] * len(rows)
    speaking = in_order_of_speaking(rows)
    spoken = 0
    for done, number in enumerate(sorted(range(len(rows)), key=lambda n: (rows[n].booked_at, n)), 1):
        row = rows[number]
        while spoken < len(speaking) and speaking[spoken][0] <= row.booked_at:
            which = speaking[spoken][1]
            learner.learn(which, rows[which])
            spoken += 1
        found[number] = learner.forecast(number, row)
        if done % TELL_EVERY == 0:
            tell(done)
    return [forecast for forecast in found if forecast is not None], learner


def catch_up(learner: Learner, rows: Sequence[MeetingRow], now: int) -> None:
    """After ``roll``: learns what has become known by ``now`` and was not when the last meeting was booked."""
    for at, number in in_order_of_speaking(rows):
        if at <= now and learner.waits_for(number):
            learner.learn(number, rows[number])


def in_order_of_speaking(rows: Sequence[MeetingRow]) -> list[tuple[int, int]]:
    """``(when, number)`` of the rows that speak, by time."""
    return sorted((at, number) for number, row in enumerate(rows) if (at := row.speaks_at) is not None)


def recorded_until(rows: Sequence[MeetingRow]) -> int:
    """Up to when the record reaches: the latest thing that anybody could only know by then."""
    latest = [row.booked_at for row in rows]
    latest += [row.outcome_at for row in rows if row.outcome_at is not None]
    latest += [over(row) for row in rows if row.outcome in (Outcome.HELD, Outcome.MISSED)]
    return max(latest, default=0)


def can_be_judged(rows: Sequence[MeetingRow]) -> list[bool]:
    """Which rows are judged: those that were to be over within the record, whatever became of them. Of the ones still to
    come only the moved ones are known, and to judge by those would make every forecast look too high."""
    until = recorded_until(rows)
    return [row.speaks_at is not None and not row.placeholder and over(row) <= until for row in rows]


def over(row: MeetingRow) -> int:
    """When it was to be over (epoch seconds)."""
    return row.first_start + row.minutes * MINUTE
