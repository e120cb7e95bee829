"""What lies around a pair's candidates, kept in this process for when the same is asked again.

What was kept is used only where everything that it was made from has just been read, and is the same to the byte: rules,
packed calendars, claims, churn. So several processes may write as they like, and no write needs to tell anybody.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from service.app.rank_slots import Search, outlook_of
from service.app.read_busy import busy_from
from service.domain.churn import ChurnTable
from service.domain.slots import Party
from service.domain.stability import Outlook
from service.domain.timespan import DAY
from service.domain.windows import Timetable
from service.store import claims
from service.store.situations import CalendarRow, PersonRow

MOST_CANDIDATES = 250_000  # of all that is kept together: some 60 MB
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


_kept: OrderedDict[tuple[str, int, int], tuple[Ground, Outlook]] = OrderedDict()
_lock = threading.Lock()
_candidates = 0


def kept_outlook(ground: Ground, search: Search) -> Outlook:
    """The outlook of a ground: the one that was kept, or a new one."""
    name = (ground.pair_id, ground.duration, ground.days[1] - ground.days[0])
    found = _kept.get(name)
    if found is not None and found[0] == ground:
        ground.known = found[1].parties
        return found[1]
    outlook = outlook_of(ground.parties, search)
    ground.known = outlook.parties
    _keep(name, ground, outlook)
    return outlook


def _keep(name: tuple[str, int, int], ground: Ground, outlook: Outlook) -> None:
    global _candidates  # noqa: PLW0603
    with _lock:
        before = _kept.pop(name, None)
        _kept[name] = (ground, outlook)
        _candidates += outlook.candidates.starts.size - (before[1].candidates.starts.size if before else 0)
        while _candidates > MOST_CANDIDATES and len(_kept) > 1:
            _, (_, oldest) = _kept.popitem(last=False)
            _candidates -= oldest.candidates.starts.size
