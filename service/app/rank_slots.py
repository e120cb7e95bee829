"""Ranking: from two people's time to a few slots that hold. Pure: no database, no clock; ``find_slots`` reads first.

``holdfast propose`` uses it on two files, so nothing here may need a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from service.domain.busy import Busy
from service.domain.errors import BadInput
from service.domain.exploring import Option, Places, draws_from
from service.domain.slots import Candidates, Party, find
from service.domain.spread import choose
from service.domain.stability import GlobalTerms, Outlook, PairMemory, Reason, Scores, reasons
from service.domain.timespan import DAY, WEEK
from service.domain.windows import WINDOW_KINDS

_KINDS = tuple(kind.value for kind in WINDOW_KINDS)
MOST_SLOTS, LONGEST_HORIZON = 20, 180
SHORTEST_MINUTES, LONGEST_MINUTES, MINUTES_STEP = 15, 240, 5


class Drawn(NamedTuple):
    """A time that a place of the list might have shown: ``shown`` how likely that was, ``first`` how likely it was to be shown
    and to stand first."""

    start: int
    kind: str
    hold_probability: float
    shown: float
    first: float


class Exploration(NamedTuple):
    """How near-equal times are drawn: ``share`` of places, by numbers from ``seed`` (``domain.exploring``)."""

    share: float
    seed: str


class Slot(NamedTuple):
    """A time that is free for both, with the chance that a meeting booked there takes place then. ``facts``: what lies
    around it, ``{feature: (mentor, mentee)}``; ``among``: what it was drawn from, where something was drawn."""

    start: int
    end: int
    kind: str
    hold_probability: float
    low: float
    high: float
    reasons: tuple[Reason, ...]
    facts: Mapping[str, tuple[float, float]]
    among: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """Why there is nothing to offer: a stable code, and a sentence that says what would help."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, in epoch seconds; ``duration`` in seconds. ``now`` is when it would be booked."""

    now: int
    not_before: int
    until: int
    duration: int

    @property
    def days(self) -> tuple[int, int]:
        """The UTC days that it reaches into: the first, and the one after the last."""
        return self.not_before // DAY, -(-self.until // DAY)


def check_horizon(days: int, field: str = "horizon_days") -> int:
    """The number of days again. Raises ``BadInput``."""
    if not 1 <= days <= LONGEST_HORIZON:
        raise BadInput.of(field, f"must be from 1 to {LONGEST_HORIZON}")
    return days


def check_minutes(minutes: int, field: str = "duration_minutes") -> int:
    """The length of a meeting again. Raises ``BadInput``."""
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES or minutes % MINUTES_STEP:
        words = f"must be from {SHORTEST_MINUTES} to {LONGEST_MINUTES}, in steps of {MINUTES_STEP}"
        raise BadInput.of(field, words)
    return minutes


def check_limit(limit: int, field: str = "limit") -> int:
    """The number of slots again. Raises ``BadInput``."""
    if not 1 <= limit <= MOST_SLOTS:
        raise BadInput.of(field, f"must be from 1 to {MOST_SLOTS}")
    return limit


def outlook_of(parties: tuple[Party, Party], search: Search) -> Outlook:
    """All candidates of the days that a search reaches into, and what lies around them. The same for every search that
    reaches into the same days."""
    first, last = search.days
    return Outlook(find(parties, duration=search.duration, not_before=first * DAY, until=last * DAY), parties)


def rank_slots(
    parties: tuple[Party, Party],
    search: Search,
    memory: PairMemory,
    terms: GlobalTerms,
    *,
    limit: int,
    exploration: Exploration | None = None,
    outlook: Outlook | None = None,
) -> tuple[Slot, ...] | Declined:
    """The best ``limit`` slots, best first, spread over days and windows; or why there are none. With an ``exploration``,
    near-equal ones are drawn, and each slot says from what and what lies around it.

    ``parties`` are mentor and mentee; ``outlook`` is ``outlook_of`` them, where it is known already. Raises ``BadInput``
    for ``limit``."""
    return Ranking(outlook or outlook_of(parties, search), search, memory, terms, limit=limit).slots(exploration)


