"""Patterns: what a pair's ledger adds up to, by one walk over it. Derived, never stored as truth.

What counts:

- a change of a meeting's time and a cancellation are moves; a move and the return that undid it cancel out;
- a move for ``illness`` stays on record and counts nowhere;
- a move whose maker is unknown counts in the totals and in neither seat's part;
- ``pair.restarted`` ends the counting of earlier moves, answers and effort; what took place stays known;
- a meeting that has started and of which nobody has reported is neither held nor missed, so it does not
  make the pair overdue;
- entries about a meeting that this ledger never booked say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.domain.cadence import Cadence, days_between
from service.domain.ledger import Entry, EntryType, Seat
from service.domain.meeting import MeetingStatus
from service.domain.meeting_record import MeetingRecord, RecordedMove, seat_of
from service.domain.pair import PairStatus
from service.domain.pair_state import RECENT_MEETINGS, PairFacts, PairState, pair_state
from service.domain.pattern_figures import HoldCount, Patterns, SeatFigures, as_words, median_hours
from service.domain.timespan import HOUR
from service.domain.windows import WINDOW_KINDS

__all__ = ["HoldCount", "PairState", "PatternFold", "Patterns", "SeatFigures", "as_words", "patterns"]

_FRESH_STARTS = (EntryType.PAIR_CREATED, EntryType.PAIR_RESUMED, EntryType.PAIR_RESTARTED)


class PatternFold:
    """The same figures as ``patterns``, kept up entry by entry: ``add`` in ledger order, ``result`` when
    wanted.

    It keeps one small record per meeting, standing move, answer and act: never an entry."""

    def __init__(self, ledger: Iterable[Entry] = ()) -> None:
        self._era = 0  # how many restarts so far; what bears an older number has stopped counting
        self._began: int | None = None  # the pair's beginning, restart or resumption: the cadence counts from it
        self._last_sign = 0  # the latest answer, booking, held, outcome; what was called off was upcoming until then
        self._meetings: dict[str, MeetingRecord] = {}
        self._open: dict[str, tuple[int, Seat | None]] = {}
        self._answers: dict[Seat, list[int]] = {seat: [] for seat in Seat}
        self._acts: set[tuple[Seat, str, str]] = set()
        self._expired_in_a_row = 0
        for entry in ledger:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Takes in the next entry of the ledger."""
        if self._began is None:
            self._began = entry.at
        noun = entry.type.value.partition(".")[0]
        if noun == "pair":
            self._pair(entry)
        elif noun == "proposal":
            self._proposal(entry)
        elif noun == "meeting":
            self._meeting(entry)
        elif entry.type is EntryType.OUTCOME_REPORTED:
            self._last_sign = entry.at
            self._act(entry.data["by"], "outcome", entry.data["meeting_id"])

    def _pair(self, entry: Entry) -> None:
        if entry.type not in _FRESH_STARTS:
            return
        self._began = entry.at
        self._expired_in_a_row = 0
        if entry.type is EntryType.PAIR_RESTARTED:
            self._era += 1
            self._answers = {seat: [] for seat in Seat}
            self._acts.clear()
            for meeting in self._meetings.values():
                if meeting.status is MeetingStatus.BOOKED and meeting.start > entry.at:
                    meeting.era = self._era

    def _proposal(self, entry: Entry) -> None:
        name: str = entry.data["proposal_id"]
        if entry.type is EntryType.PROPOSAL_CREATED:
            self._open[name] = (entry.at, seat_of(entry.data["responder"]))
            return
        created_at, asked = self._open.pop(name, (entry.at, None))
        if entry.type is EntryType.PROPOSAL_EXPIRED:
            self._expired_in_a_row += 1
        elif entry.type in (EntryType.PROPOSAL_ACCEPTED, EntryType.PROPOSAL_DECLINED):
            self._last_sign = entry.at
            self._expired_in_a_row = 0
            by = seat_of(entry.data["by"])
            if by is not None and by is asked:
                self._answers[by].append(entry.at - created_at)
            # To choose a slot is to book it: both entries name the meeting, so that the one act counts once.
            if entry.type is EntryType.PROPOSAL_ACCEPTED:
                self._act(by, "choice", entry.data["meeting_id"])
            else:
                self._act(by, "decline", name)

    def _meeting(self, entry: Entry) -> None:
        name: str = entry.data["meeting_id"]
        if entry.type is EntryType.MEETING_BOOKED:
            self._last_sign = entry.at
            self._expired_in_a_row = 0
            self._act(entry.data.get("by"), "choice", name)
            self._meetings.setdefault(name, MeetingRecord.booked(entry, self._era))
            return
        meeting = self._meetings.get(name)
        if meeting is None:
            return
        if entry.type is EntryType.MEETING_HELD:
            self._last_sign = entry.at
            meeting.held()
        elif entry.type is EntryType.MEETING_MISSED:
            meeting.status = MeetingStatus.MISSED
        else:
            if entry.type is EntryType.MEETING_CANCELLED:
                self._last_sign = max(self._last_sign, min(entry.at, meeting.start))
            meeting.changed(entry, self._era)

    def _act(self, by: object, what: str, about: str) -> None:
        seat = seat_of(by)
        if seat is not None:
            self._acts.add((seat, what, about))

    def result(self, *, cadence: Cadence, zone: str, status: PairStatus, now: int) -> Patterns:
        """The figures at ``now`` (epoch seconds). ``zone`` is the pair's IANA zone, on whose clock the
        cadence runs.

        ``overdue_days`` is 0 while the pair is paused or has ended."""
        meetings = list(self._meetings.values())
        current = [meeting for meeting in meetings if meeting.era == self._era]
        moves = [move for meeting in meetings for move in meeting.counted(self._era)]
        held = [meeting for meeting in meetings if meeting.status is MeetingStatus.HELD]
        last_held_at = max((meeting.held_at for meeting in held if meeting.held_at is not None), default=None)
        late_moves = sum(move.late for move in moves)
        overdue_days, quiet_days, quiet_two_cadences = self._clock(last_held_at, cadence, zone, now)
        if status is not PairStatus.ACTIVE:
            overdue_days = 0
        recent = meetings[-RECENT_MEETINGS:]
        state, because = pair_state(
            PairFacts(
                status=status,
                cadence_days=cadence.days,
                overdue_days=overdue_days,
                quiet_days=quiet_days,
                quiet_two_cadences=quiet_two_cadences,
                meetings=len(current),
                late_moves=late_moves,
                recent=len(recent),
                recent_changed=sum(any(meeting.counted(self._era)) for meeting in recent),
                expired_in_a_row=self._expired_in_a_row,
            )
        )
        return Patterns(
            meetings=len(meetings),
            held=len(held),
            moves=len(moves),
            moves_per_meeting=round(len(moves) / len(current), 2) if current else 0.0,
            late_moves=late_moves,
            by={seat: self._seat(seat, moves) for seat in Seat},
            by_kind={kind: _hold_count(m for m in meetings if m.kind is kind) for kind in WINDOW_KINDS},
            by_weekday=tuple(_hold_count(m for m in meetings if m.weekday == day) for day in range(7)),
            median_notice_hours=median_hours((move.notice_minutes for move in moves), 60),
            effort={seat: sum(act[0] is seat for act in self._acts) for seat in Seat},
            last_held_at=last_held_at,
            overdue_days=overdue_days,
            state=state,
            because=because,
        )

    def _seat(self, seat: Seat, moves: Sequence[RecordedMove]) -> SeatFigures:
        own = [move for move in moves if move.seat is seat]
        return SeatFigures(
            moves=len(own),
            late_moves=sum(move.late for move in own),
            median_notice_hours=median_hours((move.notice_minutes for move in own), 60),
            answer_hours=median_hours(self._answers[seat], HOUR),
        )

    def _clock(self, last_held_at: int | None, cadence: Cadence, zone: str, now: int) -> tuple[int, int, bool]:
        """Days overdue, days quiet, and whether nothing was upcoming and nobody stirred for two cadences."""
        if self._began is None:
            return 0, 0, False
        standing = [m for m in self._meetings.values() if m.status is not MeetingStatus.CANCELLED]
        begun = [m for m in standing if m.start <= now]
        unreported = [m.start for m in begun if m.status is MeetingStatus.BOOKED]
        upcoming = any(m.status is MeetingStatus.BOOKED and m.start > now for m in standing)
        last_met = max([self._began, *unreported, *([] if last_held_at is None else [last_held_at])])
        quiet_since = max([self._began, self._last_sign, *(m.start for m in begun)])
        quiet = not upcoming and now >= cadence.next_due(quiet_since, zone, times=2)
        quiet_days = max(0, days_between(quiet_since, now, zone))
        return cadence.overdue_days(now, last_met, upcoming, zone), quiet_days, quiet


def _hold_count(meetings: Iterable[MeetingRecord]) -> HoldCount:
    booked = list(meetings)
    good = sum(m.status is MeetingStatus.HELD and m.held_at_first_time for m in booked)
    return HoldCount(booked=len(booked), held_at_first_time=good)


def patterns(ledger: Iterable[Entry], *, cadence: Cadence, zone: str, status: PairStatus, now: int) -> Patterns:
    """What ``ledger`` (one pair's, newest last) adds up to at ``now``; see ``PatternFold.result``."""
    return PatternFold(ledger).result(cadence=cadence, zone=zone, status=status, now=now)
