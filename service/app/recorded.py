"""What is recorded of meetings, ours and those that a history file brought, as rows of the hold model."""

from __future__ import annotations

from service.app.house import House
from service.domain.judging.off_policy import Logged
from service.domain.stability import MeetingRow, Outcome
from service.domain.timespan import MINUTE
from service.domain.windows import WindowKind
from service.store import past_meetings

LEAST_OPTIONS = 2


def recorded_meetings(house: House, programme_id: str | None = None) -> list[MeetingRow]:
    """All of them, or one programme's (its history file, and its pairs' meetings), in a fixed order."""
    with house.reading() as session:
        ours, before = past_meetings.recorded(session, programme_id)
    rows = [
        MeetingRow(
            booked_at=booked,
            first_start=first,
            minutes=(end - start) // MINUTE,
            kind=WindowKind(kind),
            outcome=Outcome(outcome) if outcome else None,
            outcome_at=at,
            zone=zone,
            pair_id=pair,
            mentor_id=mentor,
            mentee_id=mentee,
            facts=facts,
        )
        for booked, first, start, end, kind, outcome, at, facts, pair, mentor, mentee, zone in ours
    ]
    rows += [
        MeetingRow(
            booked_at=booked,
            first_start=first,
            minutes=minutes,
            kind=WindowKind(kind),
            outcome=Outcome(outcome) if outcome else None,
            outcome_at=at,
            zone=zone,
            pair_id=pair,
            mentor_id=mentor,
            mentee_id=mentee,
            placeholder=placeholder,
        )
        for booked, first, minutes, kind, outcome, at, placeholder, pair, mentor, mentee, zone in before
    ]
    return rows


def logged_choices(house: House, programme_id: str | None = None) -> list[Logged]:
    """Meetings whose time had been drawn from several of equal lead by a known chance (``domain.exploring``), with what
    became of them. Chosen by when they were to be over, not by whether they are known: of the others nobody knows yet."""
    with house.reading() as session:
        rows = past_meetings.drawn(session, programme_id, over_by=house.now())
    found = []
    for pair_id, first_start, outcome, among in rows:
        chosen = next((number for number, one in enumerate(among) if one[0] == first_start), None)
        if chosen is None or len(among) < LEAST_OPTIONS:
            continue
        found.append(
            Logged(
                chance=tuple(float(one[2]) for one in among),
                start=tuple(int(one[0]) for one in among),
                chosen=chosen,
                propensity=float(among[chosen][3]),
                held=outcome == Outcome.HELD,
                pair=pair_id,
            )
        )
    return found
