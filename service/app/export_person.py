"""Export: all that is held of a person, in the words of the API (``store.fates`` says what becomes of every column)."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from service.app import show
from service.app.house import House
from service.app.show_churn import held_words
from service.domain.busy import KINDS, Busy
from service.domain.timespan import rfc3339
from service.store import (
    asks,
    calendars,
    farewells,
    local_events,
    loops,
    mails,
    marks,
    meetings,
    pairs,
    past_meetings,
    people,
    proposals,
    reviews,
)
from service.store.tables import AskRow, Calendar, Pair, PastMeeting


def export_person(house: House, person_id: str) -> dict[str, Any]:
    """All of it but credentials, which are not data about a person and stay sealed, and what is the other's alone."""
    with house.reading() as session:
        row = people.get(session, person_id)
        owned = calendars.of_people(session, [person_id])
        seats = pairs.of_person(session, person_id)
        pair_ids = [pair.id for pair in seats]
        return {
            "person": show.person(house, row),
            "calendars": [{**show.calendar(calendar), "busy": _busy(calendar)} for calendar in owned],
            "events": [
                show.local_event(e) for e in local_events.standing(session, [calendar.id for calendar in owned])
            ],
            "pairs": _pairs(session, seats, person_id),
            "history": [_past(one) for one in past_meetings.of_person(session, person_id)],
            "churn": held_words(session, row),
            "worth": [
                {"meeting_id": meeting_id, "worth": worth}
                for meeting_id, worth in marks.of_person(session, person_id, pair_ids).items()
            ],
            "review_choices": [
                {"review_id": review_id, "choice": choice}
                for review_id, choice in reviews.choices_of(session, person_id).items()
            ],
            "last_meeting_wishes": [
                {"pair_id": pair_id, "wish": wish} for pair_id, wish in farewells.wishes_of(session, person_id).items()
            ],
            "asks": [_ask(one) for one in asks.everything_of(session, person_id)],
            "mails": [
                {"subject": m.subject, "text": m.text, "status": m.status, "created_at": rfc3339(m.created_at)}
                for m in mails.everything_of(session, person_id)
            ],
        }


def _pairs(session: Session, seats: list[Pair], person_id: str) -> list[dict[str, Any]]:
    ids = [pair.id for pair in seats]
    offered, looked_at = proposals.of_pairs(session, ids), reviews.of_pairs(session, ids)
    agreed = loops.consents(session, ids)
    found = []
    for pair in seats:
        zones = show.zones_of(session, pair)
        history = pairs.ledger_page(session, pair.id, cursor=None, limit=100_000)[0]
        found.append(
            {
                **show.pair(pair),
                "auto_confirm": agreed[pair.id][0 if pair.mentor_id == person_id else 1],
                "meetings": show.meetings_words(session, meetings.history(session, [pair.id]), pair),
                "proposals": [show.offer(row, slots, zones) for row, slots in offered if row.pair_id == pair.id],
                "reviews": [show.review(row) for row in looked_at if row.pair_id == pair.id],
                "ledger": [show.ledger_entry(entry) for entry in history],
            }
        )
    return found


def _busy(calendar: Calendar) -> list[dict[str, str]]:
    """When the calendar takes time, as far as it was read; what is in it is not held."""
    if calendar.busy is None:
        return []
    table = Busy.unpack(calendar.busy)
    rows = zip(table.starts.tolist(), table.ends.tolist(), table.codes.tolist(), strict=True)
    return [{"start": rfc3339(a), "end": rfc3339(b), "kind": KINDS[code].value} for a, b, code in rows]


def _past(row: PastMeeting) -> dict[str, Any]:
    """A meeting from before, out of a history file."""
    return {
        "pair_id": row.pair_id,
        "mentor_id": row.mentor_id,
        "mentee_id": row.mentee_id,
        "booked_at": rfc3339(row.booked_at),
        "first_start": rfc3339(row.first_start),
        "minutes": row.minutes,
        "time_zone": row.time_zone,
        "kind": row.kind,
        "outcome": row.outcome,
        "outcome_at": None if row.outcome_at is None else rfc3339(row.outcome_at),
    }


def _ask(row: AskRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "pair_id": row.pair_id,
        "about": row.about,
        "created_at": rfc3339(row.created_at),
        "mailed_at": None if row.mailed_at is None else rfc3339(row.mailed_at),
        "closed_at": None if row.closed_at is None else rfc3339(row.closed_at),
    }