class Ranking:
    """A search's candidates, scored, and which of them to offer. Whoever asks for the same again may keep it: then only what
    is drawn is worked out anew. Raises ``BadInput`` for ``limit``."""

    def __init__(self, outlook: Outlook, search: Search, memory: PairMemory, terms: GlobalTerms, *, limit: int) -> None:
        check_limit(limit)
        rows = outlook.rows(search.not_before, search.until)
        self._parties, self._search = outlook.parties, search
        self._candidates = outlook.candidates.only(rows)
        if rows.start == rows.stop:
            return
        self._days = outlook.days[:, rows]
        self._zones = [party.timetable.zone for party in outlook.parties]
        self._scores = outlook.score(rows, memory, search.now, terms)
        self._chosen = choose(
            self._candidates, self._scores.probability, limit=limit, zones=self._zones, days=self._days
        )
        self._places: tuple[float, Places] | None = None
        self._told: dict[int, _Told] = {}

    def slots(self, exploration: Exploration | None = None) -> tuple[Slot, ...] | Declined:
        """See ``rank_slots``."""
        if not self._candidates.starts.size:
            return _why_nothing(self._parties, self._search)
        if exploration is None:
            indices, kinds = self._chosen.indices.tolist(), self._chosen.kinds.tolist()
            among: tuple[tuple[Drawn, ...], ...] = ((),) * len(indices)
        else:
            explored = self._at(exploration.share).drawn(draws_from(exploration.seed))
            indices, kinds = explored.choice.indices.tolist(), explored.choice.kinds.tolist()
            among = tuple([_drawn(self._candidates, place) for place in explored.options])
        self._tell(indices)
        slots = []
        for place, (index, code) in enumerate(zip(indices, kinds, strict=True)):
            told = self._told[index]
            slots.append(
                Slot(
                    start=told.start,
                    end=told.start + self._search.duration,
                    kind=_KINDS[code],
                    hold_probability=told.probability,
                    low=told.low,
                    high=told.high,
                    reasons=told.reasons,
                    facts=told.scores.facts(told.place) if exploration is not None else {},
                    among=among[place],
                )
            )
        return tuple(slots)

    def _at(self, share: float) -> Places:
        if self._places is None or self._places[0] != share:
            found = Places(
                self._candidates, self._scores.probability, self._chosen,
                zones=self._zones, share=share, days=self._days,
            )  # fmt: skip
            self._places = share, found
        return self._places[1]

    def _tell(self, indices: list[int]) -> None:
        """Works out what is told of these, as far as it is not known."""
        new = [index for index in indices if index not in self._told]
        if not new:
            return
        told = self._scores.only(np.array(new, np.int64))
        starts = self._candidates.starts.take(new).tolist()
        columns = zip(new, starts, *(part.tolist() for part in (told.probability, told.low, told.high)), strict=True)
        for i, (index, start, probability, low, high) in enumerate(columns):
            self._told[index] = _Told(start, probability, low, high, tuple(reasons(told, i)), told, i)


class _Told(NamedTuple):
    """What is told of a candidate; ``scores``: of those told with it, where it stands at ``place``."""

    start: int
    probability: float
    low: float
    high: float
    reasons: tuple[Reason, ...]
    scores: Scores
    place: int


def _drawn(candidates: Candidates, options: tuple[Option, ...]) -> tuple[Drawn, ...]:
    starts = candidates.starts
    return tuple(
        [Drawn(starts.item(one.index), _KINDS[one.kind], one.probability, one.shown, one.first) for one in options]
    )


def _why_nothing(parties: tuple[Party, Party], search: Search) -> Declined:
    if not _windows_meet(parties, search, max(search.until, search.not_before + 2 * WEEK)):
        return Declined(
            "windows_never_meet",
            "The hours of the two never overlap for that long. Wider windows, or a shorter meeting, would help.",
        )
    if not _windows_meet(parties, search, search.until):
        return Declined(
            "nothing_free", "The hours of the two do not overlap on those days. A longer horizon would help."
        )
    return Declined(
        "nothing_free",
        "Both are never free together in that time. A longer horizon, or a shorter meeting, would help.",
    )


def _windows_meet(parties: tuple[Party, Party], search: Search, until: int) -> bool:
    idle = [Party(party.timetable, Busy.empty()) for party in parties]
    found = find(idle, duration=search.duration, not_before=search.not_before, until=until)
    return found.starts.size > 0
