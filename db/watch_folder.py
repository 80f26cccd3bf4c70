"""What the watch folder service remembers between two runs, and tells while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.clock import now
from core.inspection.watch_folder import Known, WatchedFile
from db.inspections.batches import Batch, batch_by_id, open_batch
from db.inspections.rows import LONGEST_NAME
from db.schema import batch, batch_part, rejection, watched_file, watcher


@dataclass(frozen=True, slots=True)
class Watcher:
    """A watch folder service at one moment."""

    station: str
    folder: str
    seen_at: datetime
    waiting: int
    memory_megabytes: float
    processors: float
    threads: int
    engine: str
    model_sha256: str


def known_files(connection: Connection, station: str, folder: str) -> dict[str, Known]:
    """By name, the files of a folder that were inspected for a station."""
    column = watched_file.c
    query = select(column.file, column.mark, column.sha256).where(
        column.station == station, column.folder == folder
    )
    return {file: Known(mark, sha256) for file, mark, sha256 in connection.execute(query)}


def remember_files(
    connection: Connection,
    station: str,
    folder: str,
    files: Sequence[tuple[WatchedFile, str]],
) -> None:
    """Note files with their sha256 as inspected; a later one under a name replaces the earlier."""
    # A name that no database can keep is read again after a restart, and known by its sha256.
    rows = {
        file.name: {
            "station": station,
            "folder": folder,
            "file": file.name,
            "mark": file.mark,
            "sha256": sha256,
            "inspected_at": now(),
        }
        for file, sha256 in files
        if len(file.name) <= LONGEST_NAME and _can_be_kept(file.name)
    }
    _upsert(connection, watched_file, ("station", "folder", "file"), list(rows.values()))


def record_heartbeat(connection: Connection, state: Watcher) -> None:
    """Note how a watcher is doing, in the place of what it told before."""
    _upsert(connection, watcher, ("station", "folder"), [asdict(state)])


def watchers(connection: Connection) -> list[Watcher]:
    """Every watcher as it last told, the latest first."""
    columns = [watcher.c[name] for name in Watcher.__dataclass_fields__]
    rows = connection.execute(select(*columns).order_by(watcher.c.seen_at.desc()))
    return [Watcher(*row) for row in rows]


def latest_batch(
    connection: Connection,
    source: str,
    label: str,
    station: str,
    model_id: int,
    unfinished: bool = False,
) -> Batch | None:
    """The newest batch of this kind, or the newest of those that were not finished."""
    column = batch.c
    query = select(func.max(column.id)).where(
        column.source == source,
        column.label == label,
        column.station == station,
        column.model_id == model_id,
    )
    if unfinished:
        query = query.where(column.finished_at.is_(None))
    number = connection.scalar(query)
    return None if number is None else batch_by_id(connection, number)


def continue_batch(
    connection: Connection, source: str, label: str, station: str, model_id: int, total: int = 0
) -> Batch:
    """The batch of this kind that broke off, with ``total`` announced files; else a new one."""
    found = latest_batch(connection, source, label, station, model_id, unfinished=True)
    if found is None:
        return open_batch(connection, source, label, station, model_id, total)
    connection.execute(batch.update().where(batch.c.id == found.id).values(total=total))
    return replace(found, total=total)


def end_batch(connection: Connection, batch_id: int) -> None:
    """Finish a batch that grew, or that grew further: its files are those with an outcome."""
    update_total(connection, batch_id, 0)
    connection.execute(batch.update().where(batch.c.id == batch_id).values(finished_at=now()))


def finish_left_batches(
    connection: Connection, source: str, folder: str, station: str, but: str = ""
) -> None:
    """Finish the batches that watchers of the folder were killed in, but the one labelled ``but``.

    Their files have outcomes; those that still wait will be in another batch.
    """
    left = select(batch.c.id).where(
        batch.c.finished_at.is_(None),
        batch.c.source == source,
        batch.c.station == station,
        batch.c.label.startswith(f"{folder}, ", autoescape=True),
        batch.c.label != but,
    )
    for number in connection.scalars(left).all():
        end_batch(connection, number)


def update_total(connection: Connection, batch_id: int, waiting: int) -> None:
    """Set the batch's total to the files that have an outcome and ``waiting`` more."""
    outcomes = [
        select(func.count())
        .select_from(table)
        .where(table.c.batch_id == batch_id)
        .scalar_subquery()
        for table in (batch_part, rejection)
    ]
    connection.execute(
        batch.update()
        .where(batch.c.id == batch_id)
        .values(total=outcomes[0] + outcomes[1] + waiting)
    )


def _upsert(
    connection: Connection, table: Any, key: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> None:
    if not rows:
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), rows)


def _can_be_kept(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\x00" not in name
