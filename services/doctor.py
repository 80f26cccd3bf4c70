"""What could keep the program from working, and what to do about it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine as Database
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.errors import QualityControlError
from core.model.engine import load_engine
from core.settings import Settings, read_settings
from db.health import damage, may_write, server_time
from db.inspections.batches import unfinished_batches
from db.inspections.parts import gallery_size
from db.process.shift_report import latest_inspection
from db.session import connect, newest_revision, reading, shown_address, writing
from db.watch_folder import watchers

LOW_DISK = 2_000_000_000
"""Bytes of free disk below which there is a warning; a shift's photographs may take as much."""
VERY_LOW_DISK = 200_000_000
TOLERANCE = timedelta(minutes=2)
"""By which clocks may differ."""


class Health(StrEnum):
    """How a thing is."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    subject: str
    health: Health
    said: str
    """What was found and, where it is not good, what to do."""


def check(database_url: str | None = None) -> Iterator[Finding]:
    """Check everything; one fault keeps nothing else from being checked."""
    try:
        settings = read_settings()
    except QualityControlError as error:
        yield Finding("settings", Health.FAULT, str(error))
        return
    yield Finding("settings", Health.GOOD, "every setting can be used")
    url = database_url or settings.database_url
    yield from _check_database(url)
    yield _checked("model", _check_model)
    yield from _check_disks(settings, url)
    yield _check_spool(settings.spool_folder)


def _checked(subject: str, look: Callable[[], Finding]) -> Finding:
    """The finding, or an error of the program as a fault of the subject."""
    try:
        return look()
    except QualityControlError as error:
        return Finding(subject, Health.FAULT, str(error))


def _check_database(url: str) -> Iterator[Finding]:
    try:
        database = connect(url)
    except QualityControlError as error:
        yield Finding("database", Health.FAULT, str(error))
        return
    try:
        yield Finding("migrations", Health.GOOD, f"schema {newest_revision()} is in force")
        yield _checked("database", lambda: _check_pages(database))
        yield _checked("permissions", lambda: _check_writing(database))
        yield _checked("clock", lambda: _check_clock(database))
        yield _checked("batches", lambda: _check_batches(database))
        yield _checked("watch folders", lambda: _check_watchers(database))
    finally:
        database.dispose()


def _check_pages(database: Database) -> Finding:
    place = shown_address(database)
    with reading(database) as connection:
        parts = gallery_size(connection)
        fault = damage(connection)
    if fault:
        return Finding("database", Health.FAULT, f"{place} is damaged ({fault}). Restore a backup.")
    return Finding("database", Health.GOOD, f"{place} holds {parts:,} parts and is intact")


def _check_writing(database: Database) -> Finding:
    with writing(database) as connection:
        connection.execute(text("SELECT 1"))
        if may_write(connection):
            return Finding("permissions", Health.GOOD, "the database can be written")
    return Finding(
        "permissions",
        Health.FAULT,
        "The database can be read but not written. Give this program's user permission to write "
        "to it and, for SQLite, to its folder.",
    )


def _check_clock(database: Database) -> Finding:
    here = datetime.now(UTC)
    with reading(database) as connection:
        there = server_time(connection)
        latest = latest_inspection(connection)
    if there is not None and abs(there - here) > TOLERANCE:
        return Finding(
            "clock",
            Health.FAULT,
            f"This machine's clock and the database server's differ by {abs(there - here)}. "
            "Synchronize both with a time server: shifts are counted by them.",
        )
    if latest is not None and latest > here + TOLERANCE:
        return Finding(
            "clock",
            Health.FAULT,
            f"The newest part was inspected at {latest:%Y-%m-%d %H:%M} UTC, which is in the "
            "future. Synchronize this machine's clock with a time server.",
        )
    return Finding("clock", Health.GOOD, f"it is {here:%Y-%m-%d %H:%M} UTC")


def _check_batches(database: Database) -> Finding:
    with reading(database) as connection:
        waiting = unfinished_batches(connection)
    if not waiting:
        return Finding("batches", Health.GOOD, "every batch is finished")
    return Finding(
        "batches",
        Health.WARNING,
        f"{len(waiting)} are not finished, the oldest is number {waiting[-1].id}. Resume or "
        "discard them on the Inspect page if nothing is running.",
    )


def _check_watchers(database: Database) -> Finding:
    with reading(database) as connection:
        found = watchers(connection)
    alive = [item for item in found if item.is_alive(datetime.now(UTC))]
    troubles = [f"{item.station}: {item.trouble}" for item in alive if item.trouble]
    if troubles:
        return Finding("watch folders", Health.FAULT, " ".join(troubles))
    return Finding("watch folders", Health.GOOD, f"{len(alive)} of {len(found)} are running")


def _check_model() -> Finding:
    card = load_engine().card
    return Finding("model", Health.GOOD, f"{card.name}, {card.identity[:8]}, matches its card")


def _check_disks(settings: Settings, url: str) -> Iterator[Finding]:
    folders = {"spool": settings.spool_folder}
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        folders["database"] = Path(address.database.removeprefix("file:")).parent
    for name, folder in folders.items():
        there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), None)
        if there is None:
            continue
        free = shutil.disk_usage(there).free
        said = f"{free / 1e9:,.1f} GB are free"
        if free >= LOW_DISK:
            yield Finding(f"disk of the {name}", Health.GOOD, said)
            continue
        health = Health.FAULT if free < VERY_LOW_DISK else Health.WARNING
        advice = "Free some disk, or purge old photographs: python -m core purge"
        yield Finding(f"disk of the {name}", health, f"{said}. {advice}")


def _check_spool(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Finding(
            "spool",
            Health.FAULT,
            f"{folder} cannot be written ({error.strerror}). Give this program's user permission, "
            "or name another place in SPOOL_FOLDER.",
        )
    return Finding("spool", Health.GOOD, f"{folder} can be written")
