"""What the watch folder service remembers between two runs, and its heartbeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.clock import now
from core.inspection.watching.watch_folder import Known, WatchedFile
from db.inspections.batches import end_batch
from db.inspections.rows import LONGEST_NAME
from db.schema import batch, watched_file, watcher

ALIVE = timedelta(seconds=10)
"""A service that recorded nothing for this long is not running."""


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
    trouble: str | None = None
    """What keeps it from its work, fit to be shown; empty where all is well."""

    def is_alive(self, moment: datetime) -> bool:
        """Whether it recorded a heartbeat shortly before ``moment``."""
        return moment - self.seen_at < ALIVE


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
    # A name that is too long for an index is read again after a restart, and known by its sha256.
    rows = {
        file.shown: {
            "station": station,
            "folder": folder,
            "file": file.shown,
            "mark": file.mark,
            "sha256": sha256,
            "inspected_at": now(),
        }
        for file, sha256 in files
        if len(file.shown) <= LONGEST_NAME
    }
    _upsert(connection, watched_file, ("station", "folder", "file"), list(rows.values()))


def record_heartbeat(connection: Connection, state: Watcher) -> None:
    """Record how a watcher is doing; it replaces the record before."""
    _upsert(connection, watcher, ("station", "folder"), [asdict(state)])


def watchers(connection: Connection) -> list[Watcher]:
    """Every watcher as last recorded, the latest first."""
    columns = [watcher.c[name] for name in Watcher.__dataclass_fields__]
    rows = connection.execute(select(*columns).order_by(watcher.c.seen_at.desc()))
    return [Watcher(*row) for row in rows]


def finish_left_batches(
    connection: Connection, source: str, folder: str, station: str, but: str = ""
) -> None:
    """Finish batches of watchers that were killed, except the one labelled ``but``.

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


def _upsert(
    connection: Connection, table: Any, key: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> None:
    if not rows:
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), rows)
