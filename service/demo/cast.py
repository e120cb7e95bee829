"""Who plays in the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Weekly:
    """Something that comes back: ``start`` as ``HH:MM`` on the person's clock; ``share`` of the weeks in which it is on."""

    weekdays: str  # initials of the days it is on, out of "mtwrfsu"
    start: str
    minutes: int
    title: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Away:
    """Some days away, ``week`` weeks from this one, Monday being day 0. A journey blocks hours, leave blocks whole days."""

    week: int
    first_day: int
    days: int
    title: str
    hours: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One sample person and how their weeks look. ``extra``: titles of single meetings, ``extra_a_day`` of them. ``late``: what
    used to come two days before."""

    facts: dict[str, Any]
    weekly: tuple[Weekly, ...]
    extra: tuple[str, ...]
    extra_a_day: tuple[int, int]
    away: tuple[Away, ...] = ()
    late: tuple[Weekly, ...] = ()


def _hours(start: str, end: str) -> list[dict[str, Any]]:
    return [{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "start": start, "end": end}]


DANA = Part(
    facts={
        "name": "Dana Whitfield",
        "email": "dana.whitfield@example.org",
        "time_zone": "America/New_York",
        "working_hours": _hours("09:00", "17:00"),
        "preferences": {"min_notice_hours": 24, "buffer_minutes": 0, "holidays": "US-NY"},
    },
    weekly=(
        Weekly("mtwr", "09:30", 15, "Stand-up, Platform"),
        Weekly("m", "10:00", 60, "Leadership team"),
        Weekly("m", "13:30", 30, "1:1 Priya"),
        Weekly("m", "15:00", 60, "Hiring panel"),
        Weekly("t", "10:30", 30, "1:1 Marcus"),
        Weekly("t", "14:00", 90, "Product review"),
        Weekly("t", "08:00", 30, "School run", 0.8),
        Weekly("w", "11:00", 30, "1:1 Lena"),
        Weekly("w", "13:00", 60, "Budget round"),
        Weekly("w", "17:30", 60, "Gym"),
        Weekly("r", "08:00", 30, "School run", 0.8),
        Weekly("r", "11:00", 45, "1:1 Theo"),
        Weekly("r", "14:30", 60, "Architecture board"),
        Weekly("f", "10:00", 45, "Week in review"),
        Weekly("f", "13:00", 30, "1:1 Ines", 0.7),
        Weekly("mtwrf", "12:15", 45, "Lunch", 0.6),
    ),
    extra=(
        "Customer call",
        "Board preparation",
        "Incident review",
        "Interview",
        "Contract with legal",
        "Roadmap",
        "Press briefing",
        "Sales forecast",
    ),
    extra_a_day=(1, 3),
    away=(
        Away(1, 2, 1, "Flight to Chicago, site visit", ("06:45", "20:30")),
        Away(2, 3, 2, "Out of office"),
    ),
    late=(Weekly("r", "16:00", 60, "Escalation", 0.8),),
)

JONAS = Part(
    facts={
        "name": "Jonas Lindner",
        "email": "jonas.lindner@example.org",
        "time_zone": "Europe/Berlin",
        "working_hours": _hours("09:00", "17:30"),
        "preferences": {"min_notice_hours": 12, "buffer_minutes": 0, "holidays": "DE-BE"},
    },
    weekly=(
        Weekly("mtwrf", "09:15", 15, "Stand-up"),
        Weekly("m", "10:00", 90, "Sprint planning"),
        Weekly("tr", "09:45", 105, "Focus time", 0.8),
        Weekly("mtwrf", "12:15", 45, "Lunch", 0.7),
        Weekly("t", "14:00", 45, "1:1 Karin"),
        Weekly("w", "15:30", 60, "Design review"),
        Weekly("f", "14:00", 60, "Demo and retrospective"),
        Weekly("t", "18:00", 90, "Spanish class"),
        Weekly("r", "19:00", 90, "Football"),
    ),
    extra=("Pairing with Mia", "Code review", "Customer question", "Interview", "Release call"),
    extra_a_day=(0, 2),
    away=(Away(3, 0, 2, "Conference in Leipzig", ("08:00", "19:00")),),
    late=(Weekly("f", "15:00", 90, "Release", 0.75),),
)

AMARA = Part(
    facts={
        "name": "Amara Okafor",
        "email": "amara.okafor@example.org",
        "time_zone": "Europe/London",
        "working_hours": _hours("09:00", "18:00"),
        "preferences": {"min_notice_hours": 24, "buffer_minutes": 15},
    },
    weekly=(
        Weekly("mtw", "09:30", 60, "Coaching session"),
        Weekly("mwr", "11:00", 60, "Coaching session"),
        Weekly("tw", "16:00", 60, "Coaching session", 0.6),
        Weekly("mtwrf", "12:30", 45, "Lunch walk", 0.8),
        Weekly("f", "10:00", 120, "Group coaching"),
        Weekly("f", "16:00", 60, "Supervision"),
        Weekly("w", "18:30", 60, "Choir"),
    ),
    extra=("First conversation", "Notes and letters", "Workshop preparation"),
    extra_a_day=(0, 1),
    away=(Away(2, 4, 1, "Out of office"),),
)
