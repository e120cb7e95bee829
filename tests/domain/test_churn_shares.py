"""Shares: churn that is known is found again, chance is not mistaken for it, and little evidence says little."""

from __future__ import annotations

import numpy as np
import pytest
from churn_maker import Life, timetable
from hypothesis import given
from hypothesis import strategies as st

from service.app.show_churn import _LATE
from service.domain.churn import (
    LEADS,
    NO_CHURN,
    NO_LOOKS,
    ChurnTable,
    Totals,
    everyones,
    findings,
    shares_of,
    sorts_of,
)
from service.domain.churn.leads import lead_rows
from service.domain.churn.shares import ASSUMED, Shares
from service.domain.timespan import DAY, HOUR
from service.domain.windows import Timetable, WeeklyHours

SORTS = sorts_of(timetable())
OPEN = SORTS >= 0
TUESDAY = 1


def shares_in(life: Life) -> Shares:
    looks = life.looked()
    own = shares_of(looks, SORTS, everyones([])).totals
    return shares_of(looks, SORTS, everyones([own] * 5))


def late_tuesdays(weekday: int, hour: int) -> float:
    return 0.7 if weekday == TUESDAY and hour in (15, 16) else 0.1


def test_known_churn_is_found_again_at_the_leads_at_which_it_happens() -> None:
    """Something comes 2.2 days before: it was free when the day before yesterday began, and taken a day later."""
    shares = shares_in(Life(late_tuesdays, weeks=26, late=2.2))
    two, one = LEADS.index(2), LEADS.index(1)
    assert shares.share[two, TUESDAY, 15] == pytest.approx(0.7, abs=0.15)
    assert np.median(shares.share[two, :5, 9:17]) == pytest.approx(0.1, abs=0.04)
    assert shares.taken[one].sum() == 0
    assert shares.mean[one, 0, 10] < shares.mean[two, 0, 10] / 2
    (found,) = findings(shares)
    assert (found.weekday, found.start, found.end, found.lead_days) == (TUESDAY, 15, 17, 2)
    assert found.taken / found.free == pytest.approx(0.7, abs=0.15)
    assert found.usual < 0.2


def test_what_fills_up_early_is_told_at_its_own_lead() -> None:
    (found,) = findings(shares_in(Life(late_tuesdays, weeks=26, late=5)))
    assert found.lead_days == 7


def test_chance_is_not_taken_for_a_habit() -> None:
    """In lives in which every hour is alike hardly anything is told, and the model is told hardly anything."""
    told, sizes = 0, []
    for seed in range(20):
        shares = shares_in(Life(lambda _day, _hour: 0.3, weeks=12, seed=seed))
        told += len(findings(shares))
        table = ChurnTable.of(shares).steps.reshape(len(LEADS), 7, 24)[LEADS.index(7)][OPEN] / 32
        sizes.append(float(np.abs(table).mean()))
    assert told <= 3
    assert np.mean(sizes) < 0.25


def test_before_weeks_enough_nothing_is_said() -> None:
    shares = shares_in(Life(late_tuesdays, weeks=3))
    assert shares.weeks == 3
    assert findings(shares) == []
    assert ChurnTable.of(shares) is NO_CHURN
    assert shares_in(Life(late_tuesdays, weeks=5)).enough


def test_that_an_unused_calendar_stays_free_says_nothing() -> None:
    shares = shares_in(Life(lambda day, hour: 0.9 if (day, hour) == (TUESDAY, 10) else 0.0, weeks=10))
    assert shares.weeks == 10
    assert (shares.enough, findings(shares), ChurnTable.of(shares)) == (False, [], NO_CHURN)
    assert shares.totals.free == ((0,) * len(LEADS),) * 2, "nor does it count for everyone"


