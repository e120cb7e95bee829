"""Finding and ranking: from what is stored to a few slots that hold. Reads with four queries, computes without any.

Nothing is stored here; ``propose_slots`` stores what this finds, ``GET /v1/pairs/{id}/slots`` just shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.app.house import House
from service.app.memory import pair_memory
from service.app.read_busy import Known, Unknown, known_of
from service.app.timetables import timetable
from service.domain.errors import BadInput
from service.domain.ledger import Seat
from service.domain.slots import Party, find
from service.domain.spread import choose
from service.domain.stability import PairMemory, Reason, reasons, score
from service.domain.timespan import DAY, HOUR, MINUTE
from service.domain.windows import WINDOW_KINDS
from service.store import pairs, people
from service.store.tables import Pair

MOST_SLOTS, LONGEST_HORIZON = 20, 180


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that is free for both, with the chance that a meeting booked there takes place then."""

    start: int
    end: int
    kind: str
    hold_probability: float
    low: float
    high: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """Why there is nothing to offer: a stable code, and a sentence that says what would help."""

    code: str
    text: str


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
    """The slots, best first. With ``complete`` false a calendar is unknown, and nothing may be called free."""

    complete: bool
    unknown: tuple[Unknown, ...]
    slots: tuple[Slot, ...]
    declined_because: Declined | None
    duration_minutes: int


def read_situation(house: House, pair_id: str, *, horizon_days: int, duration_minutes: int | None = None) -> Situation:
    """Reads a pair's situation. ``horizon_days`` counts from the earliest time that both people's notice allows."""
    if not 1 <= horizon_days <= LONGEST_HORIZON:
        raise BadInput.of("horizon_days", f"must be from 1 to {LONGEST_HORIZON}")
    if duration_minutes is not None and (not 15 <= duration_minutes <= 240 or duration_minutes % 5):
        raise BadInput.of("duration_minutes", "must be from 15 to 240, in steps of 5")
    now = house.now()
    with house.reading() as session:
        pair: Pair = pairs.get(session, pair_id)
        rows = people.get_many(session, [pair.mentor_id, pair.mentee_id])
        tables = timetable(rows[pair.mentor_id]), timetable(rows[pair.mentee_id])
        not_before = now + max(t.min_notice_hours for t in tables) * HOUR
        until = not_before + horizon_days * DAY
        # A day more on both sides: what lies around a slot says how likely it is to hold.
        known = known_of(house, session, [pair.mentor_id, pair.mentee_id], now - DAY, until + DAY)
        memory = pair_memory(house, session, pair, now, zone=tables[0].zone)
    mentor, mentee = known[pair.mentor_id], known[pair.mentee_id]
    return Situation(
        now=now,
        not_before=not_before,
        until=until,
        duration=(duration_minutes or pair.duration_minutes) * MINUTE,
        zones={Seat.MENTOR: tables[0].zone, Seat.MENTEE: tables[1].zone},
        parties=(Party(tables[0], mentor.busy), Party(tables[1], mentee.busy)),
        known=(mentor, mentee),
        memory=memory,
    )


def find_slots(house: House, situation: Situation, *, limit: int) -> Found:
    """The best ``limit`` slots, spread over days and windows."""
    if not 1 <= limit <= MOST_SLOTS:
        raise BadInput.of("limit", f"must be from 1 to {MOST_SLOTS}")
    unknown = tuple(item for known in situation.known for item in known.unknown)
    if unknown:
        text = f"A calendar cannot be read at the moment, and unknown is not free. {unknown[0].text}"
        return _nothing(situation, "calendar_unknown", text, unknown)
    candidates = find(
        situation.parties, duration=situation.duration, not_before=situation.not_before, until=situation.until
    )
    if not candidates.starts.size:
        empty = find(
            [Party(party.timetable, party.busy.clipped(0, 1)) for party in situation.parties],
            duration=situation.duration,
            not_before=situation.not_before,
            until=situation.until,
        )
        if not empty.starts.size:
            return _nothing(
                situation,
                "windows_never_meet",
                "The hours of the two never overlap for that long. Wider windows, or a shorter meeting, would help.",
            )
        return _nothing(
            situation,
            "nothing_free",
            "Both are never free together in that time. A longer horizon, or a shorter meeting, would help.",
        )
    scores = score(candidates, situation.parties, situation.memory, situation.now, house.terms)
    zones = [party.timetable.zone for party in situation.parties]
    chosen = choose(candidates, scores.probability, limit=limit, zones=zones)
    slots = tuple(
        Slot(
            start=int(candidates.starts[i]),
            end=int(candidates.starts[i]) + situation.duration,
            kind=WINDOW_KINDS[code].value,
            hold_probability=float(scores.probability[i]),
            low=float(scores.low[i]),
            high=float(scores.high[i]),
            reasons=tuple(reasons(scores, i)),
        )
        for i, code in zip(chosen.indices.tolist(), chosen.kinds.tolist(), strict=True)
    )
    return Found(True, (), slots, None, situation.duration // MINUTE)


def _nothing(situation: Situation, code: str, text: str, unknown: tuple[Unknown, ...] = ()) -> Found:
    return Found(not unknown, unknown, (), Declined(code, text), situation.duration // MINUTE)
