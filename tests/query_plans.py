"""The plans by which the database answers queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """Collects the plan of every SELECT that runs inside."""
    found: list[str] = []
    asked: list[tuple[str, Any]] = []

    def note(_1: object, _2: object, sql: str, parameters: Any, *_rest: object) -> None:
        if sql.startswith("SELECT"):
            asked.append((sql, parameters))

    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)
    if connection.dialect.name == "postgresql":
        # A table of a few rows is read whole by choice; ask for what a large one would get.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
    explain = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    for sql, parameters in asked:
        lines = connection.exec_driver_sql(explain + sql, parameters)
        found.append("\n".join(str(line[-1]) for line in lines))
