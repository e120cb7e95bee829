"""Nothing is held of a person that is neither given out nor taken out: every column of every table is declared."""

from __future__ import annotations

import pytest

from service.store.every_table import every_table
from service.store.fates import FATES, GOING, Fate

TABLES = every_table().tables
COLUMNS = {(table.name, column.name) for table in TABLES.values() for column in table.columns}


def test_every_column_is_declared() -> None:
    missing = sorted(f"{table}.{column}" for table, column in COLUMNS - set(FATES) if table != "alembic_version")
    assert missing == [], "say in service/store/fates.py what becomes of it at export and erasure"


def test_nothing_is_declared_that_is_not_there() -> None:
    assert sorted(set(FATES) - COLUMNS) == []


@pytest.mark.parametrize("name", sorted(TABLES))
def test_rows_that_point_at_a_person_go_with_them_or_say_why_not(name: str) -> None:
    pointing = {column.name for column in TABLES[name].columns} & {"person_id", "calendar_id"}
    stays = {"meeting", "claim"}  # the pair's record, in which the person is an id without a name
    assert (name in GOING) or not pointing or name in stays, "rows of a person: say in GOING how they are found"
    if name in GOING:
        assert {FATES[name, column.name] for column in TABLES[name].columns} <= {Fate.GIVEN, Fate.INNER}
