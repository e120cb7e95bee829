"""Busy times without events: for those who grant no more, and for calendars of others that are only shown as busy.

An error beside a calendar, inside an answer that is a 200 as a whole, makes that calendar *unknown*; so does a calendar that
the answer does not speak of. Google asks for at most 50 calendars a query, and refuses long windows without saying how long
is too long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.google.answers import NotUnderstood, calendar_trouble, nonsense
from integrations.google.api import Session
from integrations.google.items import NO_TIME, point
from service.domain.busy import BusyKind
from service.domain.errors import ProviderTrouble
from service.domain.timespan import DAY, Span, rfc3339
from service.ports.calendar import Occurrence, RemoteEvent, SyncResult

MOST_CALENDARS = 50
LONGEST = 60 * DAY
_SHORTEST = DAY
REMOTE_ID = "free-busy"
"""The one event that stands for all busy times of a calendar: its times have no names of their own to tell them apart."""

Answer = list[Span] | ProviderTrouble


def changes(session: Session, calendar: str, state: str | None, window: Span) -> SyncResult:
    """All busy times inside the window, every time; ``unchanged`` where they are what ``state`` stands for."""
    found = busy(session, [calendar], window)[calendar]
    if isinstance(found, ProviderTrouble):
        raise found
    now = _state(found, window)
    if now == state:
        return SyncResult(events=(), removed=(), state=now, full=False, unchanged=True)
    occurrences = tuple(Occurrence(one.start, one.end, BusyKind.BUSY) for one in found)
    event = RemoteEvent(remote_id=REMOTE_ID, uid=None, etag=None, occurrences=occurrences, known_until=window.end)
    return SyncResult(events=(event,), removed=(), state=now, full=True)


def busy(session: Session, calendars: Sequence[str], window: Span) -> dict[str, Answer]:
    """For each calendar its busy times inside the window, or why they are not known. Raises when nothing could be asked."""
    found: dict[str, Answer] = {}
    for first in range(0, len(calendars), MOST_CALENDARS):
        some = calendars[first : first + MOST_CALENDARS]
        found.update({one: [] for one in some})
        for chunk in _chunks(window, LONGEST):
            for one, answer in _asked(session, some, chunk).items():
                held = found[one]
                if isinstance(held, list):
                    found[one] = answer if isinstance(answer, ProviderTrouble) else [*held, *answer]
    return {one: _joined(answer) if isinstance(answer, list) else answer for one, answer in found.items()}


def _asked(session: Session, calendars: Sequence[str], chunk: Span) -> dict[str, Answer]:
    body = {
        "timeMin": rfc3339(chunk.start),
        "timeMax": rfc3339(chunk.end),
        "items": [{"id": one} for one in calendars],
    }
    try:
        answer = session.ask(lambda api: api.freebusy().query(body=body))
    except NotUnderstood as trouble:
        if trouble.reason != "timeRangeTooLong" or chunk.seconds <= _SHORTEST:
            raise
        found: dict[str, Answer] = {one: [] for one in calendars}
        for half in _chunks(chunk, -(-chunk.seconds // 2)):
            for one, part in _asked(session, calendars, half).items():
                held = found[one]
                if isinstance(held, list):
                    found[one] = part if isinstance(part, ProviderTrouble) else [*held, *part]
        return found
    by_calendar = answer.get("calendars")
    if not isinstance(by_calendar, Mapping):
        raise nonsense()
    if len(calendars) == len(by_calendar) == 1:  # "primary" may come back under the calendar's own name
        by_calendar = {calendars[0]: next(iter(by_calendar.values()))}
    return {one: _read(by_calendar.get(one), chunk) for one in calendars}


def _read(entry: Any, chunk: Span) -> Answer:
    if not isinstance(entry, Mapping):
        return calendar_trouble("not in the answer")
    errors = entry.get("errors")
    if errors:
        first = errors[0] if isinstance(errors, list) else None
        return calendar_trouble(str(first.get("reason", "")) if isinstance(first, Mapping) else "")
    times = entry.get("busy")
    if not isinstance(times, list):
        return nonsense()
    try:
        ends = [
            (point({"dateTime": one["start"]}, "UTC").at, point({"dateTime": one["end"]}, "UTC").at) for one in times
        ]
        return [
            Span(max(start, chunk.start), min(end, chunk.end)) for start, end in ends if _touches(start, end, chunk)
        ]
    except (*NO_TIME, TypeError):
        return nonsense()


def _touches(start: int, end: int, chunk: Span) -> bool:
    if end < start:
        raise ValueError("ends before it starts")
    return start < chunk.end and end > chunk.start and end > start


def _joined(spans: Sequence[Span]) -> list[Span]:
    """What one query cut at its edge and the next went on with is one again."""
    out: list[Span] = []
    for one in sorted(spans):
        if out and one.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, one.end))
        else:
            out.append(one)
    return out


def _chunks(window: Span, seconds: int) -> Iterator[Span]:
    for start in range(window.start, window.end, seconds):
        yield Span(start, min(start + seconds, window.end))


def _state(spans: Sequence[Span], window: Span) -> str:
    """The window is part of it: where it has moved on, more is known than before."""
    content = json.dumps([window.end, *([one.start, one.end] for one in spans)])
    return f"free-busy:{hashlib.sha256(content.encode()).hexdigest()}"
