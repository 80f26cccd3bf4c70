"""Looking after the database: backups, and photographs that are old enough to be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine as Database

from core.clock import now
from core.errors import SettingsError
from core.settings import Settings
from db import backup, retention
from db.inspections.batches import unfinished_batches
from db.session import reading
from db.settings import settings_in_force

CHANGED_BY = "command line"
"""Who purges, in the purge log, when it is done by command."""


@dataclass(frozen=True, slots=True)
class Purgeable:
    """Photographs last inspected ``days`` ago or earlier."""

    days: int
    photographs: int
    byte_count: int


def back_up(database: Database, file: Path) -> tuple[backup.Contents, int]:
    """Write a backup; what is in it, and how many batches are not finished. Raises StoreError."""
    with reading(database) as connection:
        unfinished = len(unfinished_batches(connection))
    return backup.back_up(database, file), unfinished


def purgeable(database: Database, settings: Settings, days: int | None) -> Purgeable:
    """What a purge would delete, by the retention in force or by ``days``.

    Raises SettingsError where photographs are kept forever.
    """
    with reading(database) as connection:
        kept_for = days or settings_in_force(connection, settings).retention_days
        if not kept_for:
            raise SettingsError(
                "RETENTION_DAYS is 0, so photographs are kept forever. Set it, or give --days."
            )
        older_than = now() - timedelta(days=kept_for)
        return Purgeable(kept_for, *retention.purgeable(connection, older_than))
