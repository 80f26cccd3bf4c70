"""What ``python -m core doctor`` asks a database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, text

from core.errors import StoreUnavailable
from db.schema import metadata


def damage(connection: Connection) -> str:
    """What is wrong with the database's pages and references; empty where nothing is.

    PostgreSQL keeps its own pages in order; there this only asks every table for a row.
    """
    if connection.dialect.name == "sqlite":
        said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        if said != "ok":
            return said
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        return "" if lost is None else f"a row of {lost[0]} points nowhere"
    for table in metadata.sorted_tables:
        connection.execute(select(table).limit(1)).all()
    return ""


def may_write(connection: Connection) -> bool:
    """Whether this connection's transaction may write; nothing is written to find out.

    Raises StoreUnavailable where the role lacks permission for a table.
    """
    if connection.dialect.name == "sqlite":
        # A transaction on a read-only file begins like any other, and fails at its first write.
        try:
            connection.exec_driver_sql("CREATE TABLE doctor (x)").close()
            connection.exec_driver_sql("DROP TABLE doctor").close()
        except Exception as error:
            if "readonly" in str(error):
                return False
            raise
        return True
    if connection.scalar(text("SHOW transaction_read_only")) == "on":
        return False
    for table in metadata.sorted_tables:
        if not connection.scalar(select(func.has_table_privilege(table.name, "INSERT"))):
            raise StoreUnavailable(
                f"The database's user may not write to {table.name}. Grant INSERT and UPDATE on "
                "every table to it."
            )
    return True


def server_time(connection: Connection) -> datetime | None:
    """The database server's clock; None for SQLite, which has this machine's."""
    if connection.dialect.name == "sqlite":
        return None
    found: datetime = connection.scalar(text("SELECT clock_timestamp()"))
    return found.astimezone(UTC)
