"""What a given time is worth: its window kind and the chance that it holds, for a time that somebody chose by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlmodel import Session

from service.app.house import House
from service.app.memory import pair_memory
from service.app.read_busy import known_of
from service.app.timetables import timetable
from service.domain.churn import ChurnTable
from service.domain.slots import Candidates, Party
from service.domain.stability import score
from service.domain.timespan import DAY, Span
from service.domain.windows import WINDOW_KINDS, WindowKind, window_spans
from service.store import people
from service.store.tables import Meeting, Pair

_CORE = WINDOW_KINDS.index(WindowKind.CORE)


def judge(house: House, session: Session, pair: Pair, meeting: Meeting, span: Span) -> tuple[str, float]:
    """``(kind, hold probability)`` of ``span``. Outside everyone's windows the kind is the one nearest on the clock."""
    now = house.now()
    seats = [pair.mentor_id, pair.mentee_id]
    rows = people.get_many(session, seats)
    known = known_of(
        house, session, seats, min(now, span.start) - DAY, span.end + DAY, but=meeting.id, for_pair=pair.id
    )
    old = Span(meeting.start, meeting.end)
    parties = [
        Party(
            timetable(rows[p]),
            known[p].busy.without(old.start, old.end).without(span.start, span.end),
            known[p].calendars > 0,
            ChurnTable.unpack(rows[p].churn_table),
        )
        for p in seats
    ]
    candidates, named = at_hand(parties, span)
    memory = pair_memory(house, session, pair, now, zone=rows[pair.mentor_id].time_zone)
    scores = score(candidates, parties, memory, min(now, span.start), house.terms)
    return WINDOW_KINDS[named].value, float(scores.probability[0])


def at_hand(parties: Sequence[Party], span: Span) -> tuple[Candidates, int]:
    """One given time as what the hold model scores, and the window code that names it."""
    codes = [_code(party, span) for party in parties]
    named = next((code for code in codes if code != _CORE), _CORE)
    column = np.array(codes, np.int64).reshape(-1, 1)
    return Candidates(np.array([span.start], np.int64), span.seconds, column, np.array([named], np.int64)), named


def _code(party: Party, span: Span) -> int:
    windows = window_spans(party.timetable, span.start - DAY, span.end + DAY)
    if not windows.starts.size:
        return _CORE
    inside = (windows.starts <= span.start) & (windows.ends >= span.end)
    if inside.any():
        codes = windows.codes[inside].tolist()
        return next((code for code in codes if code != _CORE), _CORE)
    gap = np.maximum(windows.starts - span.start, 0) + np.maximum(span.end - windows.ends, 0)
    return int(windows.codes[int(np.argmin(gap))])
