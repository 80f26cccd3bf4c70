"""``python -m core backup``, ``restore`` and ``purge``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

import db
from core.clock import now
from core.errors import SettingsError
from core.settings import read_settings

WHO = "command line"

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
Say = Callable[[str], None]


def back_up(file: Path, database_url: str | None, say: Say) -> None:
    """Write a backup and say what is in it; raises StoreError."""
    with _opened(database_url or read_settings().database_url) as database:
        with db.reading(database) as connection:
            waiting = len(db.unfinished_batches(connection))
        found = db.back_up(database, file)
    say(f"{file}: {_told(found)}. It is whole.")
    if waiting:
        say(
            f"{waiting} batches are not finished; photographs of theirs that still wait are in "
            "the spool folder and not in the backup."
        )


def restore_backup(file: Path, database_url: str | None, say: Say) -> None:
    """Make a new database of a backup; raises StoreError where there is one already."""
    found = db.restore(file, database_url or read_settings().database_url)
    say(f"Restored from {file}: {_told(found)}.")


def purge_old(
    days: int | None, dry_run: bool, database_url: str | None, bar: Bar, say: Say
) -> None:
    """Purge photographs older than the retention; raises SettingsError where there is none."""
    settings = read_settings()
    with _opened(database_url or settings.database_url) as database:
        with db.reading(database) as connection:
            kept_for = days or db.settings_in_force(connection, settings).retention_days
            if not kept_for:
                raise SettingsError(
                    "RETENTION_DAYS is 0, so photographs are kept for good. Set it, or give --days."
                )
            count, size = db.purgeable(connection, now() - timedelta(days=kept_for))
        if dry_run:
            say(
                f"{count:,} photographs of {size / 1e6:,.1f} MB, last inspected {kept_for} days "
                "ago or before, would go. Nothing was changed."
            )
            return
        with bar("Purging", count) as step:
            done = db.purge_photographs(database, kept_for, WHO, step)
    if done is None:
        say("No photograph is old enough to go.")
        return
    say(
        f"{done.photographs:,} photographs of {done.byte_count / 1e6:,.1f} MB went; their "
        f"verdicts and heatmaps are kept, and entry {done.id} of the log of purges names them."
    )


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    database = db.connect(url)
    try:
        yield database
    finally:
        database.dispose()


def _told(found: db.Contents) -> str:
    return (
        f"{found.parts:,} parts of {found.batches:,} batches with {found.photographs:,} "
        f"photographs, {found.byte_count / 1e6:,.1f} MB, schema {found.revision}"
    )
