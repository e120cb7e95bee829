"""events.list: windows, pages, sync tokens that hold one to the same parameters, tombstones, 410; and events.instances."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from tests.emulators.google import times
from tests.emulators.google.problems import Problem, invalid, not_found
from tests.emulators.google.world import Box, Event, World

_NEVER_WITH_TOKEN = (
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin",
)  # fmt: skip
_NO_TOKEN_AFTER = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin")
_MAY_DIFFER = frozenset({*_NEVER_WITH_TOKEN, "syncToken", "pageToken", "alt", "prettyPrint"})
_FOR_EVER = 10 * 366 * 86_400
_FAR = 2 * 366 * 86_400  # how far Google expands a series that has no end


@dataclass(frozen=True)
class _SyncToken:
    calendar: str
    change: int
    parameters: dict[str, Any]


@dataclass(frozen=True)
class _Page:
    calendar: str
    parameters: dict[str, Any]
    items: list[Event]
    change: int


class Lister:
    """Keeps the tokens that were handed out. ``page_size`` makes pages smaller than asked for, as Google may."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: dict[str, _SyncToken] = {}
        self._expired: set[str] = set()
        self._pages: dict[str, _Page] = {}
        self.page_size = 2500

    def expire_tokens(self) -> None:
        """Every sync token that is out is too old from now on."""
        self._expired |= set(self._tokens)

    def list(self, box: Box, query: dict[str, Any]) -> Event:
        """One page."""
        held = {name: value for name, value in query.items() if name not in _MAY_DIFFER}
        if "pageToken" in query:
            page = self._pages.get(query["pageToken"])
            if page is None or page.calendar != box.id:
                raise invalid("Invalid page token value.", "pageToken")
            if page.parameters != {k: v for k, v in query.items() if k != "pageToken"}:
                raise invalid("The parameters differ from those of the first page.", "pageToken")
            items, change = page.items, page.change
        else:
            items, change = self._since(box, query, held) if "syncToken" in query else self._all(box, query), box.change
        size = min(query.get("maxResults", 250), self.page_size)
        answer: Event = {
            "kind": "calendar#events",
            "etag": f'"p{change}"',
            "summary": box.summary,
            "updated": self._world.stamp(),
            "timeZone": query.get("timeZone", box.zone),
            "accessRole": box.roles[box.owner],
            "defaultReminders": [],
            "items": items[:size],
        }
        if len(items) > size:
            answer["nextPageToken"] = secrets.token_urlsafe(12)
            kept = {k: v for k, v in query.items() if k != "pageToken"}
            self._pages[answer["nextPageToken"]] = _Page(box.id, kept, items[size:], change)
        elif not any(name in query for name in _NO_TOKEN_AFTER):
            answer["nextSyncToken"] = secrets.token_urlsafe(16)
            self._tokens[answer["nextSyncToken"]] = _SyncToken(box.id, change, held)
        return answer

    def instances(self, box: Box, id_: str, query: dict[str, Any]) -> Event:
        """The instances of one series."""
        master = box.events.get(id_)
        if master is None or not master.data.get("recurrence"):
            raise not_found()
        found = [one for one in self._expanded(box, master.data, query) if self._shown(one, query)]
        return {"kind": "calendar#events", "timeZone": box.zone, "items": found}

    def _since(self, box: Box, query: dict[str, Any], held: dict[str, Any]) -> list[Event]:
        token = self._tokens.get(query["syncToken"])
        if token is None or token.calendar != box.id:
            raise invalid("Invalid sync token value.", "syncToken")
        if query["syncToken"] in self._expired:
            raise Problem(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
        for name in _NEVER_WITH_TOKEN:
            if name in query:
                raise invalid(f"Sync token cannot be used with {name}.", "syncToken")
        if query.get("showDeleted") is False:
            raise invalid("Sync token cannot be used with showDeleted=false.", "syncToken")
        if held != token.parameters:
            raise invalid("Sync token was made with other parameters.", "syncToken")
        changed = sorted((s for s in box.events.values() if s.change > token.change), key=lambda s: s.change)
        out: list[Event] = []
        for stored in changed:
            event = stored.data
            if query.get("singleEvents") and event.get("recurrence") and event["status"] != "cancelled":
                out += self._expanded(box, event, {})
            elif event["status"] == "cancelled":
                out.append(self._world.tombstone(event))
            else:
                out.append(self._seen(box, event, query))
        return out

    def _all(self, box: Box, query: dict[str, Any]) -> list[Event]:
        found: list[Event] = []
        single = query.get("singleEvents", False)
        for stored in box.events.values():
            event = stored.data
            master = box.events.get(event.get("recurringEventId", ""))
            if event.get("recurrence") and single:
                if event["status"] != "cancelled":
                    found += [one for one in self._expanded(box, event, query) if self._shown(one, query)]
            elif master is not None and single:
                continue  # it comes with its series
            elif event["status"] == "cancelled":
                # An instance that was called off is told of as long as its series stands.
                if query.get("showDeleted") or (master is not None and master.data["status"] != "cancelled"):
                    found.append(self._world.tombstone(event))
            elif self._inside(box, event, query) and query.get("iCalUID", event["iCalUID"]) == event["iCalUID"]:
                found.append(self._seen(box, event, query))
        if query.get("orderBy") == "startTime":
            if not single:
                raise Problem(400, "badRequest", "The requested ordering is not available for the particular query.")
            found.sort(key=lambda one: times.at(one["start"], box.zone))
        return found

    def _expanded(self, box: Box, master: Event, query: dict[str, Any]) -> list[Event]:
        until = _moment(query.get("timeMax")) or self._world.clock.now() + _FAR
        return [
            self._world.tombstone(one) if one["status"] == "cancelled" else self._seen(box, one, query)
            for one in self._world.instances(box, master, until)
            if one["status"] == "cancelled" or self._inside(box, one, query)
        ]

    def _shown(self, event: Event, query: dict[str, Any]) -> bool:
        return event["status"] != "cancelled" or query.get("showDeleted", False)

    def _seen(self, box: Box, event: Event, query: dict[str, Any]) -> Event:
        return self._world.view(box, event, query.get("maxAttendees"))

    def _inside(self, box: Box, event: Event, query: dict[str, Any]) -> bool:
        low, high = _moment(query.get("timeMin")), _moment(query.get("timeMax"))
        if event.get("recurrence"):
            until = high or max(low or 0, times.at(event["start"], box.zone)) + _FOR_EVER
            return any(
                low is None or times.span(one, box.zone)[1] > low for one in self._world.instances(box, event, until)
            )
        start, end = times.span(event, box.zone)
        return (low is None or end > low) and (high is None or start < high)


def _moment(text: str | None) -> int | None:
    return None if text is None else times.at({"dateTime": text}, "UTC")
