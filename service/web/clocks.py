"""Instants as people read them: on somebody's own clock, and back from what they enter there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.domain.timespan import local, rfc3339


def day(at: int, zone: str) -> str:
    """``Tuesday 8 December``."""
    a = local(at, zone)
    return f"{a:%A} {a.day} {a:%B}"


def short_day(at: int, zone: str) -> str:
    """``Tue 8 Dec``."""
    a = local(at, zone)
    return f"{a:%a} {a.day} {a:%b}"


def plain_day(iso: str) -> str:
    """``Tuesday 8 December 2026``, from a day as it is kept: ``2026-12-08``."""
    a = date.fromisoformat(iso)
    return f"{a:%A} {a.day} {a:%B %Y}"


def clock(at: int, zone: str) -> str:
    """``07:30``."""
    return f"{local(at, zone):%H:%M}"


def place(zone: str) -> str:
    """What people call a zone: ``New York``."""
    return zone.rpartition("/")[2].replace("_", " ")


def span(start: int, end: int, zone: str) -> str:
    """``07:30–08:15``, with the day where it ends on another one."""
    last = clock(end, zone)
    return f"{clock(start, zone)}–{last}" if same_day(start, end - 1, zone) else (
        f"{clock(start, zone)}–{short_day(end, zone)}, {last}"
    )  # fmt: skip


def same_day(a: int, b: int, zone: str) -> bool:
    """Whether two instants fall on one date of a clock."""
    return local(a, zone).date() == local(b, zone).date()


def same_clock(at: int, zone: str, other: str) -> bool:
    """Whether two zones read the same time just then."""
    return local(at, zone).replace(tzinfo=None) == local(at, other).replace(tzinfo=None)


def there(start: int, end: int, zone: str, reader: str) -> str:
    """A span on the other one's clock, with the day only where it is not the reader's: ``Wed 9 Dec, 00:30–01:15``."""
    same = local(start, zone).date() == local(start, reader).date()
    return span(start, end, zone) if same else f"{short_day(start, zone)}, {span(start, end, zone)}"


def ahead(at: int, now: int, zone: str) -> str:
    """``today``, ``tomorrow``, ``in 9 days``, ``3 days ago``."""
    days = (local(at, zone).date() - local(now, zone).date()).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def field_time(at: int, zone: str) -> str:
    """The value of a date-and-time field."""
    return f"{local(at, zone):%Y-%m-%dT%H:%M}"


def machine_time(at: int) -> str:
    """For ``<time datetime>``."""
    return rfc3339(at)


def read_field_time(value: str, zone: str) -> int | None:
    """The instant of a date-and-time field on a clock; ``None`` where that clock never shows it (or it is no time).

    Of a time that comes twice, as the clocks go back, the first is meant."""
    try:
        wall = datetime.fromisoformat(value)
    except ValueError:
        return None
    if wall.tzinfo is not None:
        return None
    aware = wall.replace(tzinfo=ZoneInfo(zone))
    try:
        at = int(aware.timestamp())
        shown = local(at, zone).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return None
    return at if shown == wall.replace(second=shown.second, microsecond=0) else None


def week_start(at: int, zone: str) -> int:
    """Monday 00:00 of the week of an instant on a clock."""
    today = local(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((today - timedelta(days=today.weekday())).timestamp())
