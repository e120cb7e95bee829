"""Answering a proposal: accept a slot (then it is booked and both are invited, or the meeting it is about is moved there), or
decline.

Between looking and booking nothing can slip: the calendars are read afresh, then one transaction locks the pair and both
people's time, looks once more, and writes the meeting, its claim, the ledger, the webhook, the mails and the jobs.
"""

from __future__ import annotations

from sqlmodel import Session

from service.app.change_meeting import apply_change
from service.app.fallbacks import hold_one_of, make_way
from service.app.fresh_slots import check_free, with_fresh_slots
from service.app.house import House
from service.app.invite import plan_invitations
from service.app.last_meeting import last_is_booked
from service.app.once import Once, keep, seen_before
from service.app.propose_slots import check_active
from service.app.read_busy import known_of
from service.app.record import emit, note, times
from service.app.refresh import refresh
from service.app.withdraw import withdraw_others
from service.domain.errors import BadInput, NotNow, TimeGone
from service.domain.ledger import EntryType, Seat
from service.domain.meeting import Confidence, DetectedVia, Initiator, MeetingStatus
from service.domain.pair import PairStatus
from service.domain.proposal import Purpose
from service.domain.timespan import Span
from service.store import calendars, claims, loops, meetings, pairs, people, proposals
from service.store.tables import Calendar, Meeting, Pair, Proposal, ProposalSlot

FRESH_SECONDS = 2
# A move that Holdfast offered, or the second half of one that was counted: none of these counts (``EXCUSED_REASONS``).
REASONS = {Purpose.PICK: "picked", Purpose.CARE: "care", Purpose.SHORT_CALL: "short_call"}


def accept_slot(
    house: House,
    proposal_id: str,
    *,
    slot_id: str,
    by: Seat | None,
    via: DetectedVia = DetectedVia.API,
    once: Once | None = None,
) -> str:
    """Books the slot, or moves the meeting that the proposal is about there; returns the meeting's id. ``by`` ``None``: nobody
    answered in time, and both had agreed that it is booked then.

    Raises ``TimeGone`` when either is no longer free, ``NotNow`` when the proposal is not open (someone else was faster,
    say): both with fresh slots."""
    seen_before(house, once)
    with house.reading() as session:
        proposal = proposals.get(session, proposal_id)
        slot = _slot(proposals.slots(session, proposal_id), slot_id)
        pair = pairs.get(session, proposal.pair_id)
    meeting_id = house.new_id("mtg")
    try:
        _check(house, proposal, pair, slot, as_agreed=by is None)
        refresh(house, [pair.mentor_id, pair.mentee_id], older_than=FRESH_SECONDS)
        with house.writing() as session:
            pair = pairs.locked(session, proposal.pair_id)
            current = proposals.get(session, proposal_id)
            _check(house, current, pair, slot, as_agreed=by is None)
            if by is None and not loops.both_consent(session, pair):
                raise NotNow("One of the two no longer wants times to be booked without an answer.")
            standing = _about(house, session, current)
            meeting_id = standing.id if standing else meeting_id
            keep(session, once, meeting_id, house.now())
            seats, span = [pair.mentor_id, pair.mentee_id], Span(slot.start, slot.end)
            people.lock_time(session, seats)
            known = known_of(
                house, session, seats, span.start, span.end, but=standing.id if standing else None, for_pair=pair.id
            )
            check_free(known, span, own=Span(standing.start, standing.end) if standing else None)
            if standing is not None and by is not None:
                _move(house, session, pair, current, slot, standing, by, via)
            else:
                _book(house, session, pair, current, slot, meeting_id, by)
    except (TimeGone, NotNow) as trouble:
        raise with_fresh_slots(house, proposal.pair_id, trouble, duration_minutes=proposal.duration_minutes) from None
    return meeting_id


def _slot(slots: list[ProposalSlot], slot_id: str) -> ProposalSlot:
    for slot in slots:
        if slot.id == slot_id:
            return slot
    raise BadInput.of("slot_id", "is not a slot of this proposal")


def _about(house: House, session: Session, proposal: Proposal) -> Meeting | None:
    """The meeting that this proposal would move; ``None`` where it books a new one, also in place of one called off."""
    if proposal.meeting_id is None:
        return None
    meeting = meetings.get(session, proposal.meeting_id)
    if meeting.status == MeetingStatus.CANCELLED and proposal.purpose == Purpose.PICK:
        return None
    if meeting.status != MeetingStatus.BOOKED:
        raise NotNow(f"This meeting is {meeting.status}.", extra={"status": meeting.status})
    if meeting.start <= house.now():
        raise NotNow("This meeting has begun.")
    return meeting


