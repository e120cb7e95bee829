"""A round looks for what is due by index: however long the history, it reads only what is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from service.jobs.rounds import one_round
from tests.house import make_house

# These stay small or are asked for as a whole: calendars (each is read in turn), second times (of meetings to come), receivers.
READ_WHOLE = {"calendar", "held_slot", "webhook_endpoint"}


def test_no_round_reads_a_table_that_grows(tmp_path: Path) -> None:
    at = make_house(tmp_path)
    at.ready_pair()
    asked: dict[str, Any] = {}

    @event.listens_for(at.house.engine, "before_cursor_execute")
    def _hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.setdefault(statement, parameters)

    one_round(at.house)
    event.remove(at.house.engine, "before_cursor_execute", _hear)
    assert len(asked) >= 10, "a round asks for everything that can come due"
    with at.house.engine.connect() as connection:
        for statement, parameters in asked.items():
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                whole = {step[3].split()[1] for step in plan if step[3].startswith("SCAN")}
                assert whole <= READ_WHOLE, (whole, statement)
    at.house.engine.dispose()
