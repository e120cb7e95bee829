"""What a search for slots rests on, in two statements of plain columns: the pair with both people and their calendars; and
our own claims on their time together with what became of their meetings.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, bindparam, cast, null, select, union_all, update
from sqlalchemy.sql.expression import FromClause
from sqlmodel import Session

from service.domain.errors import NotFound
from service.store.plain import Look, Plain, look_in
from service.store.tables import Calendar, Claim, HeldSlot, Meeting, Pair, PastMeeting, Person


class CalendarRow(NamedTuple):
    """What is held of a calendar. ``busy`` is packed, ``settings`` are JSON as it is stored."""

    id: str
    provider: str
    status: str
    problem: str | None
    problem_text: str | None
    synced_at: int | None
    expanded_until: int
    busy: bytes | None
    settings: str
    retry_at: int | None

    @property
    def uploaded(self) -> bool:
        """Whether it is a file, which never changes."""
        return _source(self.settings) == "upload"


class PersonRow(NamedTuple):
    """One of the two. ``working_hours`` and ``windows`` are JSON as it is stored, ``churn_table`` is packed."""

    id: str
    time_zone: str
    working_hours: str
    windows: str
    min_notice_hours: int
    buffer_minutes: int
    max_meetings_per_day: int | None
    holidays: str | None
    churn_table: bytes | None

    @property
    def rules(self) -> tuple[str, str, str, int, int, int | None, str | None]:
        """What the person's timetable is made of."""
        return self[1:8]


class OutcomeRow(NamedTuple):
    """A meeting of either of the two, with whomever, as it was first booked, and what became of that time."""

    pair_id: str
    start: int
    end: int
    created_at: int
    first_start: int
    first_kind: str
    first_outcome: str
    first_outcome_at: int | None
    mentor_id: str
    mentee_id: str | None


class PairRow(NamedTuple):
    """How a pair stands."""

    id: str
    mentor_id: str
    mentee_id: str
    duration_minutes: int
    status: str
    farewell: str | None


class Two(NamedTuple):
    """A pair and its people, mentor first."""

    pair: PairRow
    people: tuple[PersonRow, PersonRow]
    calendars: tuple[list[CalendarRow], list[CalendarRow]]


class Time(NamedTuple):
    """``claims`` by person, ``(start, end)`` by start; ``outcomes`` in no order."""

    claims: dict[str, list[tuple[int, int]]]
    outcomes: list[OutcomeRow]


@lru_cache(maxsize=1024)
def _source(settings: str) -> object:
    return json.loads(settings).get("source")


def _table(model: Any) -> FromClause:
    found: FromClause = model.__table__
    return found


_pair, _person, _calendar, _claim, _held, _meeting = (
    _table(m) for m in (Pair, Person, Calendar, Claim, HeldSlot, Meeting)
)
_past = _table(PastMeeting)
_JSON = frozenset({"working_hours", "windows", "settings"})
_PERSON = [cast(_person.c[name], Text) if name in _JSON else _person.c[name] for name in PersonRow._fields]
CALENDAR_COLUMNS = [
    cast(_calendar.c[name], Text) if name in _JSON else _calendar.c[name] for name in CalendarRow._fields
]
_PAIR = [_pair.c[name] for name in PairRow._fields]
_FIRST_PERSON = len(_PAIR)
_FIRST_CALENDAR = _FIRST_PERSON + len(PersonRow._fields)

_TWO = Plain(
    select(*_PAIR, *_PERSON, *CALENDAR_COLUMNS)
    .select_from(_pair)
    .join(_person, _person.c.id.in_([_pair.c.mentor_id, _pair.c.mentee_id]))
    .outerjoin(_calendar, (_calendar.c.person_id == _person.c.id) & _calendar.c.counts)
    .where(_pair.c.id == bindparam("pair_id"))
)


