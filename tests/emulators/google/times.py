"""When an event is, worked out by the emulator's own means (dateutil), so that it can prove the adapter wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr

Event = dict[str, Any]


def at(value: dict[str, Any], zone: str) -> int:
    """Epoch seconds of ``{date}`` or ``{dateTime, timeZone}``; a date begins on the clock of ``zone``."""
    if value.get("date"):
        day = date.fromisoformat(value["date"])
        return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())
    moment = datetime.fromisoformat(value["dateTime"].upper())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(value.get("timeZone") or zone))
    return int(moment.timestamp())


def span(event: Event, zone: str) -> tuple[int, int]:
    """Start and end."""
    return at(event["start"], zone), at(event["end"], zone)


def when(moment: int, zone: str) -> dict[str, str]:
    """An instant as Google writes it."""
    return {"dateTime": datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat(), "timeZone": zone}


def instance_id(master: str, original: dict[str, Any], zone: str) -> str:
    """Google's name for one instance of a series."""
    if original.get("date"):
        return f"{master}_{original['date'].replace('-', '')}"
    return f"{master}_{datetime.fromtimestamp(at(original, zone), UTC):%Y%m%dT%H%M%SZ}"


def originals(master: Event, zone: str, until: int) -> Iterator[dict[str, Any]]:
    """The original start of every instance that begins before ``until``."""
    whole_day = bool(master["start"].get("date"))
    clock = ZoneInfo(zone if whole_day else master["start"].get("timeZone") or zone)
    first = datetime.fromtimestamp(at(master["start"], zone), clock).replace(tzinfo=None)
    rules = rruleset()
    rules.rdate(first)
    for line in master["recurrence"]:
        name, _, value = line.partition(":")
        if name == "RRULE":
            rules.rrule(rrulestr(f"RRULE:{_local_until(value, clock)}", dtstart=first))
        elif name.startswith(("EXDATE", "RDATE")):
            zoned = ZoneInfo(name.partition("TZID=")[2]) if "TZID=" in name else clock
            for one in value.split(","):
                (rules.exdate if name.startswith("EXDATE") else rules.rdate)(_local(one, zoned, clock))
    for wall in rules:
        moment = int(wall.replace(tzinfo=clock).timestamp())
        if moment >= until:
            return
        yield {"date": f"{wall:%Y-%m-%d}"} if whole_day else when(moment, clock.key)


def moved(master: Event, original: dict[str, Any], zone: str) -> Event:
    """The instance of a series at one of its original starts, as the rule makes it."""
    start, end = span(master, zone)
    if original.get("date"):
        days = date.fromisoformat(master["end"]["date"]) - date.fromisoformat(master["start"]["date"])
        last = {"date": (date.fromisoformat(original["date"]) + days).isoformat()}
    else:
        last = when(at(original, zone) + end - start, original["timeZone"])
    kept = {k: v for k, v in master.items() if k != "recurrence"}
    return kept | {
        "id": instance_id(master["id"], original, zone),
        "start": original,
        "end": last,
        "recurringEventId": master["id"],
        "originalStartTime": original,
    }


def _local(text: str, zone: ZoneInfo, clock: ZoneInfo) -> datetime:
    if len(text) == 8:
        return datetime.strptime(text, "%Y%m%d")
    wall = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")
    aware = wall.replace(tzinfo=UTC if text.endswith("Z") else zone)
    return aware.astimezone(clock).replace(tzinfo=None)


def _local_until(rule: str, clock: ZoneInfo) -> str:
    """dateutil compares UNTIL with wall-clock times."""
    parts = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name == "UNTIL" and value.endswith("Z"):
            value = f"{_local(value, clock, clock):%Y%m%dT%H%M%S}"
        elif name == "UNTIL" and len(value) == 8:
            value = f"{datetime.strptime(value, '%Y%m%d') + timedelta(days=1, seconds=-1):%Y%m%dT%H%M%S}"
        parts.append(f"{name}={value}")
    return ";".join(parts)
