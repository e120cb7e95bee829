"""The nightly refit: the global terms of the hold model, fitted to all that is recorded, and used if they are no worse.

Reading, computing and writing are apart: no transaction is open while it computes. Running it twice changes nothing, for
the same meetings make no second version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import structlog

from service.app.current_model import read_model
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.recorded import recorded_meetings
from service.domain.errors import NotNow
from service.domain.judging import judge, roll
from service.domain.judging.challenge import Challenge, challenge
from service.domain.judging.rolling import catch_up
from service.domain.stability import MeetingRow, document, terms_of
from service.store import model_versions
from service.store.tables import ModelVersion

log = structlog.get_logger(__name__)

LEAST_MEETINGS = 100  # known ones; with fewer the prior knows more than a fit could


def refit(house: House) -> str | None:
    """Fits, and keeps what came of it as a version; returns its id, or ``None`` where there was nothing new to learn."""
    now = house.now()
    rows = [row for row in recorded_meetings(house) if row.booked_at <= now]
    known = [row for row in rows if _speaks(row, now)]
    if len(known) < LEAST_MEETINGS:
        log.info("refit_not_yet", known=len(known), needed=LEAST_MEETINGS)
        return None
    fingerprint = _hash(known)
    with house.reading() as session:
        newest, active = model_versions.newest(session), model_versions.active(session)
    if newest is not None and newest.rows_hash == fingerprint:
        return None
    read_model(house)
    version_id = house.new_id("mdl")
    forecasts, learner = roll(rows)
    verdict = judge(rows, forecasts, learner)
    found = challenge(rows, forecasts, house.terms, active.rows_to if active else None)
    catch_up(learner, rows, now)
    terms = learner.terms(version_id)
    row = ModelVersion(
        id=version_id,
        terms=document(terms),
        metrics=_metrics(verdict.document(), found),
        rows=len(known),
        rows_from=min(one.booked_at for one in known),
        rows_to=max(one.speaks_at or 0 for one in known),
        rows_hash=fingerprint,
        verdict=_words(found),
        created_at=now,
    )
    with house.writing() as session:
        again = model_versions.newest(session)
        if again is not None and again.rows_hash == fingerprint:  # another worker did the same just now
            return None
        session.add(row)
        session.flush()
        if found.passed:
            model_versions.activate(session, version_id, now)
    read_model(house)
    log.info("refitted", version=version_id, rows=len(known), active=found.passed)
    return version_id


def use_version(house: House, version_id: str | None, *, once: Once | None = None) -> None:
    """Makes a kept version the one in use, or with ``None`` the prior. Raises ``NotFound``, ``NotNow``."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, version_id or "prior", house.now())
        if version_id is not None:
            _check_understood(model_versions.get(session, version_id))
        model_versions.activate(session, version_id, house.now())
    read_model(house)


def _check_understood(row: ModelVersion) -> None:
    try:
        terms_of(row.terms)
    except (KeyError, TypeError, ValueError):
        raise NotNow("This version comes from another release, which this one does not understand.") from None


def _speaks(row: MeetingRow, now: int) -> bool:
    at = row.speaks_at
    return at is not None and at <= now and not row.placeholder


def _hash(rows: Sequence[MeetingRow]) -> str:
    lines = sorted(
        f"{row.pair_id}|{row.booked_at}|{row.first_start}|{row.minutes}|{row.outcome}|{row.outcome_at}" for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _metrics(verdict: dict[str, Any], found: Challenge) -> dict[str, Any]:
    names = ("judged", "pairs", "held_share", "models", "within_pair_at_equal_lead", "predicts", "learnt", "claims")
    return {**{name: verdict[name] for name in names}, "challenge": found.document()}


def _words(found: Challenge) -> str:
    how = "no worse than" if found.passed else "worse than"
    what = "so it is used" if found.passed else "so those stay in use"
    return (
        f"On {found.meetings} meetings, rolling forward, its log loss was {found.fitted:.4f}: {how} the terms in use "
        f"({found.in_use:.4f}), {what}."
    )
