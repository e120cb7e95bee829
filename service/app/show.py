"""The things of the house in the words of the API. Pages read the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.app.pair_rules import rules_words
from service.app.show_slots import local_words
from service.app.timetables import window_words
from service.domain.ledger import Seat
from service.domain.meeting import Change, ChangeKind
from service.domain.proposal import Purpose
from service.domain.timespan import rfc3339
from service.store import claims, mails, meetings, people, proposals
from service.store.leave_tables import Review
from service.store.tables import (
    Calendar,
    HeldSlot,
    LedgerEntry,
    LocalEvent,
    MailRow,
    Meeting,
    Pair,
    Person,
    Proposal,
)


def _at(instant: int | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def person(house: House, row: Person) -> dict[str, Any]:
    """A person with every default filled in."""
    token = house.vault.open(row.feed_secret, row.id)
    return {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "time_zone": row.time_zone,
        "working_hours": row.working_hours,
        "windows": window_words(row),
        "preferences": {
            "min_notice_hours": row.min_notice_hours,
            "buffer_minutes": row.buffer_minutes,
            "max_meetings_per_day": row.max_meetings_per_day,
            "holidays": row.holidays,
            "churn": row.churn,
            "mails_per_week": row.mails_per_week,
            "quiet_hours": quiet_hours(row),
            "language": row.language,
        },
        "feed_url": f"{house.public_url.rstrip('/')}/feeds/{token}.ics",
        "created_at": rfc3339(row.created_at),
        "version": row.version,
    }


def quiet_hours(row: Person) -> dict[str, str] | None:
    """When nothing that asks is mailed; ``None``: at no time."""
    if row.quiet_from == row.quiet_until:
        return None
    return {name: f"{at // 60:02d}:{at % 60:02d}" for name, at in (("start", row.quiet_from), ("end", row.quiet_until))}


def calendar(row: Calendar) -> dict[str, Any]:
    """A calendar: never its credentials, nor a secret address."""
    return {
        "id": row.id,
        "person_id": row.person_id,
        "provider": row.provider,
        "name": row.name,
        "status": row.status,
        "problem": {"code": row.problem, "text": row.problem_text} if row.problem else None,
        "access": row.access,
        "primary": row.is_primary,
        "counts": row.counts,
        "writable": row.writable,
        "invites": row.server_invites,
        "settings": {k: v for k, v in row.settings.items() if k in ("host", "source", "url", "email", "time_zone")},
        "synced_at": _at(row.synced_at),
        "created_at": rfc3339(row.created_at),
        "version": row.version,
    }


def local_event(row: LocalEvent) -> dict[str, Any]:
    """An event of a local calendar."""
    return {
        "id": row.id,
        "calendar_id": row.calendar_id,
        "title": row.title,
        "start": rfc3339(row.start),
        "end": rfc3339(row.end),
        "transparent": row.transparent,
        "meeting_id": row.meeting_id,
        "version": row.version,
    }


def pair(row: Pair) -> dict[str, Any]:
    """A pair."""
    return {
        "id": row.id,
        "mentor_id": row.mentor_id,
        "mentee_id": row.mentee_id,
        "kind": row.kind,
        "cadence": {"every": row.cadence_every, "unit": row.cadence_unit},
        "duration_minutes": row.duration_minutes,
        "focus": row.focus,
        "objectives": row.objectives,
        "sessions_agreed": row.sessions_agreed,
        "next_step": row.next_step,
        "programme_id": row.programme_id,
        "move_budget": row.move_budget,
        "conference": row.conference,
        "rules": rules_words(row),
        "status": row.status,
        "paused_until": _at(row.paused_until),
        "last_meeting": row.farewell,
        "created_at": rfc3339(row.created_at),
        "version": row.version,
    }


def review(row: Review) -> dict[str, Any]:
    """A review: what came of it, never who chose what, nor who has chosen."""
    return {
        "id": row.id,
        "pair_id": row.pair_id,
        "status": row.status,
        "because": row.because,
        "opened_at": rfc3339(row.opened_at),
        "closes_at": rfc3339(row.closes_at),
        "agreed": row.agreed,
        "settled_at": _at(row.settled_at),
    }


def zones_of(session: Session, row: Pair) -> dict[Seat, str]:
    """Each seat's clock."""
    rows = people.get_many(session, [row.mentor_id, row.mentee_id])
    return {Seat.MENTOR: rows[row.mentor_id].time_zone, Seat.MENTEE: rows[row.mentee_id].time_zone}


def proposal(session: Session, row: Proposal, owner: Pair) -> dict[str, Any]:
    """A proposal with its slots, best first."""
    return offer(row, proposals.slots(session, row.id), zones_of(session, owner))


def offer(row: Any, slots: Sequence[Any], zones: Mapping[Seat, str]) -> dict[str, Any]:
    """The same, of what the caller has read, or written, already: a ``Proposal`` and ``ProposalSlot``s, or their like."""
    return {
        "id": row.id,
        "pair_id": row.pair_id,
        "status": row.status,
        "purpose": row.purpose,
        "meeting_id": row.meeting_id,
        "responder": row.responder,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
        "complete": row.complete,
        "duration_minutes": row.duration_minutes,
        "slots": [
            {
                "id": slot.id,
                "start": rfc3339(slot.start),
                "end": rfc3339(slot.end),
                "kind": slot.kind,
                "hold_probability": round(slot.hold_probability, 4),
                "interval": [round(slot.low, 4), round(slot.high, 4)],
                "reasons": slot.reasons,
                "local": local_words(slot.start, zones),
            }
            for slot in slots
        ],
        "basis": row.basis,
        "declined_because": row.declined_because,
    }


