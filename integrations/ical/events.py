"""One VEVENT as facts about time: when, how long, how it repeats, whether it takes its owner's time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from integrations.ical.lines import Component, Line
from integrations.ical.rules import Rule, parse_rule
from integrations.ical.values import Length, Moment, Times, duration, whole_days
from service.domain.busy import BusyKind

# Messages about an event rather than the event itself: they need not say when it is.
WITHOUT_TIMES = frozenset({"REPLY", "REFRESH", "CANCEL", "DECLINECOUNTER"})
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What is the same for a whole calendar: how its times are read, whose it is (lower case), its METHOD
    (upper case)."""

    times: Times
    owner_email: str | None
    method: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """``kind`` is ``None`` for an event that blocks nothing. Length: ``days`` on the clock for an all-day
    event, else ``seconds`` exactly. ``rdates`` carry an own length in seconds where they are periods.
    ``replaces``: RECURRENCE-ID."""

    sequence: int
    stamp: str
    cancelled: bool
    kind: BusyKind | None
    start: Moment | None
    seconds: int
    days: int | None
    rules: tuple[Rule, ...]
    exrules: tuple[Rule, ...]
    rdates: tuple[tuple[Moment, int | None], ...]
    exdates: tuple[Moment, ...]
    replaces: Moment | None
    and_future: bool
    responses: tuple[tuple[str, str], ...]

    @property
    def recurring(self) -> bool:
        """Whether it can take place more than once."""
        return bool(self.rules or self.rdates)


def read_event(component: Component, reading: Reading) -> Event:
    """Raises ``ValueError`` with words that fit behind "the event … ", ``BadCalendar`` for a zone that cannot
    be known."""
    cancelled = (component.value("STATUS") or "").upper() == "CANCELLED" or reading.method == "CANCEL"
    start_line = component.one("DTSTART")
    start = None if start_line is None else reading.times.moment(start_line)
    if start is None and not cancelled and reading.method not in WITHOUT_TIMES:
        raise ValueError("has no DTSTART")
    seconds, days = _length(component, reading.times, start)
    # A time that names no zone, in an event that has one, is meant on the event's own clock.
    clock = start.zone if start is not None else None
    replaced = component.one("RECURRENCE-ID")
    responses = _responses(component)
    return Event(
        sequence=_sequence(component),
        stamp=max((line.value.strip() for line in component.all("DTSTAMP")), default=""),
        cancelled=cancelled,
        kind=None if cancelled else _kind(component, responses, reading.owner_email),
        start=start,
        seconds=seconds,
        days=days,
        rules=tuple(parse_rule(line.value) for line in component.all("RRULE")),
        exrules=tuple(parse_rule(line.value) for line in component.all("EXRULE")),
        rdates=tuple(item for line in component.all("RDATE") for item in reading.times.moments(line, clock)),
        exdates=tuple(at for line in component.all("EXDATE") for at, _ in reading.times.moments(line, clock)),
        replaces=None if replaced is None else reading.times.moment(replaced, clock),
        and_future=replaced is not None and replaced.params.get("RANGE", "").upper() == "THISANDFUTURE",
        responses=responses,
    )


def _length(component: Component, times: Times, start: Moment | None) -> tuple[int, int | None]:
    """``(seconds, days)``. Raises ``ValueError`` for an event that ends before it starts."""
    end_line, length_text = component.one("DTEND"), component.value("DURATION")
    if start is None:
        return 0, None
    if end_line is not None:
        end = times.moment(end_line, start.zone)
        if start.is_date and end.is_date:
            if end.local < start.local:
                raise ValueError("ends before it starts")
            # Several programs write a one-day event with DTEND on the same day; nobody means "no time at
            # all".
            return 0, whole_days(end.local - start.local)
        if end.utc < start.utc:
            raise ValueError("ends before it starts")
        return end.utc - start.utc, None
    length = duration(length_text) if length_text is not None else Length(0, 0)
    if start.is_date:
        return 0, whole_days(timedelta(days=length.days, seconds=length.seconds))
    return start.plus(length) - start.utc, None


def _kind(component: Component, responses: tuple[tuple[str, str], ...], owner: str | None) -> BusyKind | None:
    shown = component.value("X-MICROSOFT-CDO-BUSYSTATUS") or component.value("X-MICROSOFT-CDO-INTENDEDSTATUS")
    shown = (shown or "").upper()
    if (component.value("TRANSP") or "").upper() == "TRANSPARENT" or shown == "FREE":
        return None
    answer = dict(responses).get(owner) if owner else None
    if answer == "declined":
        return None
    if shown == "OOF":
        return BusyKind.OUT_OF_OFFICE
    # Who called the meeting has it, whatever the line that invites them too says.
    called = owner in {address(line) for line in component.all("ORGANIZER")}
    asked = answer in {"needs_action", "tentative"} and not called
    if asked or shown == "TENTATIVE" or (component.value("STATUS") or "").upper() == "TENTATIVE":
        return BusyKind.TENTATIVE
    return BusyKind.BUSY


def _responses(component: Component) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for line in component.all("ATTENDEE"):
        email = address(line)
        if email:
            found[email] = _ANSWERS.get(line.params.get("PARTSTAT", "").upper(), "needs_action")
    return tuple(found.items())


def address(line: Line) -> str:
    """The e-mail address of an ATTENDEE or ORGANIZER, in lower case; empty where it has none."""
    value = line.value.strip()
    if value.lower().startswith("mailto:"):
        return value[len("mailto:") :].strip().lower()
    email = line.params.get("EMAIL", "")  # servers that write their own principal address keep the mail address here
    return (email or (value if "@" in value and ":" not in value else "")).strip().lower()


def _sequence(component: Component) -> int:
    text = component.value("SEQUENCE") or "0"
    try:
        return max(0, int(text))
    except ValueError as error:
        raise ValueError(f"has a SEQUENCE that is no number ({text[:40]!r})") from error
