"""Pairs: two people begin to meet; later they pause, resume, start afresh or end. No reason is asked for any of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from service.app.change_meeting import apply_change
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.record import emit, note
from service.domain.errors import BadInput, NotNow, Stale
from service.domain.ledger import EntryType, Seat
from service.domain.meeting import NOBODY_KNOWN, DetectedVia
from service.domain.pair import CadenceUnit, PairKind, PairStatus
from service.store import meetings, pairs, people, proposals
from service.store.tables import Pair

SHORTEST, LONGEST = 15, 240


def _cadence(raw: Mapping[str, Any]) -> tuple[int, str]:
    every = raw.get("every", 1)
    if not isinstance(every, int) or not 1 <= every <= 52:
        raise BadInput.of("cadence.every", "must be from 1 to 52")
    if raw.get("unit") not in {unit.value for unit in CadenceUnit}:
        raise BadInput.of("cadence.unit", "must be week or month")
    return every, str(raw["unit"])


def _duration(minutes: int) -> int:
    if not SHORTEST <= minutes <= LONGEST or minutes % 5:
        raise BadInput.of("duration_minutes", f"must be from {SHORTEST} to {LONGEST}, in steps of 5")
    return minutes


def create_pair(house: House, facts: Mapping[str, Any], *, once: Once | None = None) -> str:
    """Makes a pair as in ``POST /v1/pairs``; returns its id."""
    seen_before(house, once)
    if facts["mentor_id"] == facts["mentee_id"]:
        raise BadInput.of("mentee_id", "must be someone else than the mentor")
    kind = facts.get("kind", PairKind.MENTORING)
    if kind not in {k.value for k in PairKind}:
        raise BadInput.of("kind", "must be mentoring or coaching")
    every, unit = _cadence(facts.get("cadence") or {"every": 1, "unit": "month"})
    pair_id = house.new_id("pair")
    with house.writing() as session:
        keep(session, once, pair_id, house.now())
        for field in ("mentor_id", "mentee_id"):
            if facts[field] not in people.get_many(session, [facts[field]]):
                raise BadInput.of(field, f"there is no person {facts[field]}")
            people.get(session, facts[field])
        session.add(
            Pair(
                id=pair_id,
                mentor_id=facts["mentor_id"],
                mentee_id=facts["mentee_id"],
                kind=str(kind),
                cadence_every=every,
                cadence_unit=unit,
                duration_minutes=_duration(facts.get("duration_minutes", 60)),
                focus=facts.get("focus"),
                objectives=list(facts.get("objectives") or []),
                programme_id=facts.get("programme_id"),
                move_budget=facts.get("move_budget"),
                conference=bool(facts.get("conference", False)),
                created_at=house.now(),
            )
        )
        session.flush()
        note(house, session, pair_id, EntryType.PAIR_CREATED)
    return pair_id


def change_pair(house: House, pair_id: str, facts: Mapping[str, Any], *, if_version: int | None = None) -> None:
    """Changes cadence, length, focus, objectives, move budget, or whether new bookings bear a link to meet at."""
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        if if_version is not None and pair.version != if_version:
            raise Stale("This pair was changed in between; read again and send your change once more.")
        if "cadence" in facts:
            pair.cadence_every, pair.cadence_unit = _cadence(facts["cadence"])
        if "duration_minutes" in facts:
            pair.duration_minutes = _duration(facts["duration_minutes"])
        for name in ("focus", "objectives", "move_budget", "conference"):
            if name in facts:
                setattr(pair, name, facts[name])
        pair.version += 1


def pause_pair(house: House, pair_id: str, *, by: Seat, until: int | None, once: Once | None = None) -> None:
    """Rests until ``until`` (or until someone resumes). Who asked is not written down. Open proposals are withdrawn."""
    seen_before(house, once)
    if until is not None and until <= house.now():
        raise BadInput.of("until", "must be in the future")
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if pair.status == PairStatus.ENDED:
            raise NotNow("This pair has ended.")
        pair.status, pair.paused_until, pair.version = PairStatus.PAUSED.value, until, pair.version + 1
        note(house, session, pair_id, EntryType.PAIR_PAUSED, until=until)
        withdraw_open(house, session, pair_id)
        emit(house, session, "pair.paused", {"pair_id": pair_id})


def resume_pair(house: House, pair_id: str, *, by: Seat, once: Once | None = None) -> None:
    """Goes on where it stopped."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if pair.status == PairStatus.ENDED:
            raise NotNow("This pair has ended; restart it to meet again.")
        if pair.status == PairStatus.PAUSED:
            pair.status, pair.paused_until, pair.version = PairStatus.ACTIVE.value, None, pair.version + 1
            note(house, session, pair_id, EntryType.PAIR_RESUMED)


def resume_due(house: House) -> int:
    """Goes on with every pair whose pause has run out; returns how many."""
    with house.reading() as session:
        rested = pairs.rested(session, house.now())
    for pair_id in rested:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            if pair.status == PairStatus.PAUSED and pair.paused_until is not None and pair.paused_until <= house.now():
                pair.status, pair.paused_until, pair.version = PairStatus.ACTIVE.value, None, pair.version + 1
                note(house, session, pair_id, EntryType.PAIR_RESUMED)
    return len(rested)


def restart_pair(house: House, pair_id: str, *, by: Seat, once: Once | None = None) -> None:
    """A fresh start, also after an end: what was moved before stops counting and stays on record."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if any(p.erased_at is not None for p in people.get_many(session, [pair.mentor_id, pair.mentee_id]).values()):
            raise NotNow("One of the two is no longer here.")
        pair.status, pair.paused_until, pair.version = PairStatus.ACTIVE.value, None, pair.version + 1
        note(house, session, pair_id, EntryType.PAIR_RESTARTED)


def end_pair(house: House, pair_id: str, *, by: Seat, once: Once | None = None) -> None:
    """Ends it: upcoming meetings are called off in neutral words, and nobody learns who asked."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if pair.status == PairStatus.ENDED:
            return
        pair.status, pair.paused_until, pair.version = PairStatus.ENDED.value, None, pair.version + 1
        withdraw_open(house, session, pair_id)
        for meeting in meetings.upcoming(session, pair_id, house.now()):
            if meeting.start > house.now():
                apply_change(
                    house, session, pair, meeting, None,
                    initiator=NOBODY_KNOWN, via=DetectedVia.APP, reason_code="pair_ended",
                )  # fmt: skip
        note(house, session, pair_id, EntryType.PAIR_ENDED)
        emit(house, session, "pair.ended", {"pair_id": pair_id})


def withdraw_open(house: House, session: Session, pair_id: str, *, but: str | None = None) -> None:
    """Withdraws the pair's open proposals, all but one."""
    for proposal in proposals.open_of(session, pair_id):
        if proposal.id != but:
            proposal.status = "withdrawn"
            note(house, session, pair_id, EntryType.PROPOSAL_WITHDRAWN, proposal_id=proposal.id)
