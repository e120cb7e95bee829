"""The traps in which others were caught. Each test fails when its trap is sprung."""

import numpy as np
import pytest
from stability_maker import at

from benchmarks.worlds import history
from service.domain.judging import roll
from service.domain.judging.rolling import can_be_judged, recorded_until
from service.domain.stability import MeetingRow, MemoryFold, Outcome
from service.domain.stability.learner import Learner
from service.domain.timespan import DAY, HOUR
from service.domain.windows import WindowKind

HELD, MOVED = Outcome.HELD, Outcome.MOVED


def meeting(day, outcome, *, lead=7, at_day=None, pair="p", hour=10, **more):
    start = at(day, hour)
    when = None if at_day is None else at(at_day, 12)
    facts = {"pair_id": pair, "mentor_id": f"m{pair}", "mentee_id": f"e{pair}", "zone": "UTC", **more}
    return MeetingRow(start - lead * DAY, start, 60, WindowKind.CORE, outcome, when, **facts)


def forecasts(rows):
    return [one.hold for one in roll(rows)[0]]


def crowd(days, outcome_of, pairs=12):
    """Meetings of many pairs, one a day each."""
    return [meeting(day, outcome_of(day, pair), pair=str(pair)) for day in range(days) for pair in range(pairs)]


@pytest.fixture(scope="module")
def world():
    return history("effects", pairs=30, meetings=20, seed=5)


def test_censoring_a_meeting_whose_outcome_is_unknown_is_neither_good_nor_bad(world):
    """Trap: an empty outcome read as moved, or as held."""
    silent = [row._replace(outcome=None, outcome_at=None) for row in crowd(40, lambda *_: HELD)]
    rows = sorted([*world, *silent], key=lambda row: row.booked_at)
    known = {id(row): hold for row, hold in zip(rows, forecasts(rows), strict=True)}
    alone = forecasts(world)
    assert [known[id(row)] for row in world] == alone
    assert not any(can for row, can in zip(rows, can_be_judged(rows), strict=True) if row.outcome is None)
    learner = Learner()
    learner.forecast(0, silent[0])
    assert not learner.waits_for(0)


def test_the_originally_booked_time_counts_never_a_later_one():
    """Trap: the final time in place of the first, which makes a moved meeting look like one held."""
    first = at(30, 10)
    moved = MeetingRow(first - 7 * DAY, first, 60, WindowKind.CORE, MOVED, first - DAY)
    assert moved.speaks_at == first, "what became of it later, at whatever time, is another matter"
    fold = MemoryFold()
    fold.add(moved)
    assert fold.pair("pair", "mentor", "mentee").pair.held == 0
    assert {field for field in MeetingRow._fields if "start" in field} == {"first_start"}, "there is no other time"


def test_history_is_cut_where_a_meeting_was_booked():
    """Trap: what became known between booking and start. The forecast is of the moment of booking."""
    earlier = crowd(
        60, lambda day, pair: MOVED if pair % 2 or day % 5 == 0 else HELD
    )  # pairs differ, and that is learnt
    last = meeting(75, HELD, lead=20, pair="0")  # booked on day 55
    between = [meeting(day, MOVED, lead=30, pair="0") for day in range(56, 70)]
    assert forecasts([*earlier, *between, last])[-1] == forecasts([*earlier, last])[-1]
    after = last._replace(booked_at=at(72, 10))
    with_them = forecasts([*earlier, *between, after])[-1]
    assert with_them < forecasts([*earlier, after])[-1] - 0.02, "and once they are known they count"


def test_rows_are_chosen_by_scheduled_start_not_by_being_resolved():
    """Trap: moves become known early and meetings held late. At the end of a record the known ones are mostly moved."""
    rng = np.random.default_rng(4)
    rows = []
    for number in range(2500):
        start = int(rng.integers(40, 200)) * DAY + at(0, 10)
        lead = int(rng.choice([7, 14, 28]))
        moved = rng.random() < 0.3
        when = start - int(rng.uniform(0.3, 1.0) * lead * DAY) if moved else None
        ids = {"pair_id": str(number % 50), "mentor_id": f"m{number % 50}", "mentee_id": None}
        rows.append(MeetingRow(start - lead * DAY, start, 60, WindowKind.CORE, MOVED if moved else HELD, when, **ids))
    end = at(150, 0)
    known = [
        row._replace(outcome=None, outcome_at=None) if (row.outcome_at or row.first_start + HOUR) > end else row
        for row in rows
        if row.booked_at <= end
    ]
    resolved = [row.outcome is HELD for row in known if row.outcome is not None]
    judged = [row.outcome is HELD for row, can in zip(known, can_be_judged(known), strict=True) if can]
    assert recorded_until(known) <= end
    assert np.mean(judged) == pytest.approx(0.7, abs=0.02)
    assert np.mean(resolved) < np.mean(judged) - 0.015, "the trap is there"
    said, learner = roll(known)
    fresh = [one.hold for row, one in zip(known, said, strict=True) if row.booked_at > at(120, 0)]
    assert np.mean(fresh) == pytest.approx(0.7, abs=0.03)
    learner.refit()
    early = next(row for row in known if row.outcome is MOVED and row.outcome_at < row.first_start)
    assert early.speaks_at == early.first_start, "it teaches when it was to begin, not when it was moved"


def test_a_meetings_own_outcome_is_not_in_its_forecast(world):
    """Trap: a history that holds the meeting itself."""
    before = forecasts(world)
    for number in (50, 200, 400):
        row = world[number]
        flipped = HELD if row.outcome is not HELD else MOVED
        changed = [*world]
        changed[number] = row._replace(outcome=flipped, outcome_at=None)
        assert forecasts(changed)[number] == before[number]


def test_a_placeholder_teaches_nobody_anything(world):
    """Trap: entries at midnight, all of which are moved to a real time, make everybody look unsteady."""
    rows = [*world]
    stand_ins = [
        row._replace(
            first_start=row.first_start // DAY * DAY, outcome=MOVED, outcome_at=row.booked_at, placeholder=True
        )
        for row in world[::4]
        if row.first_start // DAY * DAY > row.booked_at
    ]
    assert len(stand_ins) > 100
    both = [*rows, *stand_ins]
    said = forecasts(both)
    assert said[: len(rows)] == forecasts(rows)
    assert np.mean(said[len(rows) + 50 :]) < 0.25, "of another placeholder itself it is known that it will be moved"
    assert not any(can_be_judged(both)[len(rows) :])
    taken_for_real = [*rows, *(row._replace(placeholder=False) for row in stand_ins)]
    assert np.mean(forecasts(taken_for_real)[: len(rows)]) < np.mean(said[: len(rows)]) - 0.03, "the trap is there"


@pytest.mark.parametrize("cut", [60, 300, 500])
def test_a_later_row_alters_no_earlier_forecast_bit_for_bit(world, cut):
    """Trap: anything that looks at the whole file: a mean, a spread, a choice of the model, an order."""
    whole = roll(world)[0]
    when = world[cut].booked_at
    first = [number for number, row in enumerate(world) if row.booked_at < when]
    altered = [
        row
        if row.booked_at < when
        else row._replace(outcome=MOVED, outcome_at=row.booked_at, mentor_id="x", zone="UTC")
        for row in world
    ]
    dropped = [row for row in world if row.booked_at < when]
    for other in (altered, dropped, [*reversed(world[cut:]), *dropped]):
        again = {id(row): one for row, one in zip(other, roll(other)[0], strict=True)}
        assert [again[id(world[number])] for number in first] == [whole[number] for number in first]
