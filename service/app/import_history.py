"""History in: a programme's meetings from before, out of a file. All of it or nothing.

Ids of the file that are ours count as ours: a person by id or e-mail address, a pair by id or by its two people where they
have one pair together. All others become pseudonyms, told apart within the programme; what the file called them is not kept.
The same file, or a longer one, may be imported again: a meeting is known by its pair, when it was booked and its first start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.domain.history_file import parse_history
from service.domain.stability import MeetingRow
from service.store import past_meetings, programmes
from service.store.tables import HistoryImport


def import_history(house: House, programme_id: str, content: bytes, *, once: Once | None = None) -> str:
    """Takes a history file in; returns the import's id. A refit follows. Raises ``BadHistory``, ``NotFound``."""
    seen_before(house, once)
    with house.reading() as session:
        programmes.get(session, programme_id)
    rows = parse_history(content)
    import_id = house.new_id("imp")
    with house.writing() as session:
        programmes.locked(session, programme_id)
        keep(session, once, import_id, house.now())
        names = _Names(programme_id)
        people = [name for row in rows for name in (row.mentor_id, row.mentee_id) if name is not None]
        names.people = past_meetings.people_by_name(session, people)
        names.pairs = past_meetings.pairs_of_people(session, names.people.values())
        ours = [(names.pair(row), names.person(row.mentor_id), names.person(row.mentee_id), row) for row in rows]
        known = past_meetings.own_starts(session, names.own_pairs)
        fresh = [one for one in ours if (one[0], one[3].first_start) not in known]
        there = past_meetings.keys(session, programme_id)
        last = {
            (pair, row.booked_at, row.first_start): (pair, mentor, mentee, row) for pair, mentor, mentee, row in fresh
        }
        replaced = [there[key] for key in last if key in there]
        past_meetings.drop(session, replaced)
        session.add(
            HistoryImport(
                id=import_id,
                programme_id=programme_id,
                rows=len(rows),
                added=len(last) - len(replaced),
                replaced=len(replaced),
                already_recorded=len(ours) - len(fresh),
                placeholders=sum(row.placeholder for row in rows),
                people_matched=len(set(names.people.values())),
                pairs_matched=len(names.own_pairs),
                created_at=house.now(),
            )
        )
        session.flush()
        past_meetings.add(session, _columns(programme_id, import_id, list(last.values())))
        house.jobs.enqueue(session, "refit", key=import_id)
    return import_id


class _Names:
    """From the file's names to ours."""

    def __init__(self, programme_id: str) -> None:
        self._programme_id = programme_id
        self.people: dict[str, str] = {}
        self.pairs: dict[tuple[str, str], list[str]] = {}
        self.own_pairs: set[str] = set()

    def person(self, name: str | None) -> str | None:
        if name is None:
            return None
        return self.people.get(name) or self.people.get(name.lower()) or self._pseudonym("person", name)

    def pair(self, row: MeetingRow) -> str:
        found = self.pairs.get((self.person(row.mentor_id) or "", self.person(row.mentee_id) or ""), [])
        if row.pair_id in found or len(found) == 1:
            own = row.pair_id if row.pair_id in found else found[0]
            self.own_pairs.add(own)
            return own
        return self._pseudonym("pair", row.pair_id)

    def _pseudonym(self, noun: str, name: str) -> str:
        return "past_" + hashlib.sha256(f"{self._programme_id}\n{noun}\n{name}".encode()).hexdigest()[:24]


def _columns(
    programme_id: str, import_id: str, rows: Sequence[tuple[str, str | None, str | None, MeetingRow]]
) -> list[dict[str, Any]]:
    return [
        {
            "programme_id": programme_id,
            "import_id": import_id,
            "pair_id": pair,
            "mentor_id": mentor,
            "mentee_id": mentee,
            "booked_at": row.booked_at,
            "first_start": row.first_start,
            "minutes": row.minutes,
            "time_zone": row.zone,
            "kind": str(row.kind),
            "placeholder": row.placeholder,
            "outcome": None if row.outcome is None else str(row.outcome),
            "outcome_at": row.outcome_at,
        }
        for pair, mentor, mentee, row in rows
    ]
