"""Churn in the hold model: the right hour on every clock, the right lead, told of the two together, never whose."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stability_maker import BERLIN, NEW_YORK, churn_by_hand, party, slots, some_churn, usual

from service.domain.churn import LEADS, ChurnTable
from service.domain.stability import FEATURES, NO_MEMORY, PRIOR, reasons, score
from service.domain.timespan import DAY, HOUR, MINUTE, epoch

CHURN = [feature.name for feature in FEATURES].index("churn")
ZONES = (BERLIN, NEW_YORK, "Pacific/Auckland", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns")
CHANGES = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5))


def even(steps):
    """The same everywhere."""
    return ChurnTable(np.full(len(LEADS) * 168, steps, np.int8), 10)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(ZONES), st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(-96, 192), st.integers(1, 45 * 24),
    st.sampled_from([30, 60, 90]), st.integers(0, 5),
)  # fmt: skip
def test_the_hour_is_what_each_clock_reads_also_where_it_changes(one, two, day, quarter, ahead, minutes, seed):
    start = epoch(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))) + quarter * 15 * MINUTE
    end, now = start + minutes * MINUTE, start - ahead * HOUR
    people = [replace(party(zone=zone), churn=some_churn(seed + n)) for n, zone in enumerate((one, two))]
    values = score(slots(start, duration=end - start), people, NO_MEMORY, now).inputs.values[CHURN, :, 0]
    for person, value in zip(people, values, strict=True):
        zone = ZoneInfo(person.timetable.zone)
        offsets = {datetime.fromtimestamp(at, zone).utcoffset() for at in (start, end - 1)}
        if len(offsets) == 1:  # nobody meets while the clocks are being changed
            assert value == churn_by_hand(person, start, end, now)


def scored(mentor, mentee, lead=7.5):
    start = epoch(datetime(2026, 6, 10, 10, tzinfo=ZoneInfo("UTC")))
    people = [replace(party(*usual(start)), churn=table) for table in (mentor, mentee)]
    return score(slots(start, start + 14 * DAY), people, NO_MEMORY, start - int(lead * DAY))


def test_hours_that_fill_up_hold_less_and_say_so_without_saying_whose():
    plain = scored(even(0), even(0))
    for mentor, mentee in ((even(48), even(0)), (even(0), even(48)), (even(24), even(24))):
        scores = scored(mentor, mentee)
        assert scores.probability[0] < plain.probability[0]
        (reason,) = [one for one in reasons(scores, 0) if one.code.startswith("churn")]
        assert (reason.code, reason.text) == ("churn", "hours like this one often fill up before they come")
        assert reason.effect == pytest.approx(PRIOR.beta["churn"] * 1.5)
    (reason,) = [one for one in reasons(scored(even(-64), even(0)), 0) if one.code == "churn"]
    assert reason.text == "hours like this one tend to stay free"
    assert reason.effect < 0


def test_without_a_table_there_is_no_such_reason():
    assert all(one.code != "churn" for one in reasons(scored(even(0), even(0)), 0))


def test_each_lead_has_its_own_say():
    table = np.zeros((len(LEADS), 168), np.int8)
    table[LEADS.index(2)] = 64
    late = ChurnTable(table.reshape(-1), 10)
    assert scored(late, even(0), lead=2.5).inputs.values[CHURN, 0].tolist() == [2.0, 0.0]
    assert scored(late, even(0), lead=6).inputs.values[CHURN, 0].tolist() == [0.0, 0.0]


def test_a_week_ends_where_it_begins_again():
    """Late on Sunday into Monday."""
    person = replace(party(zone=BERLIN), churn=some_churn(3))
    start = epoch(datetime(2026, 6, 14, 23, 30, tzinfo=ZoneInfo(BERLIN)))
    values = score(slots(start), [person, person], NO_MEMORY, start - 3 * DAY).inputs.values[CHURN, :, 0]
    assert values.tolist() == [churn_by_hand(person, start, start + HOUR, start - 3 * DAY)] * 2