def change(item: Change) -> dict[str, Any]:
    """One entry of a meeting's ``moves``."""
    return {
        "kind": item.kind,
        "sequence": item.sequence,
        "old": {"start": rfc3339(item.old.start), "end": rfc3339(item.old.end)},
        "new": {"start": rfc3339(item.new.start), "end": rfc3339(item.new.end)} if item.new else None,
        "initiator": {"role": item.initiator.role or "unknown", "confidence": item.initiator.confidence},
        "detected_via": item.detected_via,
        "seen_at": rfc3339(item.seen_at),
        "notice_minutes": item.notice_minutes,
        "late": item.late,
        "reason_code": item.reason_code,
        "undone": False,
    }


def changes(items: Sequence[Change]) -> list[dict[str, Any]]:
    """All of them; a move that the next change undid says so."""
    words = [change(item) for item in items]
    for index, item in enumerate(items):
        if item.kind is ChangeKind.MOVED_BACK and index:
            words[index - 1]["undone"] = True
    return words


def meetings_words(session: Session, rows: Sequence[Meeting], owner: Pair) -> list[dict[str, Any]]:
    """Several meetings of one pair: a few queries, however many there are."""
    ids = [row.id for row in rows]
    made = meetings.changes(session, ids)
    sent: dict[str, list[MailRow]] = {id_: [] for id_ in ids}
    for mail in mails.of_meetings(session, ids):
        sent[mail.meeting_id or ""].append(mail)
    zones = zones_of(session, owner)
    held, picks = claims.held(session, ids), proposals.about(session, ids, Purpose.PICK)
    return [
        {
            **_meeting(row, made[row.id], _invites(row, owner, sent[row.id]), zones),
            "fallback": _fallback(held.get(row.id), zones),
            "next_action": _next_action(picks.get(row.id)),
        }
        for row in rows
    ]


def _fallback(row: HeldSlot | None, zones: dict[Seat, str]) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "start": rfc3339(row.start),
        "end": rfc3339(row.end),
        "kind": row.kind,
        "hold_probability": round(row.hold_probability, 4),
        "local": local_words(row.start, zones),
    }


def _next_action(row: Proposal | None) -> dict[str, str] | None:
    return None if row is None else {"owner": row.responder, "due": rfc3339(row.expires_at)}


def _rescored(row: Meeting) -> dict[str, Any] | None:
    if row.scored_at is None or row.scored_probability is None:
        return None
    return {"at": rfc3339(row.scored_at), "hold_probability": round(row.scored_probability, 4)}


def _meeting(row: Meeting, made: Sequence[Change], invites: dict[str, str], zones: dict[Seat, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "pair_id": row.pair_id,
        "proposal_id": row.proposal_id,
        "status": row.status,
        "sequence": row.sequence,
        "start": rfc3339(row.start),
        "end": rfc3339(row.end),
        "first_start": rfc3339(row.first_start),
        "kind": row.kind,
        "hold_probability": round(row.hold_probability, 4),
        "local": local_words(row.start, zones),
        "rescored": _rescored(row),
        "moves": changes(made),
        "invites": invites,
        "answers": {
            "mentor": row.mentor_answer,
            "mentee": row.mentee_answer,
            "proposed": {"mentor": _proposed(row.mentor_proposed), "mentee": _proposed(row.mentee_proposed)},
        },
        "organizer": row.organizer,
        "calendar": {"id": row.calendar_id, "status": row.booking_status, "problem": row.booking_problem},
        "outcome": {"mentor": row.mentor_says, "mentee": row.mentee_says},
        "ics_uid": row.ics_uid,
        "booked_at": rfc3339(row.created_at),
        "version": row.version,
    }


def _proposed(times: str | None) -> dict[str, str] | None:
    start, _, end = (times or "").partition("/")
    return {"start": start, "end": end} if start and end else None


def _invites(row: Meeting, owner: Pair, sent: Sequence[MailRow]) -> dict[str, str]:
    """``organizer`` (the event is in their calendar), ``calendar`` (their server invites), or what became of the mail:
    ``queued``, ``sent``, ``kept``, ``failed``."""
    newest = {mail.person_id: mail.status for mail in sent}
    words = {}
    for seat, person_id in ((Seat.MENTOR, owner.mentor_id), (Seat.MENTEE, owner.mentee_id)):
        if row.organizer == seat:
            words[seat.value] = "organizer"
        elif row.server_invites:
            words[seat.value] = "calendar" if row.booking_status in ("written", "removed") else "queued"
        else:
            words[seat.value] = newest.get(person_id, "queued")
    return words


def ledger_entry(row: LedgerEntry) -> dict[str, Any]:
    """A line of the ledger; every time in it as RFC 3339."""
    return {"id": row.id, "at": rfc3339(row.at), "type": row.type, **_with_times(row.data)}


TIME_KEYS = {"start", "end", "until", "expires_at"}


def _with_times(data: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            shown[key] = _with_times(value)
        else:
            shown[key] = rfc3339(value) if key in TIME_KEYS and isinstance(value, int) else value
    return shown
