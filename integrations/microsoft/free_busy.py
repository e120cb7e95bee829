"""Accounts that gave free/busy and no more: their taken time as one event without a name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from integrations.microsoft.answers import NAME
from integrations.microsoft.delta import calendar_path
from integrations.microsoft.events import Raw, instant, kind_of, occurrence_of
from integrations.microsoft.graph import Json, Mailbox
from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar
from service.domain.timespan import DAY, MINUTE, Span, rfc3339
from service.ports.calendar import Occurrence, RemoteEvent, SyncResult

CHUNK = 56 * DAY
"""getSchedule takes less than 62 days at a time."""
_STEP = 15 * MINUTE
_PAGE = 250
_MOST_PAGES = 200
_FIELDS = "id,type,start,end,showAs,isAllDay,isCancelled"
_VIEW = {"0": None, "1": BusyKind.TENTATIVE, "2": BusyKind.BUSY, "3": BusyKind.OUT_OF_OFFICE, "4": None}


def by_schedule(mailbox: Mailbox, address: str, state: str | None, window: Span) -> SyncResult:
    """A work or school account. Raises ``BadCalendar`` where Graph does not know: that is not free."""
    taken: set[Occurrence] = set()
    for part in _parts(window):
        taken.update(_taken(schedule(mailbox, address, part), part))
    return _result(taken, state, window)


def by_view(mailbox: Mailbox, calendar: str, zone: str, state: str | None, window: Span) -> SyncResult:
    """A personal account, which getSchedule does not serve: its events' times, and nothing else of them."""
    times = {"startDateTime": rfc3339(window.start), "endDateTime": rfc3339(window.end)}
    query: dict[str, str] | None = {**times, "$select": _FIELDS, "$top": str(_PAGE)}
    path = f"{calendar_path(calendar)}/calendarView"
    taken: set[Occurrence] = set()
    for _ in range(_MOST_PAGES):
        page = mailbox.get(path, query)
        entries, onward = page.get("value"), page.get("@odata.nextLink")
        if not isinstance(entries, list) or not all(isinstance(it, dict) for it in entries):
            raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
        taken.update(it for it in (occurrence_of(entry, zone) for entry in entries) if it)
        if not isinstance(onward, str):
            return _result(taken, state, window)
        path, query = mailbox.link(onward), None
    raise BadCalendar(f"{NAME} lists events without end.")


def schedule(mailbox: Mailbox, address: str, window: Span) -> Json:
    """What getSchedule says of one address in a window of less than 62 days. Raises ``BadCalendar``."""
    body = {
        "schedules": [address],
        "startTime": {"dateTime": _utc(window.start), "timeZone": "UTC"},
        "endTime": {"dateTime": _utc(window.end), "timeZone": "UTC"},
        "availabilityViewInterval": _STEP // MINUTE,
    }
    listed = mailbox.ask("/me/calendar/getSchedule", body).get("value")
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
    found: Json = listed[0]
    if found.get("error"):  # inside a success
        raise BadCalendar(f"{NAME} does not know when this person is free.")
    return found


def _taken(found: Raw, part: Span) -> Iterator[Occurrence]:
    items, view = found.get("scheduleItems"), found.get("availabilityView")
    if not isinstance(items, list) and not isinstance(view, str):
        raise BadCalendar(f"{NAME} does not say when this person is free.")
    spans: list[Span] = []
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict):
            raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
        start, end, kind = instant(item.get("start")), instant(item.get("end")), kind_of(item.get("status"))
        if end > start:
            spans.append(Span(start, end))
            if kind is not None:
                yield Occurrence(start, end, kind)
    # Who lets others see times and no details has a view and no items.
    for number, code in enumerate(view if isinstance(view, str) else ""):
        kind = _VIEW.get(code, BusyKind.BUSY)
        begin = part.start + number * _STEP
        if kind is not None and begin < part.end:
            slot = Span(begin, min(begin + _STEP, part.end))
            if not any(slot.overlaps(it) for it in spans):
                yield Occurrence(slot.start, slot.end, kind)


def _result(taken: set[Occurrence], state: str | None, window: Span) -> SyncResult:
    times = tuple(sorted(taken, key=lambda it: (it.start, it.end, it.kind)))
    print_ = hashlib.sha256(repr((window, [(it.start, it.end, it.kind.value) for it in times])).encode()).hexdigest()
    reached = f"free-busy:{print_}"
    if state == reached:
        return SyncResult((), (), reached, full=False, unchanged=True)
    event = RemoteEvent(remote_id="free-busy", uid=None, etag=None, occurrences=times, recurring=True)
    return SyncResult((event,), (), reached, full=True)


def _parts(window: Span) -> Iterator[Span]:
    for start in range(window.start, window.end, CHUNK):
        yield Span(start, min(start + CHUNK, window.end))


def _utc(at: int) -> str:
    return rfc3339(at).removesuffix("Z")
