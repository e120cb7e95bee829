"""Patterns: what a pair's ledger adds up to, by one walk over it. Derived, never stored as truth.

What counts:

- a change of a meeting's time and a cancellation are moves; a move and the return that undid it cancel out;
- a move for ``illness``, or one that Holdfast itself offered, stays on record and counts nowhere;
- a move whose maker is unknown counts in the totals and in neither seat's part;
- ``pair.restarted`` ends the counting of earlier moves, answers and effort; what took place stays known;
- a meeting that has started and of which nobody has reported is neither held nor missed, so it does not
  make the pair overdue;
- an offer without any time in it, or to move a meeting that stands, is not left unanswered when it runs out;
- entries about a meeting that this ledger never booked say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.domain.cadence import Cadence, days_between
from service.domain.cadence_round import Course
from service.domain.ledger import Entry, EntryType, Seat
from service.domain.meeting import MeetingStatus
from service.domain.meeting_record import MeetingRecord, RecordedMove, seat_of
from service.domain.move_budget import Budget, budget, since
from service.domain.pair import PairStatus
from service.domain.pair_state import RECENT_MEETINGS, PairFacts, PairState, pair_state
from service.domain.pattern_figures import HoldCount, Patterns, SeatFigures, as_words, median_hours
from service.domain.proposal import Purpose
from service.domain.timespan import HOUR
from service.domain.windows import WINDOW_KINDS

__all__ = ["HoldCount", "PairState", "PatternFold", "Patterns", "SeatFigures", "as_words", "patterns"]

_FRESH_STARTS = (EntryType.PAIR_CREATED, EntryType.PAIR_RESUMED, EntryType.PAIR_RESTARTED)
_OF_A_MEETING = (Purpose.NEXT, Purpose.PICK)  # unanswered, it leaves the pair without one


class _Offer(NamedTuple):
    """A proposal that is open."""

    at: int
    responder: Seat | None
    purpose: Purpose
    answerable: bool


class PatternFold:
    """The same figures as ``patterns``, kept up entry by entry: ``add`` in ledger order, ``result`` when
    wanted.

    It keeps one small record per meeting, standing move, answer and act: never an entry."""

    def __init__(self, ledger: Iterable[Entry] = ()) -> None:
        self._era = 0  # how many restarts so far; what bears an older number has stopped counting
        self._began: int | None = None  # the pair's beginning, restart or resumption: the cadence counts from it
        self._last_sign = 0  # the latest answer, booking, held, outcome; what was called off was upcoming until then
        self._meetings: dict[str, MeetingRecord] = {}
        self._created = True  # whether ``_began`` is the pair's very beginning
        self._open: dict[str, _Offer] = {}
        self._closed_at: int | None = None  # when the latest offer of a next meeting was declined or ran out
        self._turn = Seat.MENTOR
        self._asked = dict.fromkeys(Seat, 0)
        self._answered = dict.fromkeys(Seat, 0)
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
        elif entry.type is EntryType.DRIFT_CLOSED:  # somebody acted
            self._last_sign = entry.at
            self._expired_in_a_row = 0
        elif entry.type is EntryType.OUTCOME_REPORTED:
            self._last_sign = entry.at
            self._act(entry.data["by"], "outcome", entry.data["meeting_id"])

    def _pair(self, entry: Entry) -> None:
        if entry.type not in _FRESH_STARTS:
            return
        self._began, self._created = entry.at, entry.type is EntryType.PAIR_CREATED
        self._expired_in_a_row, self._closed_at = 0, None
        if entry.type is EntryType.PAIR_RESTARTED:
            self._era += 1
            self._answers = {seat: [] for seat in Seat}
            self._asked = dict.fromkeys(Seat, 0)
            self._answered = dict.fromkeys(Seat, 0)
            self._acts.clear()
            for meeting in self._meetings.values():
                if meeting.status is MeetingStatus.BOOKED and meeting.start > entry.at:
                    meeting.era = self._era

    def _proposal(self, entry: Entry) -> None:
        name: str = entry.data["proposal_id"]
        if entry.type is EntryType.PROPOSAL_NUDGED:
            return
        if entry.type is EntryType.PROPOSAL_CREATED:
            self._offer(name, entry)
            return
        offer = self._open.pop(name, _Offer(entry.at, None, Purpose.NEXT, answerable=True))
        if entry.type in (EntryType.PROPOSAL_EXPIRED, EntryType.PROPOSAL_DECLINED) and offer.purpose in _OF_A_MEETING:
            self._closed_at = entry.at
        if entry.type is EntryType.PROPOSAL_EXPIRED:
            self._expired_in_a_row += offer.answerable and offer.purpose in _OF_A_MEETING
        elif entry.type in (EntryType.PROPOSAL_ACCEPTED, EntryType.PROPOSAL_DECLINED):
            self._last_sign = entry.at
            self._expired_in_a_row = 0
            by = seat_of(entry.data["by"])
            if by is not None and by is offer.responder:
                self._answers[by].append(entry.at - offer.at)
                self._answered[by] += 1
            # To choose a slot is to book it: both entries name the meeting, so that the one act counts once.
            if entry.type is EntryType.PROPOSAL_ACCEPTED:
                self._act(by, "choice", entry.data["meeting_id"])
            else:
                self._act(by, "decline", name)

    def _offer(self, name: str, entry: Entry) -> None:
        responder = seat_of(entry.data["responder"])
        purpose = Purpose(entry.data.get("purpose", Purpose.NEXT))
        self._open[name] = _Offer(entry.at, responder, purpose, answerable=entry.data["slots"] > 0)
        if responder is not None and purpose is Purpose.NEXT:
            self._turn = responder.other
        if responder is not None and entry.data["slots"]:
            self._asked[responder] += 1
        if seat_of(entry.data.get("by")) is not None:  # to ask for times is to act
            self._expired_in_a_row = 0
            self._last_sign = entry.at
            self._act(entry.data["by"], "proposal", name)

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

    def course(self, now: int) -> Course:
        """Where the pair stands at ``now``: what decides when its next meeting is proposed."""
        began = self._began or 0
        standing = [m for m in self._meetings.values() if m.status in (MeetingStatus.BOOKED, MeetingStatus.HELD)]
        met = [m.held_at or m.start for m in standing if m.start <= now and m.start >= began]
        ahead = [m.end for m in standing if m.status is MeetingStatus.BOOKED and m.end > now]
        return Course(
            began=began,
            created=self._created,
            last_met=max(met, default=None),
            upcoming=max(ahead, default=None),
            closed_at=self._closed_at,
            unanswered=self._expired_in_a_row,
            turn=self._turn,
        )

    def budget(self, allowed: int | None, now: int) -> Budget | None:
        """How much of the pair's move budget is used at ``now``; ``None`` where it set itself none."""
        moves = (move for meeting in self._meetings.values() for move in meeting.counted(self._era))
        return budget(allowed, sum(move.at > since(now) for move in moves))

    def result(
        self, *, cadence: Cadence, zone: str, status: PairStatus, now: int, move_budget: int | None = None
    ) -> Patterns:
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
            budget=self.budget(move_budget, now),
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
            asked=self._asked[seat],
            answered=self._answered[seat],
            proposed=sum(act[:2] == (seat, "proposal") for act in self._acts),
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


def patterns(
    ledger: Iterable[Entry],
    *,
    cadence: Cadence,
    zone: str,
    status: PairStatus,
    now: int,
    move_budget: int | None = None,
) -> Patterns:
    """What ``ledger`` (one pair's, newest last) adds up to at ``now``; see ``PatternFold.result``."""
    return PatternFold(ledger).result(cadence=cadence, zone=zone, status=status, now=now, move_budget=move_budget)
