"""Zones and working hours, as accounts tell them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from microsoft_site import ALICE, NOW, Site

from integrations.microsoft.working_time import defaults, hours_of
from integrations.microsoft.zones import zone_of


def custom(bias: int, summer: tuple[int, int, int, str] | None = None, winter: tuple[int, int, str] | None = None):
    """``summer`` is (daylightBias, month, which, time), ``winter`` without the bias; the day is Sunday."""
    raw: dict[str, object] = {
        "@odata.type": "#microsoft.graph.customTimeZone",
        "bias": bias,
        "name": "Customized Time Zone",
    }
    if summer and winter:
        raw["daylightOffset"] = {
            "daylightBias": summer[0],
            "month": summer[1],
            "dayOccurrence": summer[2],
            "time": summer[3],
            "dayOfWeek": "sunday",
            "year": 0,
        }
        raw["standardOffset"] = {
            "month": winter[0],
            "dayOccurrence": winter[1],
            "time": winter[2],
            "dayOfWeek": "sunday",
            "year": 0,
        }
    return raw


US = ((-60, 3, 2, "02:00:00.0000000"), (11, 1, "02:00:00.0000000"))
EU = ((-60, 3, 5, "02:00:00"), (10, 5, "03:00:00"))
SOUTH = ((-60, 10, 1, "02:00:00"), (4, 1, "03:00:00"))


@pytest.mark.parametrize(
    ("raw", "zone"),
    [
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Europe/Vienna", "Europe/Vienna"),
        ("UTC", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("tzone://Microsoft/Custom", None),
        ("Customized Time Zone", None),
        ("Nowhere Standard Time", None),
        ({"name": "Pacific Standard Time"}, "America/Los_Angeles"),
        ({"name": "Nowhere"}, None),
        ({}, None),
        (None, None),
        (7, None),
        (custom(480, *US), "America/Los_Angeles"),  # as the reference page shows it
        (custom(300, *US), "America/New_York"),
        (custom(-60, *EU), "Europe/Berlin"),
        (custom(0, *EU), "Europe/London"),  # an hour in a night is no other clock
        (custom(0, (-60, 3, 5, "01:00"), (10, 5, "02:00")), "Europe/London"),
        (custom(-600, *SOUTH), "Australia/Sydney"),
        (custom(60, (60, 3, 5, "02:00:00"), (10, 5, "03:00:00")), "Europe/Berlin"),  # counted as documented
        (custom(-330), "Asia/Kolkata"),
        (custom(-200), None),  # nobody's clock
        (custom(-60, (-60, 13, 5, "02:00"), (10, 5, "03:00")), None),
        (custom(-60, (-60, 3, 5, "late"), (10, 5, "03:00")), None),
        ({"name": "Customized Time Zone", "bias": "480"}, None),
        ({"name": "Customized Time Zone", "bias": 100000}, None),
    ],
)
def test_a_zone_is_known_or_not_taken_over(raw: object, zone: str | None) -> None:
    assert zone_of(raw, year=2027) == zone


def test_every_rule_found_shows_the_same_clock_all_year() -> None:
    for raw in (custom(480, *US), custom(-60, *EU), custom(-600, *SOUTH)):
        name = zone_of(raw, year=2027)
        assert name is not None
        offsets = {
            (datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=day)).astimezone(ZoneInfo(name)).utcoffset()
            for day in range(365)
        }
        assert offsets == {timedelta(minutes=-raw["bias"]), timedelta(minutes=60 - raw["bias"])}


WEEK = ["monday", "Tuesday", "friday"]


@pytest.mark.parametrize(
    ("raw", "hours"),
    [
        (
            {"daysOfWeek": WEEK, "startTime": "08:00:00.0000000", "endTime": "17:30:00.0000000"},
            [{"weekdays": ["mon", "tue", "fri"], "start": "08:00", "end": "17:30"}],
        ),
        ({"daysOfWeek": ["friday", "monday", "someday"], "startTime": "8:00", "endTime": "12:00"},
         [{"weekdays": ["mon", "fri"], "start": "08:00", "end": "12:00"}]),
        ({"daysOfWeek": [], "startTime": "08:00", "endTime": "17:00"}, None),
        ({"daysOfWeek": None, "startTime": "08:00", "endTime": "17:00"}, None),
        ({"daysOfWeek": WEEK, "startTime": "17:00", "endTime": "08:00"}, None),
        ({"daysOfWeek": WEEK, "startTime": "08:00", "endTime": "25:00"}, None),
        ({"daysOfWeek": WEEK, "startTime": None, "endTime": "17:00"}, None),
        ({"daysOfWeek": WEEK}, None),
    ],
)  # fmt: skip
def test_working_hours_in_our_words(raw: dict[str, object], hours: object) -> None:
    assert hours_of(raw) == hours


def test_an_account_tells_its_own(site: Site) -> None:
    site.alice.box.working_hours = {
        "daysOfWeek": ["monday"],
        "startTime": "10:00:00.0000000",
        "endTime": "16:00:00.0000000",
        "timeZone": custom(480, *US),
    }
    mailbox = site.graph.mailbox(site.account("Calendars.ReadBasic"), budget=5)
    assert mailbox.now() == NOW
    assert defaults(mailbox, ALICE) == (
        "America/Los_Angeles",
        [{"weekdays": ["mon"], "start": "10:00", "end": "16:00"}],
    )
    site.alice.box.working_hours = None
    assert defaults(mailbox, ALICE) == (None, None)
    assert defaults(mailbox, "nobody@nowhere.example") == (None, None)
