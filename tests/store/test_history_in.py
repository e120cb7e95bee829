"""A history file, all the way to slots, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app.find_slots import find_slots, read_situation
from service.app.import_history import import_history
from service.app.keep_programme import create_programme
from service.app.recorded import recorded_meetings
from service.domain.history_file import COLUMNS
from service.domain.stability import Outcome
from service.store.engine import make_engine
from service.store.migrate import migrate
from tests.databases import postgres, sqlite
from tests.house import TestHouse, make_house


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestHouse]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as address:
        engine = make_engine(address)
        migrate(engine)
        yield make_house(tmp_path, engine=engine)
        engine.dispose()


def lines(outcome: str, days: range) -> bytes:
    row = "p,marta@example.org,emil@example.org,2026-03-02T09:00:00Z,2026-03-{:02d}T10:00:00+01:00,60,Europe/Berlin,{},"
    return "\n".join([",".join(COLUMNS), *(row.format(day, outcome) for day in days), ""]).encode()


def test_it_is_kept_recognised_replaced_and_speaks_in_slots(house: TestHouse) -> None:
    pair, *_ = house.ready_pair()
    best = (
        find_slots(house.house, read_situation(house.house, pair, horizon_days=14), limit=3).slots[0].hold_probability
    )
    programme = create_programme(house.house, {"name": "p"})
    import_history(house.house, programme, lines("held", range(9, 14)))
    import_history(house.house, programme, lines("cancelled", range(9, 16)))
    rows = recorded_meetings(house.house, programme)
    assert [row.outcome for row in rows] == [Outcome.CANCELLED] * 7
    assert {(row.pair_id, row.zone, row.minutes) for row in rows} == {(pair, "Europe/Berlin", 60)}
    assert recorded_meetings(house.house) == rows
    found = find_slots(house.house, read_situation(house.house, pair, horizon_days=14), limit=3).slots[0]
    assert found.hold_probability < best - 0.05
