"""What lies around a pair's candidates, kept in this process for when the same is asked again.

What was kept is used only where everything that it was made from has just been read, and is the same to the byte: rules,
packed calendars, claims, churn. So several processes may write as they like, and no write needs to tell anybody.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from service.app.rank_slots import Ranking, Search, outlook_of
from service.app.read_busy import busy_from
from service.domain.churn import ChurnTable
from service.domain.slots import Party
from service.domain.stability import GlobalTerms, Outlook, PairMemory
from service.domain.timespan import DAY
from service.domain.windows import Timetable
from service.store import claims
from service.store.situations import CalendarRow, PersonRow

MOST_KEPT = 300_000  # of all that is kept together, in the measure of ``_weight``: some 90 MB
BESIDE = 150  # what comes with an outlook, its ranking among it, weighs as much as so many of its candidates (300 bytes each)
AROUND_DAYS = 2  # what lies so far around the days of a search may count for its slots


@dataclass(slots=True)
class Ground:
    """What the candidates of a search and their surroundings are made of; equal grounds make the same."""

    pair_id: str
    people: tuple[PersonRow, PersonRow]
    calendars: tuple[list[CalendarRow], list[CalendarRow]]
    tables: tuple[Timetable, Timetable]
    duration: int
    days: tuple[int, int]
    claims: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    known: tuple[Party, Party] | None = field(default=None, compare=False, repr=False)  # made of an equal ground before

    @property
    def start(self) -> int:
        """From when on people's time is looked at."""
        return (self.days[0] - AROUND_DAYS) * DAY

    @property
    def end(self) -> int:
        """Until when."""
        return (self.days[1] + AROUND_DAYS) * DAY

    @property
    def parties(self) -> tuple[Party, Party]:
        """Mentor and mentee."""
        if self.known is not None:
            return self.known
        mentor, mentee = (self._party(seat) for seat in (0, 1))
        return mentor, mentee

    def _party(self, seat: int) -> Party:
        person = self.people[seat]
        claimed = claims.table(self.claims.get(person.id))
        busy, calendars = busy_from(self.calendars[seat], claimed, self.start, self.end)
        return Party(self.tables[seat], busy, calendars > 0, ChurnTable.unpack(person.churn_table))


@dataclass(slots=True)
class _Held:
    """An outlook, what it was made of, and the ranking that was asked for last with what else that rests on."""

    ground: Ground
    outlook: Outlook
    asked: tuple[Search, int, PairMemory, GlobalTerms] | None = None
    ranking: Ranking | None = None


_kept: OrderedDict[tuple[str, int, int], _Held] = OrderedDict()
_lock = threading.Lock()
_weight_kept = 0


def kept_outlook(ground: Ground, search: Search) -> Outlook:
    """The outlook of a ground: the one that was kept, or a new one."""
    return _held(ground, search).outlook


def kept_ranking(ground: Ground, search: Search, memory: PairMemory, terms: GlobalTerms, limit: int) -> Ranking:
    """The ranking of a search: the one that was kept, or a new one. A search goes by whole minutes, and so does this."""
    held = _held(ground, search)
    asked = held.asked
    if (
        held.ranking is not None
        and asked is not None
        and asked[:2] == (search, limit)
        and asked[2] is memory
        and asked[3] is terms
    ):
        return held.ranking
    ranking = Ranking(held.outlook, search, memory, terms, limit=limit)
    with _lock:
        held.asked, held.ranking = (search, limit, memory, terms), ranking
    return ranking


def _held(ground: Ground, search: Search) -> _Held:
    name = (ground.pair_id, ground.duration, ground.days[1] - ground.days[0])
    found = _kept.get(name)
    if found is None or found.ground != ground:
        found = _Held(ground, outlook_of(ground.parties, search))
        _keep(name, found)
    ground.known = found.outlook.parties
    return found


def _keep(name: tuple[str, int, int], held: _Held) -> None:
    global _weight_kept  # noqa: PLW0603
    with _lock:
        before = _kept.pop(name, None)
        _kept[name] = held
        _weight_kept += _weight(held) - (_weight(before) if before else 0)
        while _weight_kept > MOST_KEPT and len(_kept) > 1:
            _, oldest = _kept.popitem(last=False)
            _weight_kept -= _weight(oldest)


def _weight(held: _Held) -> int:
    """In candidates. One without any weighs too: they would never be let go of."""
    return held.outlook.candidates.starts.size + BESIDE
