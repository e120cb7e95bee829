"""What is known of people's time: the packed tables of those of their calendars that count, and our own meetings. Unknown is
never free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from service.app.house import House
from service.domain.busy import Busy
from service.domain.timespan import HOUR
from service.store import claims
from service.store.tables import Calendar

BEYOND_HORIZON = "beyond_horizon"
NEVER_ENDS = 1 << 50
STALE_ROUNDS = 12  # so many sync rounds without a reading make a calendar unknown


@dataclass(frozen=True, slots=True)
class Unknown:
    """A calendar that could not be read, and why, in a code and in words."""

    calendar_id: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person. With anything ``unknown``, no time of theirs may be called free. ``until``: how far ahead
    all their calendars have been read."""

    busy: Busy
    unknown: tuple[Unknown, ...]
    calendars: int
    until: int = NEVER_ENDS

    @property
    def complete(self) -> bool:
        """Whether every calendar could be read."""
        return not self.unknown


UNKNOWN_WORDS = {
    "authorization_required": "Its owner has not given access yet.",
    "disconnected": "Access was withdrawn or has run out; its owner has to connect it again.",
    "not_read_yet": "It has not been read yet.",
    "stale": "It has not been read for a while.",
    BEYOND_HORIZON: "It has not been read that far ahead.",
    "unreachable": "It did not answer.",
}


def known_of(
    house: House, session: Session, person_ids: Sequence[str], start: int, end: int, *, but: str | None = None
) -> dict[str, Known]:
    """What is known of several people between two instants: two queries, no object a row.

    ``but`` leaves one meeting of ours out (for judging where it could go)."""
    query = select(
        Calendar.person_id,
        Calendar.id,
        Calendar.provider,
        Calendar.status,
        Calendar.problem,
        Calendar.problem_text,
        Calendar.synced_at,
        Calendar.expanded_until,
        Calendar.busy,
        Calendar.settings,
    ).where(col(Calendar.person_id).in_(list(person_ids)), col(Calendar.counts))  # type: ignore[call-overload]
    tables: dict[str, list[Busy]] = {id_: [] for id_ in person_ids}
    unknown: dict[str, list[Unknown]] = {id_: [] for id_ in person_ids}
    horizon = dict.fromkeys(person_ids, NEVER_ENDS)
    oldest = house.now() - max(STALE_ROUNDS * house.sync_seconds, HOUR)
    for owner, id_, provider, status, problem, words, synced_at, until, blob, settings in session.exec(query).all():
        if blob:
            tables[owner].append(Busy.unpack(blob))
        if provider != "local":
            horizon[owner] = min(horizon[owner], until)
        ours = provider == "local" or settings.get("source") == "upload"
        reason = None
        if status != "connected":
            reason = problem or status
        elif synced_at is None:
            reason = "not_read_yet"
        elif not ours and synced_at < oldest:
            reason = "stale"
        elif until < end and provider != "local":
            reason = BEYOND_HORIZON
        if reason:
            unknown[owner].append(Unknown(id_, reason, words or UNKNOWN_WORDS.get(reason, "It could not be read.")))
    counts = {id_: len(tables[id_]) for id_ in person_ids}
    for owner, table in claims.busy(session, person_ids, start, end, but=but).items():
        tables[owner].append(table)
    return {
        id_: Known(Busy.union(tables[id_]).clipped(start, end), tuple(unknown[id_]), counts[id_], horizon[id_])
        for id_ in person_ids
    }
