"""What is known of people's time: the packed tables of those of their calendars that count, and our own meetings. Unknown is
never free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from service.app.house import House
from service.domain.busy import Busy
from service.domain.timespan import HOUR
from service.store import calendars, claims
from service.store.situations import CalendarRow

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
    house: House,
    session: Session,
    person_ids: Sequence[str],
    start: int,
    end: int,
    *,
    but: str | None = None,
    for_pair: str | None = None,
) -> dict[str, Known]:
    """What is known of several people between two instants: a few queries, no object a row.

    ``but`` leaves one meeting of ours out (for judging where it could go). ``for_pair``: seen by this pair, for whom other
    pairs' fallbacks are taken; without it no fallback counts."""
    claimed = claims.busy(session, person_ids, start, end, but=but, for_pair=for_pair)
    held = calendars.plain(session, person_ids)
    return {id_: known_from(house, held.get(id_, ()), claimed.get(id_), start, end) for id_ in person_ids}


def known_from(house: House, held: Sequence[CalendarRow], claimed: Busy | None, start: int, end: int) -> Known:
    """What one person's calendars and claims say about ``[start, end)``."""
    busy, count = busy_from(held, claimed, start, end)
    horizon = min((c.expanded_until for c in held if c.provider != "local"), default=NEVER_ENDS)
    return Known(busy, unknown_from(house, held, end), count, horizon)


def busy_from(held: Iterable[CalendarRow], claimed: Busy | None, start: int, end: int) -> tuple[Busy, int]:
    """All that takes one person's time in ``[start, end)``, and how many calendars that was read from."""
    tables = [Busy.unpack(calendar.busy) for calendar in held if calendar.busy]
    count = len(tables)
    if claimed is not None:
        tables.append(claimed)
    return Busy.union(tables).clipped(start, end), count


def unknown_from(house: House, held: Iterable[CalendarRow], end: int) -> tuple[Unknown, ...]:
    """Which of one person's calendars are unknown up to ``end``, and why."""
    unknown: list[Unknown] = []
    oldest = house.now() - max(STALE_ROUNDS * house.sync_seconds, HOUR)
    for calendar in held:
        reason = _why_unknown(calendar, oldest, end)
        if reason:
            words = calendar.problem_text or UNKNOWN_WORDS.get(reason, "It could not be read.")
            unknown.append(Unknown(calendar.id, reason, words))
    return tuple(unknown)


def _why_unknown(calendar: CalendarRow, oldest: int, end: int) -> str | None:
    ours = calendar.provider == "local" or calendar.uploaded
    if calendar.status != "connected":
        return calendar.problem or calendar.status
    if calendar.synced_at is None:
        return "not_read_yet"
    if not ours and calendar.synced_at < oldest:
        return "stale"
    if calendar.expanded_until < end and calendar.provider != "local":
        return BEYOND_HORIZON
    return None
