"""The one way a meeting changes: moved, moved back or cancelled, by whomever and wherever it was seen.

State, claim, ledger, webhook, mails and the write to the calendar are decided in one transaction, so every path (page,
API, a calendar) has the same consequences and the same payloads.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from service.app.fallbacks import make_way, settle_fallback
from service.app.house import House
from service.app.invite import plan_invitations
from service.app.judge_time import judge
from service.app.mind_budget import mind_budget
from service.app.onus import ask_to_pick, who_picks
from service.app.record import emit, note, times
from service.app.withdraw import withdraw_about
from service.domain.errors import TimeGone
from service.domain.ledger import EntryType
from service.domain.meeting import Change, ChangeKind, DetectedVia, Initiator, change, counted
from service.domain.timespan import Span
from service.store import claims, meetings
from service.store.tables import Meeting, Pair

ENTRY = {
    ChangeKind.MOVED: EntryType.MEETING_MOVED,
    ChangeKind.MOVED_BACK: EntryType.MEETING_MOVED_BACK,
    ChangeKind.CANCELLED: EntryType.MEETING_CANCELLED,
}
# After these nobody is asked to find another time: one was just chosen, or none is wanted.
SETTLED = ("pair_ended", "picked", "care", "short_call")


def apply_change(
    house: House,
    session: Session,
    pair: Pair,
    meeting: Meeting,
    new: Span | None,
    *,
    initiator: Initiator,
    via: DetectedVia,
    reason_code: str | None = None,
    seen_in_calendar: bool = False,
    seen_sequence: int = 0,
) -> Change:
    """Changes the meeting to ``new`` (``None``: cancelled), inside the caller's transaction, the pair locked.

    ``seen_in_calendar``: it stands so already in the calendar that carries it, so it is recorded whatever it overlaps and
    not written there again. Raises ``TimeGone`` when we were asked for a time that another meeting of ours takes."""
    earlier = meetings.changes(session, [meeting.id])[meeting.id]
    made = change(
        old=Span(meeting.start, meeting.end),
        new=new,
        earlier=earlier,
        sequence=meeting.sequence,
        initiator=initiator,
        detected_via=via,
        seen_at=house.now(),
        late_hours=pair.late_hours,
        reason_code=reason_code,
        seen_sequence=seen_sequence,
    )
    if new is not None:
        people = [pair.mentor_id, pair.mentee_id]
        if claims.claim(session, meeting.id, people, new, seen=seen_in_calendar):
            raise TimeGone("Another meeting has taken that time.")
        make_way(house, session, pair.id, new)
        kind, probability = judge(house, session, pair, meeting, new)
        meeting.start, meeting.end, meeting.kind, meeting.hold_probability = new.start, new.end, kind, probability
    else:
        claims.release(session, meeting.id)
        meeting.status = "cancelled"
    meeting.sequence = made.sequence
    meeting.version += 1
    first = next(iter(counted([*earlier, made])), None)
    meeting.first_outcome = first.kind.value if first else None
    meeting.first_outcome_at = first.seen_at if first else None
    meetings.add_change(session, meeting.id, made)
    if seen_in_calendar:
        meeting.known_start = new.start if new else None
        meeting.known_end = new.end if new else None
        meeting.written_sequence = made.sequence
        meeting.booking_status = "written" if new else "removed"
    picks = who_picks(house, session, pair, meeting, made) if reason_code not in SETTLED else None
    next_action = ask_to_pick(house, session, pair, meeting, picks) if picks else None
    _write_down(house, session, pair, meeting, made, [*earlier, made], next_action)
    mind_budget(house, session, pair, made)
    withdraw_about(house, session, pair.id, meeting.id)
    settle_fallback(house, session, pair, meeting)
    if meeting.calendar_id and not seen_in_calendar and meeting.booking_status in ("pending", "written"):
        meeting.booking_status = "pending"
        key = f"book:{meeting.id}:{meeting.sequence}"
        house.jobs.enqueue(session, "write_booking", meeting.id, key=key)
    plan_invitations(house, session, pair, meeting)
    return made


def _write_down(
    house: House,
    session: Session,
    pair: Pair,
    meeting: Meeting,
    made: Change,
    changes: list[Change],
    next_action: dict[str, Any] | None,
) -> None:
    shown = {
        "meeting_id": meeting.id,
        "sequence": made.sequence,
        "initiator": {"role": made.initiator.role or "unknown", "confidence": made.initiator.confidence},
        "detected_via": made.detected_via,
        "notice_minutes": made.notice_minutes,
        "late": made.late,
        "reason_code": made.reason_code,
    }
    note(
        house,
        session,
        pair.id,
        ENTRY[made.kind],
        **shown,
        old={"start": made.old.start, "end": made.old.end},
        new={"start": made.new.start, "end": made.new.end} if made.new else None,
        kind=meeting.kind,
    )
    data: dict[str, Any] = {**shown, "pair_id": pair.id, "old": times(made.old), "move_count": len(counted(changes))}
    if made.new is None:
        emit(house, session, "meeting.cancelled", {**data, "next_action": next_action})
        return
    new = {**times(made.new), "kind": meeting.kind, "hold_probability": round(meeting.hold_probability, 4)}
    emit(house, session, "meeting.rescheduled", {**data, "new": new, "next_action": next_action})
