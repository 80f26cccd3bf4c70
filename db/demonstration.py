"""A database of made-up production: marked from its first row on, and cleared as a whole.

Verdicts are never changed or deleted, and a demonstration is no exception: it is only made in
a database without any, and what clears it is to drop every table and to create them again. A
database without the mark is never cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, exists, func, select

from core.clock import now
from core.errors import DemonstrationRefused
from core.people import Person, Role, require
from db.schema import (
    batch,
    demonstration,
    disposition,
    inspection,
    metadata,
    model,
    person_role,
    setting_change,
    threshold_change,
)
from db.session import recreate_tables

SOURCE = "demonstration"
"""Where its batches come from."""

_KEPT: tuple[Table, ...] = (model, person_role, setting_change)
"""What no demonstration makes up: rows that outlast it."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The mark, and what people have added to the database since it was made."""

    made_at: datetime
    parts_since: int
    decisions_since: int


def demonstration_of(connection: Connection) -> Demonstration | None:
    """The demonstration that this database holds; None where what it holds is real."""
    made_at = connection.scalar(select(demonstration.c.made_at))
    if made_at is None:
        return None
    others = select(batch.c.id).where(batch.c.source != SOURCE)
    parts = select(func.count()).where(inspection.c.batch_id.in_(others))
    decisions = select(func.count()).where(disposition.c.decided_at > made_at)
    return Demonstration(made_at, connection.scalar(parts) or 0, connection.scalar(decisions) or 0)


def begin_demonstration(connection: Connection) -> None:
    """Mark an empty database as one of a demonstration, its tables new.

    Raises DemonstrationRefused where anything is in it but models, roles and settings.
    """
    if connection.scalar(select(exists().where(demonstration.c.id == 1))):
        raise DemonstrationRefused(
            "The database holds a demonstration already. Clear it first: "
            "python -m core demo --clear"
        )
    found = [table.name for table in metadata.sorted_tables if _holds_something(connection, table)]
    if found:
        raise DemonstrationRefused(
            f"The database is in use ({', '.join(found)}), and a demonstration is only made in an "
            "empty one. Name another: python -m core demo --database-url sqlite:///data/demo.db"
        )
    _recreate(connection, [person_role, setting_change])
    connection.execute(demonstration.insert(), {"id": 1, "made_at": now()})


def clear_demonstration(connection: Connection, person: Person) -> None:
    """Leave models with their first threshold, roles and settings, as before the demonstration.

    Everything else goes, also what was inspected and decided in it since. Raises NotAllowed
    unless ``person`` is an engineer, DemonstrationRefused where the database holds none.
    """
    require(person, Role.ENGINEER)
    if demonstration_of(connection) is None:
        raise DemonstrationRefused("The database holds no demonstration; nothing was cleared.")
    _recreate(connection, _KEPT)


def _holds_something(connection: Connection, table: Table) -> bool:
    if table in _KEPT:
        return False
    rows = exists(select(1).select_from(table))
    if table is threshold_change:
        # Every model comes with the threshold of its card.
        rows = exists().where(table.c.previous.is_not(None))
    return bool(connection.scalar(select(rows)))


def _recreate(connection: Connection, kept: Sequence[Table]) -> None:
    rows = {table: _rows(connection, select(table)) for table in kept}
    if model in rows:
        first = threshold_change.c.previous.is_(None)
        rows[threshold_change] = _rows(connection, select(threshold_change).where(first))
    recreate_tables(connection)
    for table, values in rows.items():
        if not values:
            continue
        # With their numbers: pages that are open know a model by its number.
        connection.execute(table.insert(), values)
        if connection.dialect.name == "postgresql":
            counter = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(counter, max(row["id"] for row in values))))


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]
