"""Finding and ranking: from what is stored to a few slots that hold. Reads with two queries, computes without any.

Nothing is stored here; ``propose_slots`` stores what this finds, ``GET /v1/pairs/{id}/slots`` just shows it.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from service.app.house import House
from service.app.memory import REMEMBERED, memory_of
from service.app.outlooks import Ground, kept_ranking
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
)
from service.app.read_busy import Unknown, unknown_from
from service.app.timetables import timetable_from
from service.domain.churn import ChurnTable
from service.domain.ledger import Seat
from service.domain.slots import Party
from service.domain.stability import PairMemory
from service.domain.timespan import DAY, HOUR, MINUTE
from service.store import situations
from service.store.plain import Look
from service.store.situations import PairRow

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

    pair: PairRow
    search: Search
    zones: dict[Seat, str]
    ground: Ground
    unknown: tuple[Unknown, ...]
    memory: PairMemory

    @property
    def parties(self) -> tuple[Party, Party]:
        """Mentor and mentee, with all that takes their time."""
        return self.ground.parties


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


def read_situation(
    house: House,
    pair_id: str,
    *,
    horizon_days: int,
    duration_minutes: int | None = None,
    not_before: int = 0,
    look: Look | None = None,
) -> Situation:
    """Reads a pair's situation. ``horizon_days`` counts from the earliest time that both people's notice allows, or from
    ``not_before`` where that is later; ``look``: where it is read, if one is open.

    The clock of a search goes by whole minutes, so that it is the same search throughout a minute. What is read is read as of
    now: what became of a meeting, or of a calendar, counts at once."""
    check_horizon(horizon_days)
    if duration_minutes is not None:
        check_minutes(duration_minutes)
    now = house.now()
    minute = now // MINUTE * MINUTE
    with house.looking() if look is None else nullcontext(look) as view:
        two = situations.two(view, pair_id)
        ids = two.people[0].id, two.people[1].id
        tables = timetable_from(*two.people[0].rules), timetable_from(*two.people[1].rules)
        # Times begin on whole minutes: rounded up, nobody's notice is shortened, and none is lost.
        earliest = -(-now // MINUTE) * MINUTE + max(t.min_notice_hours for t in tables) * HOUR
        not_before = max(earliest, not_before)
        until = not_before + horizon_days * DAY
        search = Search(minute, not_before, until, (duration_minutes or two.pair.duration_minutes) * MINUTE)
        ground = Ground(pair_id, two.people, two.calendars, tables, search.duration, search.days)
        time = situations.time(view, pair_id, *ids, start=ground.start, until=ground.end, since=now - REMEMBERED)
    ground.claims.update(time.claims)
    return Situation(
        pair=two.pair,
        search=search,
        zones={Seat.MENTOR: tables[0].zone, Seat.MENTEE: tables[1].zone},
        ground=ground,
        # A day more than is searched: what lies around a slot says how likely it is to hold.
        unknown=sum((unknown_from(house, held, until + DAY) for held in two.calendars), ()),
        memory=memory_of(house.terms, time.outcomes, (pair_id, *ids), now, zone=tables[0].zone),
    )


def find_slots(
    house: House,
    situation: Situation,
    *,
    limit: int,
    exploration: Exploration | None = None,
) -> Found:
    """The best ``limit`` slots, spread over days and windows; near-equal ones drawn where there is an
    ``exploration``."""
    check_limit(limit)
    if situation.unknown:
        text = f"A calendar cannot be read at the moment, and unknown is not free. {situation.unknown[0].text}"
        return _nothing(house, situation, Declined("calendar_unknown", text), situation.unknown)
    search = situation.search
    ranking = kept_ranking(situation.ground, search, situation.memory, house.terms, limit)
    ranked = ranking.slots(exploration)
    if isinstance(ranked, Declined):
        return _nothing(house, situation, ranked)
    return Found(True, (), ranked, None, search.duration // MINUTE, basis_of(house, situation))


def basis_of(house: House, situation: Situation) -> dict[str, str]:
    """``learned`` or ``prior`` (assumed of everybody): of ``meetings``, once any outcome is known of the two or the terms were
    fitted; of ``calendars``, once weeks enough were seen of both. Of which one they were not is not told."""
    meetings = house.terms.trained_on > 0 or not situation.memory.blank
    calendars = all(ChurnTable.unpack(person.churn_table).weeks for person in situation.ground.people)
    return {name: "learned" if known else "prior" for name, known in (("meetings", meetings), ("calendars", calendars))}


def _nothing(house: House, situation: Situation, why: Declined, unknown: tuple[Unknown, ...] = ()) -> Found:
    minutes = situation.search.duration // MINUTE
    return Found(not unknown, unknown, (), why, minutes, basis_of(house, situation))
