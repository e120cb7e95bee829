"""Finding and ranking: from what is stored to a few slots that hold. Reads with two queries, computes without any.

Nothing is stored here; ``propose_slots`` stores what this finds, ``GET /v1/pairs/{id}/slots`` just shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.app.house import House
from service.app.memory import REMEMBERED, memory_of
from service.app.rank_slots import (
    LONGEST_HORIZON,
    MOST_SLOTS,
    Declined,
    Exploration,
    Search,
    Slot,
    check_horizon,
    check_limit,
    check_minutes,
    rank_slots,
)
from service.app.read_busy import Known, Unknown, known_from
from service.app.timetables import timetable_from
from service.domain.churn import ChurnTable
from service.domain.ledger import Seat
from service.domain.slots import Party
from service.domain.stability import PairMemory
from service.domain.timespan import DAY, HOUR, MINUTE
from service.store import claims, situations

__all__ = [
    "LONGEST_HORIZON",
    "MOST_SLOTS",
    "Declined",
    "Found",
    "Situation",
    "Slot",
    "find_slots",
    "read_situation",
]


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the search rests on, read in one view."""

    now: int
    not_before: int
    until: int
    duration: int
    zones: dict[Seat, str]
    parties: tuple[Party, Party]
    known: tuple[Known, Known]
    memory: PairMemory


@dataclass(frozen=True, slots=True)
class Found:
    """The slots, best first. With ``complete`` false a calendar is unknown, and nothing may be called free. ``basis``: what the
    scores rest on."""

    complete: bool
    unknown: tuple[Unknown, ...]
    slots: tuple[Slot, ...]
    declined_because: Declined | None
    duration_minutes: int
    basis: dict[str, str]


def read_situation(house: House, pair_id: str, *, horizon_days: int, duration_minutes: int | None = None) -> Situation:
    """Reads a pair's situation. ``horizon_days`` counts from the earliest time that both people's notice allows."""
    check_horizon(horizon_days)
    if duration_minutes is not None:
        check_minutes(duration_minutes)
    now = house.now()
    with house.looking() as look:
        pair = situations.two(look, pair_id)
        ids = pair.people[0].id, pair.people[1].id
        tables = timetable_from(*pair.people[0].rules), timetable_from(*pair.people[1].rules)
        not_before = now + max(t.min_notice_hours for t in tables) * HOUR
        until = not_before + horizon_days * DAY
        # A day more on both sides: what lies around a slot says how likely it is to hold.
        start, end = now - DAY, until + DAY
        time = situations.time(look, *ids, start=start, until=end, since=now - REMEMBERED)
    mentor, mentee = (
        known_from(house, held, claims.table(time.claims.get(id_)), start, end)
        for id_, held in zip(ids, pair.calendars, strict=True)
    )
    memory = memory_of(house.terms, time.outcomes, (pair_id, *ids), now, zone=tables[0].zone)
    return Situation(
        now=now,
        not_before=not_before,
        until=until,
        duration=(duration_minutes or pair.duration_minutes) * MINUTE,
        zones={Seat.MENTOR: tables[0].zone, Seat.MENTEE: tables[1].zone},
        parties=(
            Party(tables[0], mentor.busy, mentor.calendars > 0, ChurnTable.unpack(pair.people[0].churn_table)),
            Party(tables[1], mentee.busy, mentee.calendars > 0, ChurnTable.unpack(pair.people[1].churn_table)),
        ),
        known=(mentor, mentee),
        memory=memory,
    )


def find_slots(house: House, situation: Situation, *, limit: int, exploration: Exploration | None = None) -> Found:
    """The best ``limit`` slots, spread over days and windows; near-equal ones drawn where there is an ``exploration``."""
    check_limit(limit)
    unknown = tuple(item for known in situation.known for item in known.unknown)
    if unknown:
        text = f"A calendar cannot be read at the moment, and unknown is not free. {unknown[0].text}"
        return _nothing(house, situation, Declined("calendar_unknown", text), unknown)
    search = Search(situation.now, situation.not_before, situation.until, situation.duration)
    ranked = rank_slots(situation.parties, search, situation.memory, house.terms, limit=limit, exploration=exploration)
    if isinstance(ranked, Declined):
        return _nothing(house, situation, ranked)
    return Found(True, (), ranked, None, situation.duration // MINUTE, basis_of(house, situation))


def basis_of(house: House, situation: Situation) -> dict[str, str]:
    """``learned`` or ``prior`` (assumed of everybody): of ``meetings``, once any outcome is known of the two or the terms were
    fitted; of ``calendars``, once weeks enough were seen of both. Of which one they were not is not told."""
    meetings = house.terms.trained_on > 0 or not situation.memory.blank
    calendars = all(party.churn.weeks for party in situation.parties)
    return {name: "learned" if known else "prior" for name, known in (("meetings", meetings), ("calendars", calendars))}


def _nothing(house: House, situation: Situation, why: Declined, unknown: tuple[Unknown, ...] = ()) -> Found:
    return Found(not unknown, unknown, (), why, situation.duration // MINUTE, basis_of(house, situation))
