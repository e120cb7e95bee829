"""What happened before today: meetings proposed, chosen, moved, called off and held, each at its own time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

import structlog
from sqlmodel import Session

from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.answer_proposal import accept_slot
from service.app.close_proposals import expire_proposals
from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.local_calendar import change_event
from service.app.propose_slots import propose_slots
from service.app.report_outcome import report_outcome
from service.domain.errors import Conflict, HoldfastError
from service.domain.ledger import Seat
from service.domain.meeting import DetectedVia
from service.domain.timespan import DAY, HOUR
from service.jobs.memory import MemoryJobs
from service.ports.clock import FixedClock
from service.store import local_events, meetings, pairs, proposals
from service.store.tables import LocalEvent, Meeting

log = structlog.get_logger(__name__)
ASKED_BEFORE = 8 * DAY
WORTH = (4, 5, 3, 5, 4)  # private marks of the one who tells how it went
Act = Callable[[], None]


class Fate(Enum):
    """What becomes of a meeting in the story."""

    HELD = auto()
    MOVED_ON_PAGE = auto()  # by the mentee, days ahead
    MOVED_IN_CALENDAR = auto()  # by its owner, the day before
    CALLED_OFF = auto()
    UNREPORTED = auto()  # it has been, and nobody has said how it went
    AHEAD = auto()


@dataclass
class Story:
    """Plays acts in the order of time, on a clock that only this story moves, up to ``now``."""

    house: House
    clock: FixedClock
    jobs: MemoryJobs
    now: int
    _queue: list[tuple[int, int, Act]] = field(default_factory=list)
    _count: int = 0
    _told: int = 0

    def at(self, when: int, act: Act) -> None:
        """Plans an act; one that would lie after ``now`` is not played."""
        if when < self.now:
            self._count += 1
            heapq.heappush(self._queue, (when, self._count, act))

    def play(self) -> None:
        """Plays everything. An act that the calendars do not allow is left out, as in life."""
        while self._queue:
            when, _, act = heapq.heappop(self._queue)
            self.clock.at = max(self.clock.at, when)
            expire_proposals(self.house)
            try:
                act()
            except HoldfastError as trouble:
                log.debug("act_left_out", reason=trouble.code)
            self.jobs.run_due(self.house)
        self.clock.at = max(self.clock.at, self.now)
        self.jobs.run_due(self.house)

    def meet(self, pair_id: str, target: int, fate: Fate, *, latest: int | None = None) -> None:
        """A meeting near ``target`` (and over before ``latest``), proposed some days ahead, chosen some hours later."""
        asked = min(target - ASKED_BEFORE, self.now - 8 * HOUR)
        self.at(asked, lambda: self._propose(pair_id, target, fate, latest))

    def _propose(self, pair_id: str, target: int, fate: Fate, latest: int | None) -> None:
        proposal_id = propose_slots(self.house, pair_id, limit=5, horizon_days=21)
        self.at(self.clock.at + 5 * HOUR, lambda: self._choose(pair_id, proposal_id, target, fate, latest))

    def _choose(self, pair_id: str, proposal_id: str, target: int, fate: Fate, latest: int | None) -> None:
        with self.house.reading() as session:
            responder = Seat(proposals.get(session, proposal_id).responder)
            offered = [s for s in proposals.slots(session, proposal_id) if latest is None or s.end < latest]
        for slot in sorted(offered, key=lambda slot: abs(slot.start - target)):
            try:
                meeting_id = accept_slot(self.house, proposal_id, slot_id=slot.id, by=responder)
            except Conflict:
                continue  # taken in the meantime: the next best
            self._befall(pair_id, meeting_id, slot.start, slot.end, fate)
            return

    def _befall(self, pair_id: str, meeting_id: str, start: int, end: int, fate: Fate) -> None:
        if fate in (Fate.UNREPORTED, Fate.AHEAD):
            return
        if fate is Fate.CALLED_OFF:
            self.at(start - 3 * DAY, lambda: self._call_off(meeting_id))
        elif fate is Fate.MOVED_ON_PAGE:
            self.at(start - 4 * DAY, lambda: self._move(pair_id, meeting_id))
        elif fate is Fate.MOVED_IN_CALENDAR:
            self.at(start - 20 * HOUR, lambda: self._move_in_calendar(pair_id, meeting_id))
        else:
            self.at(end + HOUR, lambda: self._report(meeting_id))

    def _call_off(self, meeting_id: str) -> None:
        cancel_meeting(self.house, meeting_id, by=Seat.MENTEE, reason_code="travel", via=DetectedVia.APP)

    def _another(self, pair_id: str, row: Meeting) -> int | None:
        """A time that suits both, a day or more after the meeting's own."""
        minutes = (row.end - row.start) // 60
        situation = read_situation(self.house, pair_id, horizon_days=10, duration_minutes=minutes)
        later = [slot.start for slot in find_slots(self.house, situation, limit=20).slots]
        return min((at for at in later if at > row.start + 12 * HOUR), default=None)

    def _row(self, meeting_id: str) -> Meeting:
        with self.house.reading() as session:
            return meetings.get(session, meeting_id)

    def _move(self, pair_id: str, meeting_id: str) -> None:
        row = self._row(meeting_id)
        start = self._another(pair_id, row)
        if start is not None:
            move_meeting(self.house, meeting_id, start=start, by=Seat.MENTEE, via=DetectedVia.APP)
        self._then_report(meeting_id)

    def _move_in_calendar(self, pair_id: str, meeting_id: str) -> None:
        row = self._row(meeting_id)
        start = self._another(pair_id, row)
        if start is not None and row.calendar_id:
            with self.house.reading() as session:
                event = _event_of(session, row)
            if event is not None:
                change_event(self.house, row.calendar_id, event.id, {"start": start})
        self._then_report(meeting_id)

    def _then_report(self, meeting_id: str) -> None:
        self.at(self._row(meeting_id).end + HOUR, lambda: self._report(meeting_id))

    def _report(self, meeting_id: str) -> None:
        self._told += 1
        worth = WORTH[self._told % len(WORTH)]
        report_outcome(
            self.house, meeting_id, by=Seat.MENTEE, happened=True, worth=worth, next_step=self._step(meeting_id)
        )

    def _step(self, meeting_id: str) -> str | None:
        """What the two wrote down before goes on standing: they write it again."""
        with self.house.reading() as session:
            return pairs.get(session, meetings.get(session, meeting_id).pair_id).next_step


def _event_of(session: Session, row: Meeting) -> LocalEvent | None:
    standing = local_events.between(session, [row.calendar_id or ""], row.start, row.end)
    return next((event for event in standing if event.uid == row.ics_uid), None)
