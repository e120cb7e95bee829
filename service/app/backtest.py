"""Judging the hold model on recorded history: the database's, or a file's. Reads and computes; stores nothing."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from service.app.house import House
from service.app.recorded import logged_choices, recorded_meetings
from service.domain.judging import Verdict, judge, roll
from service.domain.judging.off_policy import Logged, compare_choices
from service.domain.stability import MeetingRow
from service.domain.stability.learner import Forecast
from service.store import programmes

MOST_KEPT = 16
_kept: OrderedDict[tuple[str, str], Verdict] = OrderedDict()
_one_at_a_time = threading.Lock()
PREDICTIONS = "row,hold_probability,baseline_probability,lead_only_probability"


def backtest(
    rows: Sequence[MeetingRow], choices: Sequence[Logged] = (), tell: Callable[[int], None] = lambda done: None
) -> tuple[Verdict, list[Forecast]]:
    """The verdict, and a forecast for every row in its order."""
    forecasts, learner = roll(rows, tell)
    return judge(rows, forecasts, learner, compare_choices(choices)), forecasts


def backtest_of_programme(house: House, programme_id: str) -> Verdict:
    """On a programme's history file and its pairs' meetings. Raises ``NotFound``.

    One at a time, and again only where something else is recorded than before: it takes seconds of computing."""
    with house.reading() as session:
        programmes.get(session, programme_id)
    rows, choices = recorded_meetings(house, programme_id), logged_choices(house, programme_id)
    told = (programme_id, hashlib.sha256(repr((rows, choices)).encode()).hexdigest())
    with _one_at_a_time:
        if told not in _kept:
            _kept[told] = backtest(rows, choices)[0]
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        return _kept[told]


def predictions(forecasts: Sequence[Forecast]) -> Iterator[str]:
    """The lines of a predictions file: rows are counted from 1, and numbers keep every bit."""
    yield PREDICTIONS
    for number, one in enumerate(forecasts, 1):
        yield f"{number},{one.hold!r},{one.baseline!r},{one.lead_only!r}"
