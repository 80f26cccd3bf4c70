"""Backups: one SQLite file with everything, consistent, taken while others write.

Of an SQLite database it is a copy page by page by SQLite's own online backup, in one step and
so of one moment (sqlite.org/backup.html). Of PostgreSQL it is a copy of every row, read in one
transaction that sees one moment; a backup can therefore be restored into either database. It
is no replacement for the server's own tools where restoring must take minutes: pg_dump, and
archived write-ahead logs for every moment in between.

Photographs that wait in the spool to be inspected are no part of the database, nor of a backup.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.engine import make_url

from core.errors import StoreUnavailable
from db.driver_errors import translated
from db.schema import batch, inspection, metadata, photograph
from db.session import connect, reading, writing

_ROWS = 50
"""Rows held at a time; one of them may have a photograph of 10 MB."""
_NOT_ONE = (
    "{path} is no backup of this program, or it is damaged: {why}. Nothing was restored; "
    "use another backup."
)

Step = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database or a backup holds."""

    revision: str
    batches: int
    parts: int
    photographs: int
    byte_count: int
    """Of the file."""


def back_up(engine: Engine, path: Path) -> Contents:
    """Write everything into a new file, and check it; others go on writing meanwhile.

    The file gets its name when it is complete. Raises StoreUnavailable where it exists already
    or cannot be written; then there is no new file.
    """
    if path.exists():
        raise StoreUnavailable(f"{path} exists already. Name a new file for the backup.")
    part = path.with_name(f"{path.name}.part")
    with _written(part):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        if engine.dialect.name == "sqlite":
            _copy_pages(engine, part)
        else:
            _copy_to_file(engine, part)
        found = contents(part)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.rename(path)
    return found


def restore(path: Path, url: str) -> Contents:
    """Make the database at ``url`` of a backup; one of an older program is migrated.

    The database must be new or empty: nothing is ever overwritten. Raises StoreUnavailable
    where it is not, and where the file is no backup; StoreVersion for a newer program's.
    """
    contents(path)
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        target = Path(address.database or "")
        # A log that an older file left behind would be written into the restored one.
        if target.exists() or target.with_name(f"{target.name}-wal").exists():
            raise StoreUnavailable(
                f"{target} exists already, and restoring overwrites nothing. Stop the program "
                "and move the file away, or name another database."
            )
        part = target.with_name(f"{target.name}.part")
        with _written(part):
            target.parent.mkdir(parents=True, exist_ok=True)
            _migrated_copy(path, part)
            part.rename(target)
        return contents(target)
    engine = connect(url)
    try:
        scratch = path.with_name(f"{path.name}.restoring")
        with _written(scratch):
            _migrated_copy(path, scratch)
            _copy_from_file(scratch, engine)
            found = contents(scratch)
            scratch.unlink()
    finally:
        engine.dispose()
    return found


def contents(path: Path) -> Contents:
    """What the backup holds, after checking that it is whole; raises StoreUnavailable."""
    if not path.is_file():
        raise StoreUnavailable(f"There is no backup {path}.")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise StoreUnavailable(_NOT_ONE.format(path=path, why="its pages do not fit"))
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise StoreUnavailable(_NOT_ONE.format(path=path, why="rows point nowhere"))
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            counts = [
                connection.execute(str(select(func.count()).select_from(table))).fetchone()[0]
                for table in (batch, inspection, photograph)
            ]
    except (sqlite3.Error, TypeError) as error:
        raise StoreUnavailable(_NOT_ONE.format(path=path, why=error)) from error
    batches, parts, photographs = counts
    return Contents(revision, batches, parts, photographs, path.stat().st_size)


@contextmanager
def _written(part: Path) -> Iterator[None]:
    """Leave no half of a file behind; a disk that fails is an error fit to be shown."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError | sqlite3.Error):
            raise StoreUnavailable(
                f"{part} cannot be written ({error}). Free some disk, or name another place."
            ) from error
        raise


def _copy_pages(engine: Engine, part: Path) -> None:
    with (
        translated(engine),
        closing(engine.raw_connection()) as source,
        closing(sqlite3.connect(part)) as target,
    ):
        # Everything in one step: in several, each write in between would make it begin again.
        source.cursor().connection.backup(target)
    _in_one_file(part)


def _copy_to_file(engine: Engine, part: Path) -> None:
    copy = connect(f"sqlite:///{part}")
    try:
        with reading(engine) as source, writing(copy) as target:
            _copy_rows(source, target)
    finally:
        copy.dispose()
    _in_one_file(part)


def _copy_from_file(path: Path, engine: Engine) -> None:
    copy = connect(f"sqlite:///{path}")
    try:
        with reading(copy) as source, writing(engine) as target:
            for table in metadata.sorted_tables:
                if target.scalar(select(func.count()).select_from(table)):
                    raise StoreUnavailable(
                        "The database is not empty, and restoring overwrites nothing. Name "
                        "another database."
                    )
            _copy_rows(source, target)
            for table in metadata.sorted_tables:
                _set_counter(target, table)
    finally:
        copy.dispose()


def _migrated_copy(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)
    connect(f"sqlite:///{target}").dispose()
    _in_one_file(target)


def _in_one_file(path: Path) -> None:
    """Leave no log beside the file that would have to travel with it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").close()


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in metadata.sorted_tables:
        # In the order of their keys: an undo points at an earlier row of its own table.
        query = select(table).order_by(*table.primary_key.columns)
        rows = source.execution_options(yield_per=_ROWS).execute(query).mappings()
        for some in rows.partitions(_ROWS):
            target.execute(table.insert(), [dict(row) for row in some])


def _set_counter(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows from behind the restored ones on."""
    if "id" not in table.c or not table.c.id.autoincrement:
        return
    last = connection.scalar(select(func.max(table.c.id)))
    if last is not None:
        counter = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(counter, last)))
