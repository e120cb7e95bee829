"""What a kind of time is called on the reader's page: a breakfast of the other's may be the reader's afternoon."""

from __future__ import annotations

from service.app.own_window import others_alone
from service.store.tables import Person
from service.web.words import first_name, kind_name


def kind_for(kind: str, start: int, end: int, me: Person, other: Person) -> str:
    """``Breakfast``, or ``Breakfast for Dana`` where the time (epoch seconds) lies in that window of the other's alone."""
    name = kind_name(kind)
    return f"{name} for {first_name(other.name)}" if others_alone(kind, start, end, me, other) else name
