"""The store behind `local` calendars, as their adapter sees it: Holdfast itself is the calendar server here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.domain.timespan import Span


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """One event of a local calendar. ``change`` is the calendar's counter at its last change."""

    id: str
    uid: str
    span: Span
    transparent: bool
    sequence: int
    version: int
    change: int
    deleted: bool


class LocalEvents(Protocol):
    """Keeps local events; every change raises the calendar's counter, deletions leave a tombstone."""

    def changed_since(self, calendar_id: str, counter: int) -> list[LocalRecord]:
        """Events (tombstones too) changed after ``counter``, in the order of change."""
        ...

    def by_uid(self, calendar_id: str, uid: str) -> LocalRecord | None:
        """The event with this UID, a tombstone included."""
        ...

    def put(
        self, calendar_id: str, uid: str, span: Span, *, title: str, meeting_id: str, sequence: int, version: int | None
    ) -> LocalRecord:
        """Creates (``version`` ``None``) or rewrites the event. Raises ``Changed`` when ``version`` is not the current
        one, ``Gone`` when it was deleted."""
        ...

    def delete(self, calendar_id: str, uid: str, *, version: int | None) -> None:
        """Deletes it; already gone is a success. Raises ``Changed`` when ``version`` is given and not the current one."""
        ...
