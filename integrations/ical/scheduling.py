"""Answers to invitations as iCalendar (iTIP REPLY and COUNTER, RFC 5546): whose, to which version, and another time."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.ical.budget import Budget
from integrations.ical.events import Event, Reading, read_event
from integrations.ical.lines import Component, read_components
from integrations.ical.reading import method_of
from integrations.ical.values import Times
from integrations.ical.vtimezones import zone_book
from integrations.ical.zones import IanaZone
from service.domain.errors import BadCalendar
from service.domain.timespan import DAY, Span

METHODS = frozenset({"REPLY", "COUNTER"})
MAX_ANSWER = 256_000
LATEST = 7_258_118_400  # 2200
_LONGEST = DAY


@dataclass(frozen=True, slots=True)
class Answer:
    """``answers``: by address (lower case), what each says: accepted, declined or tentative. ``stamp`` in epoch seconds."""

    uid: str
    sequence: int
    stamp: int
    answers: dict[str, str]
    proposed: Span | None


def read_answer(data: bytes) -> Answer | None:
    """The answer in an iCalendar object; ``None`` where it is no answer, or one to a part of a series.

    Raises ``BadCalendar`` where it is one and cannot be read."""
    if len(data) > MAX_ANSWER:
        raise BadCalendar("This answer is larger than any answer is.")
    method = method_of(data)
    if method not in METHODS:
        return None
    children = [child for root in read_components(data) for child in root.children]
    events = [child for child in children if child.name == "VEVENT"]
    try:
        if len(events) != 1 or events[0].one("RECURRENCE-ID") is not None or events[0].all("RRULE"):
            return None
        return _read(events[0], [child for child in children if child.name == "VTIMEZONE"], method)
    except (ValueError, OverflowError) as error:
        raise BadCalendar("This answer cannot be read.") from error


def _read(component: Component, zones: list[Component], method: str) -> Answer | None:
    budget = Budget()
    floating = IanaZone("UTC")  # of its own: what floats is known by it, and is no time at all
    times = Times(floating, zone_book(zones, LATEST, budget).find, budget)
    event = read_event(component, Reading(times, None, method))
    uid, stamp = component.value("UID"), component.one("DTSTAMP")
    if not uid or stamp is None:
        return None
    return Answer(
        uid=uid,
        sequence=event.sequence,
        stamp=times.moment(stamp).utc,
        answers={email: said for email, said in event.responses if said != "needs_action"},
        proposed=_proposed(event, floating) if method == "COUNTER" else None,
    )


def _proposed(event: Event, floating: IanaZone) -> Span | None:
    start = event.start
    if start is None or start.is_date or start.zone is floating or not 0 < event.seconds <= _LONGEST:
        return None
    return Span(start.utc, start.utc + event.seconds)
