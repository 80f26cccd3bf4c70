"""Retention: letting go of photographs that are old enough, and keeping a record of it.

Only bytes go. Verdicts, heatmaps, decisions and the photograph's sha256 stay, and the log says
which photograph was purged when, by whom and by which rule. A photograph is as old as its last
inspection; one that is uploaded again for a new verdict is kept again from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, select

from core.clock import now
from db.schema import KEPT, inspection, photograph, purge, purged_photograph
from db.session import reading, write

EVERY = timedelta(days=1)
CHUNK = 200
"""Photographs purged in one transaction: others write in between."""


@dataclass(frozen=True, slots=True)
class Purge:
    """One entry of the log and what it deleted."""

    id: int
    begun_at: datetime
    older_than: datetime
    retention_days: int
    purged_by: str
    photographs: int
    byte_count: int


def purgeable(connection: Connection, older_than: datetime) -> tuple[int, int]:
    """How many photographs are old enough, and how many bytes they have."""
    count, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(photograph.c.byte_count), 0)).where(
            *_old(older_than)
        )
    ).one()
    return int(count), int(size)


def purge_photographs(
    engine: Engine,
    retention_days: int,
    purged_by: str,
    step: Callable[[int], None] = lambda count: None,
) -> Purge | None:
    """Delete the photographs whose last inspection is more than these days ago.

    In many short transactions, each with its entries of the log; ``step`` is called after each
    how many went. Returns None, and logs nothing, where none is old enough. Raises ValueError
    for less than a day, StoreUnavailable or StoreBusy: what went until then is logged.
    """
    if retention_days < 1:
        raise ValueError(f"photographs are kept for whole days, not {retention_days}")
    begun_at = now()
    older_than = begun_at - timedelta(days=retention_days)
    entry: dict[str, object] = {
        "begun_at": begun_at,
        "older_than": older_than,
        "retention_days": retention_days,
        "purged_by": purged_by,
    }
    number: int | None = None
    while went := write(
        engine, partial(_purge_some, older_than=older_than, entry=entry, number=number)
    ):
        number, count = went
        step(count)
    if number is None:
        return None
    if engine.dialect.name == "sqlite":
        # The log that SQLite writes ahead still has the bytes until it is emptied.
        with closing(engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with reading(engine) as connection:
        return next(item for item in purges(connection) if item.id == number)


def purge_when_due(engine: Engine, retention_days: int, purged_by: str) -> Purge | None:
    """Purge if photographs are not kept for good and the last purge was a day ago or more.

    Raises StoreUnavailable or StoreBusy.
    """
    if not retention_days:
        return None
    with reading(engine) as connection:
        last = connection.scalar(select(purge.c.begun_at).order_by(purge.c.id.desc()).limit(1))
    if last is not None and now() - last < EVERY:
        return None
    return purge_photographs(engine, retention_days, purged_by)


def purges(connection: Connection) -> list[Purge]:
    """Every entry of the log, the newest first."""
    rows = connection.execute(
        select(
            *purge.c,
            func.count(purged_photograph.c.photograph_sha256).label("photographs"),
            func.coalesce(func.sum(photograph.c.byte_count), 0).label("byte_count"),
        )
        .select_from(purge.outerjoin(purged_photograph).outerjoin(photograph))
        .group_by(*purge.c)
        .order_by(purge.c.id.desc())
    )
    return [Purge(**row) for row in rows.mappings()]


def _old(older_than: datetime) -> tuple[ColumnElement[bool], ...]:
    inspected_since = exists().where(
        inspection.c.photograph_sha256 == photograph.c.sha256,
        inspection.c.inspected_at >= older_than,
    )
    return KEPT, photograph.c.stored_at < older_than, ~inspected_since


def _purge_some(
    connection: Connection, older_than: datetime, entry: dict[str, object], number: int | None
) -> tuple[int, int] | None:
    """Purge a chunk; the number of the log's entry and how many went, None where none is left."""
    if connection.dialect.name == "sqlite":
        # What is deleted is overwritten, not only unlinked.
        connection.exec_driver_sql("PRAGMA secure_delete = ON").close()
    found = list(
        connection.scalars(
            select(photograph.c.sha256)
            .where(*_old(older_than))
            .order_by(photograph.c.stored_at)
            .limit(CHUNK)
        )
    )
    if not found:
        return None
    if number is None:
        number = connection.execute(purge.insert().returning(purge.c.id), entry).scalar_one()
    connection.execute(
        purged_photograph.insert(),
        [{"purge_id": number, "photograph_sha256": sha256} for sha256 in found],
    )
    connection.execute(photograph.update().where(photograph.c.sha256.in_(found)).values(data=b""))
    return number, len(found)