def _move(
    house: House,
    session: Session,
    pair: Pair,
    proposal: Proposal,
    slot: ProposalSlot,
    meeting: Meeting,
    by: Seat,
    via: DetectedVia,
) -> None:
    proposal.status, proposal.nudge_at = "accepted", None
    note(
        house, session, pair.id, EntryType.PROPOSAL_ACCEPTED,
        proposal_id=proposal.id, slot_id=slot.id, by=by.value, meeting_id=meeting.id,
    )  # fmt: skip
    apply_change(
        house, session, pair, meeting, Span(slot.start, slot.end),
        initiator=Initiator(by, Confidence.OBSERVED), via=via, reason_code=REASONS[Purpose(proposal.purpose)],
    )  # fmt: skip


def _check(house: House, proposal: Proposal, pair: Pair, slot: ProposalSlot, *, as_agreed: bool) -> None:
    check_active(pair)
    if proposal.status == "open" and proposal.expires_at <= house.now() and not as_agreed:
        raise NotNow("This proposal has run out; ask for a new one.", extra={"status": "expired"})
    if proposal.status != "open":
        raise NotNow(f"This proposal is {proposal.status}.", extra={"status": proposal.status})
    if slot.start <= house.now():
        raise NotNow("That slot lies in the past.")


def _book(
    house: House, session: Session, pair: Pair, proposal: Proposal, slot: ProposalSlot, meeting_id: str, by: Seat | None
) -> None:
    chosen_by = by.value if by else None
    calendar, organizer = _organizer(session, pair)
    meeting = Meeting(
        id=meeting_id,
        pair_id=pair.id,
        proposal_id=proposal.id,
        slot_id=slot.id,
        status=MeetingStatus.BOOKED.value,
        start=slot.start,
        end=slot.end,
        first_start=slot.start,
        first_kind=slot.kind,
        first_facts=slot.facts,
        kind=slot.kind,
        hold_probability=slot.hold_probability,
        ics_uid=f"{meeting_id}@holdfast",
        organizer=organizer,
        calendar_id=calendar.id if calendar else None,
        booking_status="pending" if calendar else "none",
        server_invites=bool(calendar and calendar.server_invites),
        created_at=house.now(),
    )
    session.add(meeting)
    session.flush()
    if claims.claim(session, meeting_id, [pair.mentor_id, pair.mentee_id], Span(slot.start, slot.end)):
        raise TimeGone("Another meeting has taken that time.")
    make_way(house, session, pair.id, Span(slot.start, slot.end))
    proposal.status, proposal.nudge_at = "accepted", None
    if pair.status == PairStatus.ENDED:
        last_is_booked(pair)
    zone = people.get(session, pair.mentor_id).time_zone
    note(
        house, session, pair.id, EntryType.PROPOSAL_ACCEPTED,
        proposal_id=proposal.id, slot_id=slot.id, by=chosen_by, meeting_id=meeting_id,
    )  # fmt: skip
    note(
        house, session, pair.id, EntryType.MEETING_BOOKED,
        meeting_id=meeting_id, start=slot.start, end=slot.end, kind=slot.kind,
        hold_probability=round(slot.hold_probability, 4), zone=zone, by=chosen_by,
    )  # fmt: skip
    withdraw_others(house, session, pair.id, but=proposal.id)
    hold_one_of(house, session, pair, meeting, proposals.slots(session, proposal.id))
    emit(
        house,
        session,
        "meeting.booked",
        {
            "meeting_id": meeting_id,
            "pair_id": pair.id,
            "proposal_id": proposal.id,
            "sequence": 0,
            **times(Span(slot.start, slot.end)),
            "kind": slot.kind,
            "hold_probability": round(slot.hold_probability, 4),
            "accepted_by": chosen_by,
        },
    )
    if calendar:
        house.jobs.enqueue(session, "write_booking", meeting_id, key=f"book:{meeting_id}:0")
    plan_invitations(house, session, pair, meeting)


def _organizer(session: Session, pair: Pair) -> tuple[Calendar | None, str]:
    """The mentor's primary writable calendar, else the mentee's, else Holdfast itself."""
    rows = calendars.of_people(session, [pair.mentor_id, pair.mentee_id])
    for person_id, seat in ((pair.mentor_id, Seat.MENTOR), (pair.mentee_id, Seat.MENTEE)):
        writable = [c for c in rows if c.person_id == person_id and c.writable and c.status == "connected"]
        writable.sort(key=lambda c: not c.is_primary)
        if writable:
            return writable[0], seat.value
    return None, "holdfast"


def decline_proposal(house: House, proposal_id: str, *, by: Seat, once: Once | None = None) -> str:
    """None of these. No reason is asked; returns the proposal's id."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, proposals.get(session, proposal_id).pair_id)
        keep(session, once, proposal_id, house.now())
        proposal = proposals.get(session, proposal_id)
        if proposal.status != "open":
            raise NotNow(f"This proposal is {proposal.status}.", extra={"status": proposal.status})
        proposal.status, proposal.nudge_at = "declined", None
        note(house, session, pair.id, EntryType.PROPOSAL_DECLINED, proposal_id=proposal_id, by=by.value)
    return proposal_id
