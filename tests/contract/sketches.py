"""Events as somebody else writes them: a sketch, and its iCalendar text for servers that speak it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.domain.timespan import Span, epoch

SECRET = "Quarterly-xyzzy-review"  # in every title: it must never come out of an adapter
ZONE = "Europe/Berlin"
"""The zone of the sketches' wall-clock times, and of the calendar's owner. It changes to summer time on 2027-03-28."""
WINDOW = Span(epoch(datetime(2027, 3, 1, tzinfo=ZoneInfo(ZONE))), epoch(datetime(2027, 6, 1, tzinfo=ZoneInfo(ZONE))))


@dataclass(frozen=True)
class Sketch:
    """An event: wall-clock times in ``ZONE``; a ``date`` start makes it all-day. ``skipped`` are starts taken out of the
    recurrence, ``moved`` maps an original start to the one that replaces it."""

    uid: str
    start: datetime | date
    minutes: int = 60
    title: str = SECRET
    transparent: bool = False
    status: str = "CONFIRMED"
    rule: str | None = None
    skipped: tuple[datetime, ...] = ()
    moved: tuple[tuple[datetime, datetime], ...] = ()
    sequence: int = 0

    @property
    def span(self) -> Span:
        """The time it takes (the first time, if it recurs)."""
        if isinstance(self.start, datetime):
            begin = at(self.start)
            return Span(begin, begin + self.minutes * 60)
        return Span(at(midnight(self.start)), at(midnight(self.start + timedelta(days=1))))


def at(wall: datetime) -> int:
    """Epoch seconds of a wall-clock time in ``ZONE``."""
    return epoch(wall.replace(tzinfo=ZoneInfo(ZONE)))


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def to_ics(*sketches: Sketch) -> str:
    """A whole iCalendar document with the zone's own rules, as calendar programs write them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Somebody Else//Calendar//EN", *_TIMEZONE]
    for sketch in sketches:
        lines += _event(sketch)
        for original, instead in sketch.moved:
            lines += _event(sketch, original=original, instead=instead)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _event(sketch: Sketch, original: datetime | None = None, instead: datetime | None = None) -> list[str]:
    start = instead or sketch.start
    if isinstance(start, datetime):
        end = start + timedelta(minutes=sketch.minutes)
        times = [f"DTSTART;TZID={ZONE}:{_wall(start)}", f"DTEND;TZID={ZONE}:{_wall(end)}"]
    else:
        times = [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + timedelta(days=1):%Y%m%d}"]
    lines = ["BEGIN:VEVENT", f"UID:{sketch.uid}", "DTSTAMP:20270101T000000Z", *times]
    if original is not None:
        lines.append(f"RECURRENCE-ID;TZID={ZONE}:{_wall(original)}")
    else:
        lines += [f"RRULE:{sketch.rule}"] if sketch.rule else []
        lines += [f"EXDATE;TZID={ZONE}:{_wall(one)}" for one in sketch.skipped]
    lines += [f"SUMMARY:{sketch.title}", f"STATUS:{sketch.status}", f"SEQUENCE:{sketch.sequence}"]
    lines += ["TRANSP:TRANSPARENT"] if sketch.transparent else []
    return [*lines, "END:VEVENT"]


def _wall(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


_TIMEZONE = f"""BEGIN:VTIMEZONE
TZID:{ZONE}
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
END:VTIMEZONE""".split("\n")
