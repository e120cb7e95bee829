"""VFREEBUSY: what free/busy-only calendars publish."""

from __future__ import annotations

from integrations.ical.lines import Component
from integrations.ical.values import Times
from service.domain.busy import BusyKind
from service.domain.timespan import Span
from service.ports.calendar import Occurrence

_KINDS = {
    "FREE": None,
    "BUSY-TENTATIVE": BusyKind.TENTATIVE,
    "BUSY-UNAVAILABLE": BusyKind.OUT_OF_OFFICE,
}


def published(component: Component, times: Times, window: Span) -> set[Occurrence]:
    """The busy periods inside ``window``; an FBTYPE that nobody knows is busy (RFC 5545, 3.2.9)."""
    found: set[Occurrence] = set()
    for line in component.all("FREEBUSY"):
        kind = _KINDS.get(line.params.get("FBTYPE", "BUSY").upper(), BusyKind.BUSY)
        for start, seconds in times.moments(line):
            if seconds is None:
                raise ValueError("has a FREEBUSY that is no period")
            end = start.utc + seconds
            if kind is not None and seconds and end > window.start and start.utc < window.end:
                found.add(Occurrence(start.utc, end, kind))
    return found


def known_until(component: Component, times: Times) -> int | None:
    """Up to when this VFREEBUSY speaks (its DTEND); after that nothing is known. ``None`` where it does not say."""
    lines = component.all("DTEND")
    return times.moment(lines[0]).utc if lines else None
