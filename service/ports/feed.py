"""The feed port: a person's meetings as a calendar that any calendar program can subscribe to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from service.ports.calendar import EventDraft


class FeedWriter(Protocol):
    """Writes iCalendar."""

    def feed(self, name: str, events: Sequence[EventDraft]) -> bytes:
        """A ``text/calendar`` document (METHOD:PUBLISH) with one VEVENT a draft and a refresh hint."""
        ...
