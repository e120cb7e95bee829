"""Meetings from before, out of history files; and all that the hold model learns from, ours and those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, func, insert, select

from service.domain.errors import NotFound
from service.store.tables import HistoryImport, Meeting, Pair, PastMeeting, Person, ProposalSlot

_AT_ONCE = 500

Key = tuple[str, int, int]  # pair, when booked, first start


def get_import(session: Session, import_id: str) -> HistoryImport:
    """One import. Raises ``NotFound``."""
    row = session.get(HistoryImport, import_id)
    if row is None:
        raise NotFound(f"There is no import {import_id}.")
    return row


def keys(session: Session, programme_id: str) -> dict[Key, int]:
    """What is there already of a programme's history, each with its row's number."""
    columns = (col(PastMeeting.pair_id), col(PastMeeting.booked_at), col(PastMeeting.first_start), col(PastMeeting.id))
    found = session.execute(sql_select(*columns).where(col(PastMeeting.programme_id) == programme_id))
    return {(pair, booked, start): number for pair, booked, start, number in found.all() if number is not None}


def of_person(session: Session, person_id: str) -> list[PastMeeting]:
    """What history files tell of somebody, oldest first."""
    either = (col(PastMeeting.mentor_id) == person_id) | (col(PastMeeting.mentee_id) == person_id)
    return list(session.exec(select(PastMeeting).where(either).order_by(col(PastMeeting.booked_at))).all())


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows, columns by name."""
    for at in range(0, len(rows), _AT_ONCE):
        session.execute(insert(PastMeeting), list(rows[at : at + _AT_ONCE]))


def drop(session: Session, numbers: Sequence[int]) -> None:
    """Takes rows out."""
    for at in range(0, len(numbers), _AT_ONCE):
        session.execute(delete(PastMeeting).where(col(PastMeeting.id).in_(numbers[at : at + _AT_ONCE])))


def people_by_name(session: Session, names: Iterable[str]) -> dict[str, str]:
    """Ids of people who are called so in a file: by id, or by address (in lower case)."""
    wanted = sorted(set(names))
    found: dict[str, str] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        part = wanted[at : at + _AT_ONCE]
        lower = [name.lower() for name in part]
        query = select(Person.id, Person.email).where(
            col(Person.erased_at).is_(None), col(Person.id).in_(part) | func.lower(col(Person.email)).in_(lower)
        )
        for person_id, email in session.exec(query).all():
            found[person_id] = found[email.lower()] = person_id
    return found


def pairs_of_people(session: Session, person_ids: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Ids of the pairs of these mentors, by mentor and mentee."""
    wanted = sorted(set(person_ids))
    found: dict[tuple[str, str], list[str]] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        query = select(Pair.id, Pair.mentor_id, Pair.mentee_id).where(
            col(Pair.mentor_id).in_(wanted[at : at + _AT_ONCE])
        )
        for pair_id, mentor, mentee in session.exec(query.order_by(col(Pair.id))).all():
            found.setdefault((mentor, mentee), []).append(pair_id)
    return found


def own_starts(session: Session, pair_ids: Iterable[str]) -> set[tuple[str, int]]:
    """Which first starts of these pairs we have recorded ourselves."""
    wanted = sorted(set(pair_ids))
    found: set[tuple[str, int]] = set()
    for at in range(0, len(wanted), _AT_ONCE):
        query = select(Meeting.pair_id, Meeting.first_start).where(col(Meeting.pair_id).in_(wanted[at : at + _AT_ONCE]))
        found.update((pair, start) for pair, start in session.exec(query).all())
    return found


def recorded(session: Session, programme_id: str | None) -> tuple[list[Any], list[Any]]:
    """Everything recorded, of one programme or of all, as plain columns: our meetings ``(created_at, first_start, start,
    end, kind, outcome, outcome_at, facts, pair, mentor, mentee, zone)``, and those from before ``(booked_at, first_start,
    minutes, kind, outcome, outcome_at, placeholder, pair, mentor, mentee, zone)``. Two queries, in a fixed order."""
    ours = (
        sql_select(
            col(Meeting.created_at),
            col(Meeting.first_start),
            col(Meeting.start),
            col(Meeting.end),
            col(Meeting.first_kind),
            col(Meeting.first_outcome),
            col(Meeting.first_outcome_at),
            col(Meeting.first_facts),
            col(Meeting.pair_id),
            col(Pair.mentor_id),
            col(Pair.mentee_id),
            col(Person.time_zone),
        )
        .join(Pair, col(Pair.id) == col(Meeting.pair_id))
        .join(Person, col(Person.id) == col(Pair.mentor_id))
        .order_by(col(Meeting.id))
    )
    before = sql_select(
        col(PastMeeting.booked_at),
        col(PastMeeting.first_start),
        col(PastMeeting.minutes),
        col(PastMeeting.kind),
        col(PastMeeting.outcome),
        col(PastMeeting.outcome_at),
        col(PastMeeting.placeholder),
        col(PastMeeting.pair_id),
        col(PastMeeting.mentor_id),
        col(PastMeeting.mentee_id),
        col(PastMeeting.time_zone),
    ).order_by(col(PastMeeting.id))
    if programme_id is not None:
        ours = ours.where(col(Pair.programme_id) == programme_id)
        before = before.where(col(PastMeeting.programme_id) == programme_id)
    return list(session.execute(ours).all()), list(session.execute(before).all())


def drawn(session: Session, programme_id: str | None, *, over_by: int) -> list[Any]:
    """``(pair, first start, outcome, what the slot was drawn from)`` of our meetings whose slot was drawn, that were to be
    over by then and whose outcome is known, by id."""
    over = col(Meeting.first_start) + (col(ProposalSlot.end) - col(ProposalSlot.start))
    query = (
        sql_select(col(Meeting.pair_id), col(Meeting.first_start), col(Meeting.first_outcome), col(ProposalSlot.among))
        .join(ProposalSlot, col(ProposalSlot.id) == col(Meeting.slot_id))
        .where(col(Meeting.first_outcome).is_not(None), over <= over_by, col(ProposalSlot.among).is_not(None))
        .order_by(col(Meeting.id))
    )
    if programme_id is not None:
        query = query.join(Pair, col(Pair.id) == col(Meeting.pair_id)).where(col(Pair.programme_id) == programme_id)
    return [row for row in session.execute(query).all() if row[3]]
