"""What calendars call their zones, and what local times mean around a change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ical.zone_names import iana_name
from integrations.ical.zones import IanaZone, RuleZone, iana_zone


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("europe/amsterdam", "Europe/Amsterdam"),
        ('"Europe/Amsterdam"', "Europe/Amsterdam"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Tzfile/America/New_York", "America/New_York"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/citadel.org/20250101_1/Asia/Tokyo", "Asia/Tokyo"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("UTC", "UTC"),
        ("Z", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC+01:00) Amsterdam\\, Berlin\\, Bern\\, Rome\\, Stockholm\\, Vienna", "Europe/Amsterdam"),
        ("(GMT+01.00) Sarajevo/Warsaw/Zagreb", "Europe/Sarajevo"),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Calcutta"),
        ("(UTC+10:00) Canberra, Melbourne, Sydney", "Australia/Sydney"),
        ("(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius", "Europe/Helsinki"),
        ("UTC+02:00", "Etc/GMT-2"),
        ("GMT-0500", "Etc/GMT+5"),
        ("UTC+00:00", "UTC"),
        # Not known, and so not guessed:
        ("(UTC+09:00) Amsterdam", None),
        ("(UTC+01:00) Atlantis", None),
        ("UTC+05:30", None),
        ("tzone://Microsoft/Custom", None),
        ("Customized Time Zone", None),
        ("PST", None),
        ("localtime", None),
        ("../../etc/passwd", None),
        ("", None),
        ("/" * 10_000, None),
    ],
)
def test_names(name: str, zone: str | None) -> None:
    assert iana_name(name) == zone


def test_a_local_time_that_does_not_exist_has_the_offset_before_the_gap() -> None:
    zone = iana_zone("Europe/Amsterdam")
    assert zone.to_utc(datetime(2026, 3, 29, 2, 30)) == int(datetime(2026, 3, 29, 1, 30, tzinfo=UTC).timestamp())


def test_a_local_time_that_comes_twice_is_the_first() -> None:
    zone = iana_zone("Europe/Amsterdam")
    assert zone.to_utc(datetime(2026, 10, 25, 2, 30)) == int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp())


# Amsterdam 2025-2027 as a calendar's own rules would give it.
CHANGES = [
    (int(datetime(*day, 1, tzinfo=UTC).timestamp()), *offsets)
    for day, offsets in [
        ((2025, 3, 30), (3600, 7200)),
        ((2025, 10, 26), (7200, 3600)),
        ((2026, 3, 29), (3600, 7200)),
        ((2026, 10, 25), (7200, 3600)),
        ((2027, 3, 28), (3600, 7200)),
    ]
]


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 10, 1)))
def test_own_rules_and_the_zone_database_tell_the_same_time(local: datetime) -> None:
    own, known = RuleZone(CHANGES), IanaZone("Europe/Amsterdam")
    local = local.replace(microsecond=0)
    utc = known.to_utc(local)
    assert own.to_utc(local) == utc
    assert own.to_local(utc) == known.to_local(utc)


@pytest.mark.parametrize("minutes", range(-150, 151, 15))
@pytest.mark.parametrize("day", [datetime(2026, 3, 29, 2), datetime(2026, 10, 25, 2)])
def test_own_rules_in_the_hours_around_a_change(day: datetime, minutes: int) -> None:
    local = day + timedelta(minutes=minutes)
    expected = int(local.replace(tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp())
    assert RuleZone(CHANGES).to_utc(local) == expected
