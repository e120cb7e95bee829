"""When a mail that asks may go: never too early, never too late, and no later than it has to be."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.holidays import holidays_of
from service.domain.mail_rules import MailRules, when
from service.domain.timespan import DAY, HOUR, MINUTE, WEEK, epoch, local

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Australia/Lord_Howe", "UTC")


def at(text: str, zone: str = "Europe/Berlin") -> int:
    return epoch(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def allowed(t: int, rules: MailRules, zone: str, sent: list[int]) -> bool:
    """The rules again, said of one instant, without a search."""
    clock = local(t, zone)
    minute = clock.hour * 60 + clock.minute
    a, b = rules.quiet_from, rules.quiet_until
    quiet = a <= minute < b if a < b else (minute >= a or minute < b) if a > b else False
    off = bool(rules.workdays) and clock.weekday() not in rules.workdays
    if rules.holidays:
        off = off or clock.toordinal() - datetime(1970, 1, 1).toordinal() in holidays_of(rules.holidays, clock.year)
    same_day = any(local(s, zone).date() == clock.date() for s in sent)
    full = sum(t - WEEK < s <= t for s in sent) >= rules.per_week
    return not (quiet or off or same_day or full)


@st.composite
def rulings(draw: st.DrawFn) -> tuple[int, MailRules, str, list[int]]:
    zone = draw(st.sampled_from(ZONES))
    start = draw(st.integers(at("2026-01-01", zone), at("2027-03-01", zone))) // MINUTE * MINUTE
    minutes = st.integers(0, 95).map(lambda quarter: quarter * 15)
    rules = MailRules(
        per_week=draw(st.integers(1, 7)),
        quiet_from=draw(minutes),
        quiet_until=draw(minutes),
        workdays=draw(st.frozensets(st.integers(0, 6))),
        holidays=draw(st.sampled_from([None, "DE", "US-NY"])),
    )
    sent = draw(st.lists(st.integers(-9 * DAY, 0).map(lambda back: start + back), max_size=8))
    return start, rules, zone, sent


@settings(max_examples=150)
@given(rulings())
def test_it_may_go_then_and_at_no_earlier_minute(ruling: tuple[int, MailRules, str, list[int]]) -> None:
    now, rules, zone, sent = ruling
    found = when(now, rules, zone, sent)
    assert found >= now
    assert allowed(found, rules, zone, sent)
    # Everything earlier is forbidden: quarter hours, and what lies around the answer.
    looked_at = [*range(now, found, 15 * MINUTE), *(found - step for step in (1, MINUTE) if found - step >= now)]
    assert not any(allowed(t, rules, zone, sent) for t in looked_at)


@settings(max_examples=40)
@given(rulings(), st.lists(st.integers(0, 3 * HOUR), min_size=20, max_size=40))
def test_however_many_there_are_no_week_has_more_than_allowed(
    ruling: tuple[int, MailRules, str, list[int]], gaps: list[int]
) -> None:
    now, rules, zone, _ = ruling
    sent: list[int] = []
    for gap in gaps:
        now = when(now + gap, rules, zone, sent)
        sent.append(now)
    assert len({local(t, zone).date() for t in sent}) == len(sent)
    assert all(sum(t - WEEK < s <= t for s in sent) <= rules.per_week for t in sent)


@pytest.mark.parametrize(
    ("now", "rules", "sent", "then"),
    [
        ("2026-06-02T10:00", MailRules(), [], "2026-06-02T10:00"),
        ("2026-06-02T20:00", MailRules(), [], "2026-06-03T08:00"),  # quiet from eight in the evening
        ("2026-06-05T19:59:59", MailRules(), [], "2026-06-05T19:59:59"),
        ("2026-06-05T21:00", MailRules(), [], "2026-06-08T08:00"),  # then it is the weekend
        ("2026-12-24T21:00", MailRules(holidays="DE"), [], "2026-12-28T08:00"),
        ("2026-06-02T10:00", MailRules(), ["2026-06-02T08:00"], "2026-06-03T08:00"),  # one a day
        ("2026-06-04T10:00", MailRules(), ["2026-06-01T09:00", "2026-06-02T09:00", "2026-06-03T09:00"], "2026-06-08T09:00"),
        ("2026-06-06T10:00", MailRules(workdays=frozenset()), [], "2026-06-06T10:00"),
        ("2026-06-02T23:00", MailRules(quiet_from=0, quiet_until=0), [], "2026-06-02T23:00"),
    ],
)  # fmt: skip
def test_by_example(now: str, rules: MailRules, sent: list[str], then: str) -> None:
    assert when(at(now), rules, "Europe/Berlin", [at(s) for s in sent]) == at(then)


def test_quiet_hours_end_by_the_clock_on_the_wall() -> None:
    rules = MailRules(workdays=frozenset())
    forward = when(at("2026-03-28T21:00"), rules, "Europe/Berlin", [])
    back = when(at("2026-10-24T21:00"), rules, "Europe/Berlin", [])
    assert (forward, back) == (at("2026-03-29T08:00"), at("2026-10-25T08:00"))
    assert forward - at("2026-03-28T21:00") == 10 * HOUR
    assert back - at("2026-10-24T21:00") == 12 * HOUR
