"""Recurring events: one ``RemoteEvent`` for a series, whatever part of it a reading listed."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from integrations.microsoft.answers import NAME
from integrations.microsoft.events import Raw, etag_of, occurrence_of, uid_of
from integrations.microsoft.graph import Json, Mailbox
from service.domain.errors import BadCalendar, Gone
from service.domain.timespan import Span, rfc3339
from service.ports.calendar import RemoteEvent

_PAGE = 100
_MOST_PAGES = 100
_FIELDS = "id,seriesMasterId,type,start,end,showAs,isAllDay,isCancelled"


def event_path(remote_id: str) -> str:
    """Where one event stands."""
    return f"/me/events/{quote(remote_id, safe='')}"


def is_master(event: Raw) -> bool:
    """Whether it is a whole series."""
    return event.get("type") == "seriesMaster"


def series_of(event: Raw) -> str | None:
    """The id of the series that an occurrence, changed or not, belongs to."""
    found = event.get("seriesMasterId")
    return found if isinstance(found, str) and found and not is_master(event) else None


def whole(master_id: str, master: Raw, occurrences: Iterable[Raw], zone: str) -> RemoteEvent:
    """The series as Holdfast keeps it. A master that could not be found (``{}``) leaves its occurrences busy."""
    times = (occurrence_of(it, zone, master) for it in occurrences)
    cancelled = master.get("isCancelled") is True
    return RemoteEvent(
        remote_id=master_id,
        uid=uid_of(master),
        etag=etag_of(master),
        occurrences=() if cancelled else tuple(sorted((it for it in times if it), key=lambda it: (it.start, it.end))),
        cancelled=cancelled,
        recurring=True,
    )


def fetch(mailbox: Mailbox, remote_id: str) -> Json | None:
    """One event; ``None`` where there is none any more."""
    try:
        return mailbox.get(event_path(remote_id))
    except Gone:
        return None


def instances(mailbox: Mailbox, master_id: str, window: Span) -> list[Json]:
    """Every occurrence of a series inside the window. Raises ``Gone``."""
    found: list[Json] = []
    times = {"startDateTime": rfc3339(window.start), "endDateTime": rfc3339(window.end)}
    page = mailbox.get(f"{event_path(master_id)}/instances", {**times, "$select": _FIELDS, "$top": str(_PAGE)})
    for _ in range(_MOST_PAGES):
        entries, onward = page.get("value"), page.get("@odata.nextLink")
        if not isinstance(entries, list) or not all(isinstance(it, dict) for it in entries):
            raise BadCalendar(f"{NAME} gave an answer that makes no sense.")
        found += entries
        if not isinstance(onward, str):
            return found
        page = mailbox.get(mailbox.link(onward))
    raise BadCalendar(f"{NAME} lists a series without end.")
