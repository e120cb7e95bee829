"""What patterns remember of one meeting: where it first stood, what became of it, and its moves less those
undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.domain.ledger import Entry, EntryType, Seat
from service.domain.meeting import MeetingStatus
from service.domain.timespan import local
from service.domain.windows import WINDOW_KINDS, WindowKind

# Illness is nobody's choice. The others are Holdfast's own: a time that had turned risky, the second half of a move that was
# counted already, a short call in place of a meeting, a rest that called off what was booked in it.
EXCUSED_REASONS = frozenset({"illness", "care", "picked", "short_call", "pair_paused"})

_KINDS = {kind.value: kind for kind in WINDOW_KINDS}
_SEATS = {seat.value: seat for seat in Seat}


def seat_of(word: object) -> Seat | None:
    """The seat that a ledger word names; ``None`` for ``unknown``, for nothing and for any other word."""
    return _SEATS.get(word) if isinstance(word, str) else None


@dataclass(frozen=True, slots=True)
class RecordedMove:
    """A move that stands. ``era`` is how many restarts there had been; an excused one is kept and never
    counted."""

    era: int
    at: int
    seat: Seat | None
    notice_minutes: int
    late: bool
    excused: bool
    can_be_undone: bool


@dataclass(slots=True)
class MeetingRecord:
    """One meeting, kept up entry by entry. ``kind`` and ``weekday`` (0 = Monday) are of the time first
    booked, on the clock of the booking's zone; ``start`` and ``end`` are where it stands now; ``held_at`` is the start
    that was held."""

    era: int
    start: int
    end: int
    kind: WindowKind | None
    weekday: int
    status: MeetingStatus = MeetingStatus.BOOKED
    held_at: int | None = None
    held_at_first_time: bool = False
    _moves: list[RecordedMove] = field(default_factory=list)

    @staticmethod
    def booked(entry: Entry, era: int) -> MeetingRecord:
        """From a ``meeting.booked`` entry."""
        start: int = entry.data["start"]
        weekday = local(start, entry.data["zone"]).weekday()
        return MeetingRecord(era, start, entry.data["end"], _KINDS.get(entry.data["kind"]), weekday)

    def held(self) -> None:
        """It took place where it stands; at the first time if no move counts so far, before or after a
        restart."""
        self.status = MeetingStatus.HELD
        self.held_at = self.start
        self.held_at_first_time = all(move.excused for move in self._moves)

    def changed(self, entry: Entry, era: int) -> None:
        """Takes in a ``meeting.moved``, ``meeting.moved_back`` or ``meeting.cancelled``."""
        data = entry.data
        if entry.type is EntryType.MEETING_CANCELLED:
            if self.status is MeetingStatus.BOOKED:
                self.status = MeetingStatus.CANCELLED
        else:
            self.start, self.end = data["new"]["start"], data["new"]["end"]
        if entry.type is EntryType.MEETING_MOVED_BACK and self._moves and self._moves[-1].can_be_undone:
            self._moves.pop()
            return
        self.era = era
        self._moves.append(
            RecordedMove(
                era=era,
                at=entry.at,
                seat=seat_of(data["initiator"]["role"]),
                notice_minutes=data["notice_minutes"],
                late=data["late"],
                excused=data.get("reason_code") in EXCUSED_REASONS,
                can_be_undone=entry.type is EntryType.MEETING_MOVED,
            )
        )

    def counted(self, era: int) -> Iterator[RecordedMove]:
        """The moves that count: not undone, not excused, not from before the latest restart."""
        return (move for move in self._moves if move.era == era and not move.excused)
