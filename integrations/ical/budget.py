"""How much work one calendar may ask for. A calendar is somebody else's program; it gets a second, not a
day."""

from __future__ import annotations

from service.domain.errors import BadCalendar

MAX_OCCURRENCES = 20_000  # of one recurring event inside the window
MAX_WORK = 1_000_000  # units, each about a microsecond on a small machine


class Budget:
    """Counts down over one whole reading. Deterministic on purpose: the same file is always taken or always
    refused."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self.left = work

    def spend(self, units: int) -> None:
        """Raises ``BadCalendar`` when the calendar has asked for too much."""
        self.left -= units
        if self.left < 0:
            raise too_many()


def too_many() -> BadCalendar:
    """What is said of a calendar that repeats too much."""
    return BadCalendar("This calendar repeats too often: its events cannot all be followed.")