def test_nothing_seen_is_what_is_assumed_of_everyone() -> None:
    shares = shares_of(NO_LOOKS, SORTS, everyones([]))
    assert shares.weeks == 0
    np.testing.assert_allclose(shares.share[:, 0, 10], ASSUMED[0])
    np.testing.assert_allclose(shares.share[:, 0, 8], ASSUMED[1])


@given(st.integers(0, 400), st.integers(0, 400))
def test_everyones_share_lies_between_what_is_assumed_and_what_was_seen(free: int, taken: int) -> None:
    taken = min(taken, free)
    one = Totals(((free,) * len(LEADS),) * 2, ((taken,) * len(LEADS),) * 2)
    found = everyones([one])
    seen = taken / free if free else ASSUMED
    assert np.all(found >= np.minimum(ASSUMED, seen) - 1e-12)
    assert np.all(found <= np.maximum(ASSUMED, seen) + 1e-12)
    assert np.all(np.abs(everyones([one] * 9) - seen) <= np.abs(found - seen) + 1e-12)


def test_hours_around_work_that_stay_free_do_not_make_working_hours_look_full() -> None:
    life = Life(lambda _day, hour: 0.35 if 9 <= hour < 17 else 0.0, weeks=26)
    shares = shares_in(life)
    assert findings(shares) == []
    looks = life.looked()
    alike = shares_of(looks, SORTS, everyones([shares.totals] * 200))
    steps = ChurnTable.of(alike).steps.reshape(len(LEADS), 7, 24)[LEADS.index(7)]
    assert np.abs(steps).max() < 16, "nor early hours better than what early hours are for everyone"


def test_the_table_holds_how_much_more_than_everyones() -> None:
    shares = shares_in(Life(lambda day, hour: 0.35 if (day, hour) == (TUESDAY, 15) else 0.1, weeks=26))
    table = ChurnTable.unpack(ChurnTable.of(shares).pack())
    steps = table.steps.reshape(len(LEADS), 7, 24) / 32
    row = LEADS.index(2)
    hazard = [
        np.log(0.02 - np.log1p(-value)) for value in (shares.share[row, TUESDAY, 15], shares.usual[row, TUESDAY, 15])
    ]
    assert steps[row, TUESDAY, 15] == pytest.approx(hazard[0] - hazard[1], abs=1 / 60)
    assert 0.5 < steps[row, TUESDAY, 15] < 2
    assert not steps[:, ~OPEN].any(), "outside of the windows nothing is said"
    assert table.weeks == 26


@pytest.mark.parametrize("blob", [None, b"", b"\x01", b"\x02" * (len(NO_CHURN.pack()))])
def test_no_blob_or_another_form_is_no_knowledge(blob: bytes | None) -> None:
    assert ChurnTable.unpack(blob) is NO_CHURN


def test_open_hours_are_those_a_window_touches() -> None:
    night = Timetable("UTC", (WeeklyHours(frozenset({6}), 22 * 60 + 30, 2 * 60),))
    assert np.argwhere(sorts_of(night) == 0).tolist() == [[0, 0], [0, 1], [6, 22], [6, 23]]
    # Work from 9 to 17; breakfast from 7:30, coffee until 18:30.
    assert np.flatnonzero(SORTS[0] == 0).tolist() == list(range(9, 17))
    assert np.flatnonzero(SORTS[0] == 1).tolist() == [7, 8, 17, 18]
    assert not OPEN[5:].any()


def test_every_lead_has_its_words() -> None:
    assert set(_LATE) == set(LEADS)


@pytest.mark.parametrize(
    ("ahead", "lead"),
    [(HOUR, 0), (20 * HOUR, 0), (1.5 * DAY, 1), (2.5 * DAY, 2), (4 * DAY, 3), (7.5 * DAY, 7), (14 * DAY, 14),
     (28 * DAY, 28), (90 * DAY, 28)],
)  # fmt: skip
def test_a_slot_is_told_by_the_nearest_lead(ahead: float, lead: int) -> None:
    assert LEADS[int(lead_rows(np.array([int(ahead)]))[0])] == lead
