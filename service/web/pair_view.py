"""What a page shows of one pair, from one seat: read here in one view, worded in the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.app.pair_rules import Rules, rules_of
from service.app.read_busy import known_of
from service.app.read_patterns import read_patterns
from service.domain.busy import Busy
from service.domain.ledger import Seat
from service.domain.meeting import counted
from service.domain.timespan import DAY
from service.store import claims, loops, mails, meetings, pairs, people, proposals
from service.store.tables import HeldSlot, Meeting, Pair, Person, Proposal, ProposalSlot
from service.web.together_view import Together, together

SHOWN_OFFERS = 3  # the newest; more at once is no choice but a burden
REPORT_DAYS = 30  # so long after a meeting its outcome is asked for


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of an open proposal; ``free`` is how it stands now, not when it was offered."""

    row: ProposalSlot
    free: bool


@dataclass(frozen=True, slots=True)
class ProposalView:
    """An open proposal."""

    row: Proposal
    slots: tuple[SlotView, ...]
    my_turn: bool

    @property
    def any_free(self) -> bool:
        """Whether there is still something to choose."""
        return any(slot.free for slot in self.slots)


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting: how often it moved, what the reader said of it, and whether the invitations went out."""

    row: Meeting
    held: HeldSlot | None  # the second time, held for both
    moved: int
    said: bool | None
    invitation: str  # what became of the reader's own: organizer | calendar | queued | sent | kept | failed


@dataclass(frozen=True, slots=True)
class Gap:
    """A calendar that could not be read. ``text`` only for its owner."""

    mine: bool
    text: str


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as the person in ``seat`` sees it."""

    row: Pair
    seat: Seat
    me: Person
    other: Person
    proposals: tuple[ProposalView, ...]
    upcoming: tuple[MeetingView, ...]
    to_report: tuple[MeetingView, ...]
    gaps: tuple[Gap, ...]
    patterns: Mapping[str, Any]
    together: Together
    rules: Rules
    agrees: bool  # the reader, to times being booked without an answer
    both_agree: bool

    @property
    def names(self) -> dict[Seat, str]:
        """What both are called."""
        return {self.seat: self.me.name, self.seat.other: self.other.name}


def pair_views(house: House, person: Person) -> list[PairView]:
    """All pairs of a person: the active ones first."""
    with house.reading() as session:
        rows = pairs.of_person(session, person.id)
    order = {"active": 0, "paused": 1, "ended": 2}
    return [pair_view(house, person, row) for row in sorted(rows, key=lambda row: (order[row.status], row.id))]


def seat_in(pair: Pair, person_id: str) -> Seat:
    """Where somebody sits who is known to sit there."""
    return Seat.MENTOR if pair.mentor_id == person_id else Seat.MENTEE


def pair_view(house: House, person: Person, row: Pair) -> PairView:
    """One pair, read in one view of the database."""
    seat, now = seat_in(row, person.id), house.now()
    other_id = row.mentee_id if seat is Seat.MENTOR else row.mentor_id
    patterns = read_patterns(house, row.id)
    with house.reading() as session:
        other = people.get_many(session, [other_id])[other_id]
        history = meetings.history(session, [row.id])
        open_ = [p for p in proposals.open_of(session, row.id) if p.expires_at > now]
        offered = [(p, proposals.slots(session, p.id)) for p in open_[-SHOWN_OFFERS:]]
        until = max([slot.end for _, slots in offered for slot in slots], default=now + 28 * DAY)
        known = known_of(house, session, [person.id, other_id], now, until + 1, for_pair=row.id)
        agreed = together(session, person, row, seat, history, now)
        consents = loops.consents(session, [row.id])[row.id]
        shown = _meetings(session, row, seat, [m for m in history if m.status == "booked"])
    busy = Busy.union([known[person.id].busy, known[other_id].busy])
    gaps = [Gap(True, gap.text) for gap in known[person.id].unknown]
    gaps += [Gap(False, "") for _ in known[other_id].unknown[:1]]
    return PairView(
        row=row,
        seat=seat,
        me=person,
        other=other,
        proposals=tuple(_proposal(p, slots, seat, busy, now, whole=not gaps) for p, slots in offered),
        upcoming=tuple(m for m in shown if m.row.start > now),
        to_report=tuple(m for m in shown if now - REPORT_DAYS * DAY < m.row.start <= now and m.said is None),
        gaps=tuple(gaps),
        patterns=patterns,
        together=agreed,
        rules=rules_of(row),
        agrees=consents[0 if seat is Seat.MENTOR else 1],
        both_agree=all(consents),
    )


def _proposal(
    row: Proposal, slots: Sequence[ProposalSlot], seat: Seat, busy: Busy, now: int, *, whole: bool
) -> ProposalView:
    def free(slot: ProposalSlot) -> bool:
        return whole and slot.start > now and not busy.overlaps(slot.start, slot.end)

    return ProposalView(row, tuple(SlotView(slot, free(slot)) for slot in slots), row.responder == seat)


def meeting_view(house: House, pair: Pair, seat: Seat, meeting_id: str) -> MeetingView:
    """One meeting."""
    with house.reading() as session:
        return _meetings(session, pair, seat, [meetings.get(session, meeting_id)])[0]


def _meetings(session: Session, pair: Pair, seat: Seat, rows: Sequence[Meeting]) -> list[MeetingView]:
    ids = [row.id for row in rows]
    held = claims.held(session, ids)
    changes = meetings.changes(session, ids)
    mine = pair.mentor_id if seat is Seat.MENTOR else pair.mentee_id
    sent = {mail.meeting_id: mail.status for mail in mails.of_meetings(session, ids) if mail.person_id == mine}
    views = [
        MeetingView(
            row=row,
            held=held.get(row.id),
            moved=len(counted(changes[row.id])),
            said=row.mentor_says if seat is Seat.MENTOR else row.mentee_says,
            invitation=_invitation(row, seat, sent.get(row.id)),
        )
        for row in rows
    ]
    return sorted(views, key=lambda view: view.row.start)


def _invitation(row: Meeting, seat: Seat, mail: str | None) -> str:
    if row.organizer == seat:
        return "organizer"
    return "calendar" if row.server_invites else mail or "queued"
