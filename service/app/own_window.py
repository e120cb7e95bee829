"""Whose kind of time it is: a breakfast of the other's may be one's own afternoon."""

from __future__ import annotations

from service.app.timetables import timetable
from service.domain.windows import WINDOW_KINDS, window_spans
from service.store.tables import Person


def others_alone(kind: str, start: int, end: int, me: Person, other: Person) -> bool:
    """Whether the time (epoch seconds) lies in that window of the other's and not in mine."""
    return _within(kind, start, end, other) and not _within(kind, start, end, me)


def _within(kind: str, start: int, end: int, person: Person) -> bool:
    spans = window_spans(timetable(person), start, end)
    return any(
        WINDOW_KINDS[code] == kind and a <= start and end <= b
        for a, b, code in zip(spans.starts.tolist(), spans.ends.tolist(), spans.codes.tolist(), strict=True)
    )
