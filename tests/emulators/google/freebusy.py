"""freeBusy: merged busy times, an error beside each calendar that cannot be shown, and windows that are too long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.emulators.google import times
from tests.emulators.google.problems import Problem, invalid
from tests.emulators.google.world import Box, Event, World

_NEVER_BUSY = {"workingLocation", "birthday"}


@dataclass
class FreeBusy:
    """``longest_days`` is the limit that Google does not document; ``errors`` maps a calendar's id to a reason."""

    world: World
    longest_days: float = 92
    errors: dict[str, str] = field(default_factory=dict)

    def query(self, account: str, body: dict[str, Any]) -> dict[str, Any]:
        for name in ("timeMin", "timeMax"):
            if name not in body:
                raise Problem(400, "required", f"Missing {name}.")
        low, high = (times.at({"dateTime": body[name]}, "UTC") for name in ("timeMin", "timeMax"))
        if high <= low:
            raise Problem(400, "timeRangeEmpty", "The specified time range is empty.")
        if high - low > self.longest_days * 86_400:
            raise Problem(400, "timeRangeTooLong", "The requested time range is too long.")
        items = body.get("items", [])
        if len(items) > min(body.get("calendarExpansionMax", 50), 50):
            raise Problem(400, "tooManyCalendarsRequested", "The number of calendars requested is too large.")
        if any("id" not in one for one in items):
            raise invalid("items need an id")
        return {
            "kind": "calendar#freeBusy",
            "timeMin": body["timeMin"],
            "timeMax": body["timeMax"],
            "calendars": {one["id"]: self._one(account, one["id"], low, high) for one in items},
        }

    def _one(self, account: str, calendar: str, low: int, high: int) -> dict[str, Any]:
        box = self.world.boxes.get(account if calendar == "primary" else calendar)
        reason = self.errors.get(calendar) or ("notFound" if box is None or account not in box.roles else None)
        if reason or box is None:
            return {"errors": [{"domain": "global", "reason": reason}], "busy": []}
        return {"busy": [_period(start, end) for start, end in self._busy(box, low, high)]}

    def _busy(self, box: Box, low: int, high: int) -> list[tuple[int, int]]:
        found = []
        for stored in list(box.events.values()):
            event = stored.data
            if event.get("recurrence"):
                if event["status"] != "cancelled":
                    taken = [one for one in self.world.instances(box, event, high) if _takes_time(box, one)]
                    found += [times.span(one, box.zone) for one in taken]
            elif event.get("recurringEventId") not in box.events and _takes_time(box, event):
                found.append(times.span(event, box.zone))
        merged: list[tuple[int, int]] = []
        for start, end in sorted((max(a, low), min(b, high)) for a, b in found if a < high and b > low and b > a):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return merged


def _takes_time(box: Box, event: Event) -> bool:
    own = next((one for one in event.get("attendees", []) if one["email"].lower() == box.owner.lower()), {})
    return not (
        event["status"] == "cancelled"
        or event.get("transparency") == "transparent"
        or event.get("eventType") in _NEVER_BUSY
        or own.get("responseStatus") == "declined"
    )


def _period(start: int, end: int) -> dict[str, str]:
    return {"start": times.when(start, "UTC")["dateTime"], "end": times.when(end, "UTC")["dateTime"]}
