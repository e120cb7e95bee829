"""What the two agree on for the time to come: objectives with review dates, a number of sessions, the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.app.keep_objectives import MOST, plan_review, read_objectives
from service.app.next_step import write_step
from service.app.once import Once, keep, seen_before
from service.domain.errors import BadInput, NotFound
from service.store import pairs
from service.store.tables import Pair

MOST_SESSIONS = 200


def agree_on(house: House, session: Session, pair: Pair, facts: Mapping[str, Any]) -> None:
    """Writes what ``facts`` names of it, inside the caller's transaction.

    A number of sessions that is agreed on for the first time counts from now; one that is changed goes on counting."""
    if "objectives" in facts:
        pair.objectives = read_objectives(house, facts["objectives"] or [], pair.objectives)
        plan_review(house, session, pair, today_too=True)
    if "sessions_agreed" in facts:
        number = facts["sessions_agreed"]
        if number is not None and not 1 <= number <= MOST_SESSIONS:
            raise BadInput.of("sessions_agreed", f"must be from 1 to {MOST_SESSIONS}, or null")
        if pair.sessions_agreed is None and number is not None:
            pair.sessions_since = house.now()
        pair.sessions_agreed = number
    if "next_step" in facts:
        write_step(house, pair, facts["next_step"])


def add_objective(
    house: House, pair_id: str, text: str, review_on: str | None = None, *, once: Once | None = None
) -> str:
    """One more objective; returns the pair's id."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, pair_id, house.now())
        pair = pairs.locked(session, pair_id)
        if len(pair.objectives) >= MOST:
            raise BadInput.of("objective", f"may be one of {MOST} at most; take one out first")
        agree_on(house, session, pair, {"objectives": [*pair.objectives, {"text": text[:500], "review_on": review_on}]})
        pair.version += 1
    return pair_id


def set_done(house: House, pair_id: str, objective_id: str, done: bool, *, once: Once | None = None) -> str:
    """An objective was reached, or is taken up again. Raises ``NotFound``."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, pair_id, house.now())
        pair = pairs.locked(session, pair_id)
        if objective_id not in {item["id"] for item in pair.objectives}:
            raise NotFound("This objective is not there any more.")
        changed = [{**item, "done": done} if item["id"] == objective_id else item for item in pair.objectives]
        agree_on(house, session, pair, {"objectives": changed})
        pair.version += 1
    return pair_id