def our_outcomes(people: list[Any]) -> Select[Any]:
    """The known outcomes of all meetings of these people, in the columns of ``OutcomeRow``."""
    return (
        select(*((_pair if name in {"mentor_id", "mentee_id"} else _meeting).c[name] for name in OutcomeRow._fields))
        .select_from(_meeting)
        .join(_pair, _pair.c.id == _meeting.c.pair_id)
        .where(_pair.c.mentor_id.in_(people) | _pair.c.mentee_id.in_(people))
        .where(_meeting.c.first_outcome.is_not(None))
    )


def past_outcomes(people: list[Any]) -> Select[Any]:
    """The same of meetings from before that a history file named as theirs, placeholders aside."""
    row = _past.c
    return (
        select(
            *(row.pair_id, row.first_start, row.first_start + row.minutes * 60, row.booked_at, row.first_start),
            *(row.kind, row.outcome, row.outcome_at, row.mentor_id, row.mentee_id),
        )
        .where(row.mentor_id.in_(people) | row.mentee_id.in_(people))
        .where(row.outcome.is_not(None), row.placeholder.is_(False))
    )


_either: list[Any] = [bindparam("mentor_id"), bindparam("mentee_id")]
_TIME = Plain(
    union_all(
        our_outcomes(_either).where(_meeting.c.created_at >= bindparam("since")),
        past_outcomes(_either).where(_past.c.booked_at >= bindparam("since")),
        select(_claim.c.person_id, _claim.c.start, _claim.c.end, *(null() for _ in OutcomeRow._fields[3:]))
        .where(_claim.c.person_id.in_(_either))
        .where(_claim.c.start < bindparam("until"), _claim.c.end > bindparam("from_")),
        select(_held.c.person_id, _held.c.start, _held.c.end, *(null() for _ in OutcomeRow._fields[3:]))
        .where(_held.c.person_id.in_(_either), _held.c.pair_id != bindparam("pair_id"))
        .where(_held.c.start < bindparam("until"), _held.c.end > bindparam("from_")),
    )
)


def two(look: Look, pair_id: str) -> Two:
    """A pair, its people and those of their calendars that count: one statement. Raises ``NotFound``."""
    rows = look.rows(_TWO, pair_id=pair_id)
    people: dict[bool, PersonRow] = {}
    calendars: tuple[list[CalendarRow], list[CalendarRow]] = ([], [])
    for row in rows:
        is_mentee = row[1] != row[_FIRST_PERSON]
        if is_mentee not in people:
            people[is_mentee] = PersonRow._make(row[_FIRST_PERSON:_FIRST_CALENDAR])
        if row[_FIRST_CALENDAR] is not None:
            calendars[is_mentee].append(CalendarRow._make(row[_FIRST_CALENDAR:]))
    if len(people) != 2:
        raise NotFound(f"There is no pair {pair_id}.")
    for each in calendars:
        each.sort()
    return Two(PairRow._make(rows[0][:_FIRST_PERSON]), (people[False], people[True]), calendars)


def time(look: Look, pair_id: str, mentor_id: str, mentee_id: str, *, start: int, until: int, since: int) -> Time:
    """The claims of a pair's two people that reach into ``[start, until)``, other pairs' fallbacks among them, and the
    outcomes of their meetings booked since then, as far as they are known: one statement."""
    rows = look.rows(
        _TIME, pair_id=pair_id, mentor_id=mentor_id, mentee_id=mentee_id, from_=start, until=until, since=since
    )
    found = Time({}, [])
    for row in rows:
        if row[6] is None:  # a claim has no outcome
            found.claims.setdefault(row[0], []).append((row[1], row[2]))
        else:
            found.outcomes.append(OutcomeRow._make(row))
    for spans in found.claims.values():
        spans.sort()
    return found


_LOCK = Plain(update(Pair).where(_pair.c.id == bindparam("pair_id")).values(lock=_pair.c.lock + 1).returning(*_PAIR))


def lock(session: Session, pair_id: str) -> PairRow:
    """Locks a pair until the transaction ends: changes of one pair happen one after the other. Raises ``NotFound``."""
    rows = look_in(session).rows(_LOCK, pair_id=pair_id)
    if not rows:
        raise NotFound(f"There is no pair {pair_id}.")
    return PairRow._make(rows[0])
