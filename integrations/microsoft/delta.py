"""Reading ``calendarView/delta`` page by page, and what is remembered between two readings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from integrations.microsoft.answers import NAME
from integrations.microsoft.graph import Json, Mailbox
from service.domain.errors import BadCalendar
from service.domain.timespan import Span, rfc3339

_PAGE = 100
_MOST_PAGES = 2000


@dataclass(frozen=True, slots=True)
class State:
    """Where a reading ended: Graph's link, the window it speaks of, the calendar, and which occurrences belong to which
    series (a deleted occurrence is listed by its id alone). Ids of occurrences are kept as short hashes."""

    link: str
    window: Span
    calendar: str
    series: dict[str, frozenset[str]] = field(default_factory=dict)

    def encode(self) -> str:
        """As text, the same for the same state."""
        series = {master: "".join(sorted(marks)) for master, marks in sorted(self.series.items())}
        known = {"link": self.link, "from": self.window.start, "to": self.window.end, "of": self.calendar}
        return json.dumps({**known, "series": series}, separators=(",", ":"))

    @staticmethod
    def decode(text: str | None) -> State | None:
        """The inverse; ``None`` for what is no state of ours."""
        try:
            raw: Any = json.loads(text or "")
            link, window, calendar = raw["link"], Span(int(raw["from"]), int(raw["to"])), raw["of"]
            series = {
                str(master): frozenset(marks[at : at + _MARK] for at in range(0, len(marks), _MARK))
                for master, marks in raw["series"].items()
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        if not isinstance(link, str) or not isinstance(calendar, str):
            return None
        return State(link, window, calendar, series)


_MARK = 12


def mark(occurrence_id: str) -> str:
    """A short hash: the ids are 150 characters long, and a year of daily meetings has hundreds."""
    return hashlib.sha256(occurrence_id.encode()).hexdigest()[:_MARK]


@dataclass(slots=True)
class Pages:
    """Everything one reading listed. ``link`` is where the next one begins."""

    listed: dict[str, Json] = field(default_factory=dict)
    removed: dict[str, None] = field(default_factory=dict)
    link: str = ""


def calendar_path(calendar: str) -> str:
    """``/me`` or ``/me/calendars/{id}``: what stands before ``/calendarView`` and ``/events``."""
    return f"/me/calendars/{quote(calendar, safe='')}" if calendar else "/me"


def first_link(calendar: str, window: Span) -> str:
    """Where a reading of everything begins. No ``$select``, no ``$filter``: the delta of events takes none."""
    times = f"startDateTime={rfc3339(window.start)}&endDateTime={rfc3339(window.end)}"
    return f"{calendar_path(calendar)}/calendarView/delta?{times}"


def ids_between(mailbox: Mailbox, calendar: str, span: Span) -> set[str]:
    """Which events the calendar lists at one time."""
    times = {"startDateTime": rfc3339(span.start), "endDateTime": rfc3339(span.end)}
    page = mailbox.get(f"{calendar_path(calendar)}/calendarView", {**times, "$select": "id", "$top": "250"})
    listed = page.get("value")
    if not isinstance(listed, list):
        raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
    return {str(it.get("id")) for it in listed if isinstance(it, dict)}


def read(mailbox: Mailbox, link: str) -> Pages:
    """Follows the pages from ``link`` to the last one. Raises ``SyncReset`` where the link is forgotten.

    An event that is listed twice counts as it was listed last."""
    pages = Pages()
    for entries, next_link in _follow(mailbox, link):
        for entry in entries:
            remote_id = entry.get("id")
            if not isinstance(remote_id, str) or not remote_id:
                raise BadCalendar(f"{NAME} listed an event without an id.")
            pages.removed.pop(remote_id, None)
            pages.listed.pop(remote_id, None)
            if "@removed" in entry:
                pages.removed[remote_id] = None
            else:
                pages.listed[remote_id] = entry
        pages.link = next_link
    return pages


def _follow(mailbox: Mailbox, link: str) -> Iterator[tuple[list[Json], str]]:
    """The entries of each page; with the last one the link for next time."""
    for _ in range(_MOST_PAGES):
        page = mailbox.get(link, page=_PAGE)
        entries = page.get("value")
        onward, last = page.get("@odata.nextLink"), page.get("@odata.deltaLink")
        led = onward if isinstance(onward, str) else last
        if (
            not isinstance(entries, list)
            or not all(isinstance(it, dict) for it in entries)
            or not isinstance(led, str)
            or not led
        ):
            raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
        link = mailbox.link(led)
        yield entries, link
        if not isinstance(onward, str):
            return
    raise BadCalendar(f"{NAME} lists events without end.")
