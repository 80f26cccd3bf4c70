"""SQL that the two databases share and SQLAlchemy spells once for each."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Executable, Table, func
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.schema import photograph


def insert_or_ignore(connection: Connection, table: Table, *returning: Column[Any]) -> Executable:
    """An insert that leaves out rows whose unique key is there already.

    Returns the columns ``returning`` of the rows that it adds.
    """
    return _insert_or_ignore(connection.dialect.name, table, returning)


@cache
def insert_photograph(dialect: str) -> Executable:
    """An insert of photographs that leaves those alone that are there, and fills purged ones."""
    insert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    statement = insert(photograph)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["sha256"],
        set_={"data": new.data, "stored_at": new.stored_at},
        where=func.length(photograph.c.data) == 0,
    )


# Kept, because building a statement and its key takes as long as running it on one row.
@cache
def _insert_or_ignore(dialect: str, table: Table, returning: tuple[Column[Any], ...]) -> Executable:
    insert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    statement = insert(table).on_conflict_do_nothing()
    return statement.returning(*returning) if returning else statement
