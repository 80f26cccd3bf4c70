"""Columns and indexes as migrations create them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from db.schema import Id


def row_number() -> sa.Column[int]:
    """The primary key ``id``, which the database counts up."""
    return sa.Column("id", Id, primary_key=True)


def reference(name: str, primary_key: bool = False) -> sa.Column[int]:
    """A reference to a row of another table by its number, in the column ``table_id``."""
    key = sa.ForeignKey(f"{name.removesuffix('_id')}.id")
    return sa.Column(name, Id, key, primary_key=primary_key, autoincrement=False, nullable=False)


def required(**columns: Any) -> list[sa.Column[Any]]:
    """Columns that are never empty, by name and type."""
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def index(table: str, *columns: str) -> None:
    """An index named as the naming convention of ``db.schema`` names it."""
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def partial_index(name: str, table: str, column: str, where: str) -> None:
    """An index of those rows alone for which ``where`` holds."""
    rows = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=rows, postgresql_where=rows)


def highest_first() -> sa.TextClause:
    """The order of parts by probability in an index, parts without one last."""
    # SQLite counts an empty value as the smallest, and refuses NULLS LAST in an index.
    sqlite = op.get_bind().dialect.name == "sqlite"
    return sa.text("probability DESC" if sqlite else "probability DESC NULLS LAST")
