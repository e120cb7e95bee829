"""The job engine's inserts, compiled once for our own connections too.

The engine does so itself where the connection is its own; where it writes into a transaction of ours, or on SQLite, it builds
and compiles its two statements for every job, which takes longer than to run them. What reaches the driver stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session


def compile_once(engine_database: Any) -> None:
    """Makes the job engine keep what it compiles. Without effect where a release of it works otherwise."""
    if not hasattr(engine_database, "_execute_prepared"):
        return
    kept: dict[tuple[str, tuple[str, ...]], tuple[str, list[str] | None, dict[str, Any], dict[str, Any]]] = {}
    usual = engine_database._execute_prepared

    def execute(
        conn: Connection | Session,
        name: str,
        values: dict[str, Any],
        build: Callable[[], Any],
        *,
        insert_columns: bool = True,
    ) -> Any:
        connection = conn.connection() if isinstance(conn, Session) else conn
        schemas = connection.get_execution_options().get("schema_translate_map")
        if not insert_columns or not schemas:
            return usual(conn, name, values, build, insert_columns=insert_columns)
        key = (name, tuple(values))
        found = kept.get(key)
        if found is None:
            made = build().compile(
                dialect=connection.dialect,
                column_keys=list(values),
                schema_translate_map=schemas,
                render_schema_translate=True,
            )
            processors = {
                bind_name: bind.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
                for bind_name, bind in made.binds.items()
            }
            fixed = {bind_name: bind.value for bind_name, bind in made.binds.items() if bind_name not in values}
            found = kept[key] = (
                str(made),
                list(made.positiontup) if made.positional else None,
                processors,
                fixed,
            )
        text, places, processors, fixed = found
        facts = {
            name: make(value) if (make := processors[name]) else value for name, value in {**fixed, **values}.items()
        }
        return connection.exec_driver_sql(text, facts if places is None else tuple(facts[place] for place in places))

    engine_database._execute_prepared = execute
