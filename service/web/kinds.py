"""What a kind of time is called on the reader's page: a breakfast of the other's may be the reader's afternoon."""

from __future__ import annotations

from service.app.timetables import timetable
from service.domain.windows import WINDOW_KINDS, window_spans
from service.store.tables import Person
from service.web.words import first_name, kind_name


def kind_for(kind: str, start: int, end: int, me: Person, other: Person) -> str:
    """``Breakfast``, or ``Breakfast for Dana`` where the time (epoch seconds) lies in that window of the other's alone."""
    name = kind_name(kind)
    if _within(kind, start, end, me) or not _within(kind, start, end, other):
        return name
    return f"{name} for {first_name(other.name)}"


def _within(kind: str, start: int, end: int, person: Person) -> bool:
    spans = window_spans(timetable(person), start, end)
    return any(
        WINDOW_KINDS[code] == kind and a <= start and end <= b
        for a, b, code in zip(spans.starts.tolist(), spans.ends.tolist(), spans.codes.tolist(), strict=True)
    )
