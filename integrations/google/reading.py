"""What changed in a calendar: a full list, then Google's sync token with the very same parameters.

The token comes on the last page only, and out of the same answers as the events: a change in between is seen twice rather than
never. A token that is no longer taken means a full list, which the house compares with what it holds. A series comes back in
pieces (the instance that changed, without its rule), so whenever one was touched the list is read afresh too: one call for most
calendars, and nothing to put together from memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from integrations.google.answers import NotUnderstood, nonsense
from integrations.google.api import Session
from integrations.google.items import FIELDS, Item, is_cancelled, known_zone, single, text
from integrations.google.series import series
from service.domain.errors import BadCalendar, Gone, SyncReset
from service.domain.timespan import Span, rfc3339
from service.ports.calendar import RemoteEvent, SyncResult

_MOST_PAGES = 400
_VERSION = 1

PARAMETERS: dict[str, Any] = {
    # Every one of them is part of what a sync token stands for: change one and raise ``_VERSION``.
    "singleEvents": False,
    "maxResults": 500,
    "maxAttendees": 20,  # beyond that Google names only the owner, which is all that is needed of a big meeting
    "fields": f"kind,timeZone,nextPageToken,nextSyncToken,items({FIELDS})",
}


@dataclass(frozen=True, slots=True)
class State:
    """Google's sync token, and the calendar's zone: where all-day events begin and end."""

    token: str
    zone: str

    def encode(self) -> str:
        """As JSON."""
        return json.dumps({"v": _VERSION, "token": self.token, "zone": self.zone}, separators=(",", ":"))

    @classmethod
    def decode(cls, written: str | None) -> State | None:
        """The inverse; ``None`` for what is no state of ours, which is then begun afresh."""
        try:
            content = json.loads(written or "null")
        except ValueError:
            return None
        if not isinstance(content, dict) or content.get("v") != _VERSION:
            return None
        token = content.get("token")
        return cls(token, str(content.get("zone"))) if isinstance(token, str) and token else None


@dataclass(frozen=True, slots=True)
class Listing:
    """All pages of one list."""

    items: list[Item]
    token: str | None
    zone: str | None


def changes(session: Session, calendar: str, state: str | None, window: Span, zone: str) -> SyncResult:
    """What changed since ``state``; ``zone`` is the owner's, for a calendar that does not tell its own."""
    known = State.decode(state)
    if known is not None:
        try:
            found = listing(session, calendar, {"syncToken": known.token})
        except (SyncReset, Gone, NotUnderstood):
            found = None  # 410, or 400 for a token that makes no sense to Google
        # A calendar that moved to another zone takes its all-day events along, and they do not come as changed.
        if found is not None and known_zone(found.zone, zone) == known.zone:
            if not found.items:
                return SyncResult(events=(), removed=(), state=state or "", full=False, unchanged=True)
            if not _touches_series(found.items):
                return _changed(found, known.zone)
    found = listing(session, calendar, {"timeMin": rfc3339(window.start)})
    zone = known_zone(found.zone, zone)
    return SyncResult(
        events=tuple(_events(found.items, window, zone)), removed=(), state=_state(found, zone), full=True
    )


def listing(session: Session, calendar: str, start: dict[str, str]) -> Listing:
    """Every page from ``start`` (a sync token, or the beginning of the window)."""
    items: list[Item] = []
    page: str | None = None
    for _ in range(_MOST_PAGES):
        asked = {**PARAMETERS, **start, **({"pageToken": page} if page else {})}
        answer = session.ask(partial(_page, calendar, asked))
        found = answer.get("items", [] if answer.get("kind") == "calendar#events" else None)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise nonsense()  # an answer without a list is not an empty calendar
        items += found
        following = text(answer, "nextPageToken")
        if following is None:
            return Listing(items, text(answer, "nextSyncToken"), text(answer, "timeZone"))
        if following == page:
            break
        page = following
    raise nonsense()


def _page(calendar: str, asked: dict[str, Any], api: Any) -> Any:
    return api.events().list(calendarId=calendar, **asked)


def _touches_series(items: list[Item]) -> bool:
    deleted = {text(one, "id") for one in items if is_cancelled(one)}
    return any(
        one.get("recurrence") or (text(one, "recurringEventId") and text(one, "recurringEventId") not in deleted)
        for one in items
    )


def _state(found: Listing, zone: str) -> str:
    return State(found.token, zone).encode() if found.token else ""


def _changed(found: Listing, zone: str) -> SyncResult:
    by_id = {_id(one): one for one in found.items}  # of one that changed between two pages, the newest
    removed = tuple(id_ for id_, one in by_id.items() if is_cancelled(one))
    events = tuple(single(one, zone) for one in by_id.values() if not is_cancelled(one))
    return SyncResult(events=events, removed=removed, state=_state(found, zone), full=False)


def _events(items: list[Item], window: Span, zone: str) -> Iterator[RemoteEvent]:
    by_id = {_id(one): one for one in items}
    masters = {id_ for id_, one in by_id.items() if one.get("recurrence") and not is_cancelled(one)}
    instances: dict[str, list[Item]] = {}
    for one in by_id.values():
        instances.setdefault(text(one, "recurringEventId") or "", []).append(one)
    for id_, one in by_id.items():
        if id_ in masters:
            yield series(one, instances.get(id_, []), zone, window)
        elif text(one, "recurringEventId") not in masters and not is_cancelled(one):
            yield replace(single(one, zone), remote_id=id_)


def _id(item: Item) -> str:
    found = text(item, "id")
    if found is None:
        raise BadCalendar("Google Calendar sent an event without an id, so its calendar cannot be read in full.")
    return found
