"""``python -m core doctor``: what could keep the program from working, and what to do."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import sqlalchemy
from sqlalchemy.engine import make_url

import db
from core.engine import load_engine
from core.errors import QualityControlError
from core.settings import Settings, read_settings

LITTLE = 2_000_000_000
"""Bytes of disk below which somebody should look; a shift's photographs may take as much."""
HARDLY_ANY = 200_000_000
TOLERANCE = timedelta(minutes=2)
"""By which clocks may differ."""


class Health(StrEnum):
    """How a thing is."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    health: Health
    said: str
    """What was found and, where it is not good, what to do."""


def check_all(database_url: str | None, say: Callable[[str], None]) -> bool:
    """Say each finding; True where there is no fault."""
    findings = list(check(database_url))
    colours = {Health.GOOD: "green", Health.WARNING: "yellow", Health.FAULT: "red"}
    for item in findings:
        said = item.said.replace("[", "\\[")
        say(f"[{colours[item.health]}]{item.health:8}[/] {item.subject}: {said}")
    return not any(item.health is Health.FAULT for item in findings)


def check(database_url: str | None = None) -> Iterator[Finding]:
    """Look at everything; one fault keeps nothing else from being looked at."""
    try:
        settings = read_settings()
    except QualityControlError as error:
        yield Finding("settings", Health.FAULT, str(error))
        return
    yield Finding("settings", Health.GOOD, "every setting can be used")
    url = database_url or settings.database_url
    yield from _check_database(url)
    yield _check_model()
    yield from _check_disks(settings, url)
    yield _check_spool(settings.spool_folder)


def _check_database(url: str) -> Iterator[Finding]:
    try:
        database = db.connect(url)
    except QualityControlError as error:
        yield Finding("database", Health.FAULT, str(error))
        return
    try:
        place = db.shown_address(database)
        yield Finding("migrations", Health.GOOD, f"schema {db.newest_revision()} is in force")
        yield _check_pages(database, place)
        yield _check_writing(database)
        yield _check_clock(database)
        yield _check_batches(database)
    except QualityControlError as error:
        yield Finding("database", Health.FAULT, str(error))
    finally:
        database.dispose()


def _check_pages(database: sqlalchemy.Engine, place: str) -> Finding:
    with db.reading(database) as connection:
        parts = db.gallery_size(connection)
        fault = db.damage(connection)
    if fault:
        return Finding("database", Health.FAULT, f"{place} is damaged ({fault}). Restore a backup.")
    return Finding("database", Health.GOOD, f"{place} holds {parts:,} parts and is whole")


def _check_writing(database: sqlalchemy.Engine) -> Finding:
    try:
        with db.writing(database) as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
            if not db.may_write(connection):
                return Finding(
                    "permissions",
                    Health.FAULT,
                    "The database can be read but not written. Give this program's user "
                    "permission to write to it and, for SQLite, to its folder.",
                )
    except QualityControlError as error:
        return Finding("permissions", Health.FAULT, str(error))
    return Finding("permissions", Health.GOOD, "the database can be written")


def _check_clock(database: sqlalchemy.Engine) -> Finding:
    here = datetime.now(UTC)
    with db.reading(database) as connection:
        there = db.server_time(connection)
        latest = db.latest_inspection(connection)
    if there is not None and abs(there - here) > TOLERANCE:
        return Finding(
            "clock",
            Health.FAULT,
            f"This machine's clock and the database server's differ by {abs(there - here)}. Have "
            "both set by a time server: shifts are counted by them.",
        )
    if latest is not None and latest > here + TOLERANCE:
        return Finding(
            "clock",
            Health.FAULT,
            f"The newest part was inspected at {latest:%Y-%m-%d %H:%M} UTC, which is in the "
            "future. Set this machine's clock by a time server.",
        )
    return Finding("clock", Health.GOOD, f"it is {here:%Y-%m-%d %H:%M} UTC")


def _check_batches(database: sqlalchemy.Engine) -> Finding:
    with db.reading(database) as connection:
        waiting = db.unfinished_batches(connection)
    if waiting:
        return Finding(
            "batches",
            Health.WARNING,
            f"{len(waiting)} are not finished, the oldest is number {waiting[-1].id}. Resume or "
            "discard them on the Inspect page if nothing is running.",
        )
    return Finding("batches", Health.GOOD, "every batch is finished")


def _check_model() -> Finding:
    try:
        engine = load_engine()
    except QualityControlError as error:
        return Finding("model", Health.FAULT, str(error))
    return Finding(
        "model", Health.GOOD, f"{engine.card.name}, {engine.card.identity[:8]}, as on its card"
    )


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
        health = (
            Health.FAULT if free < HARDLY_ANY else Health.WARNING if free < LITTLE else Health.GOOD
        )
        said = f"{free / 1e9:,.1f} GB are free"
        if health is not Health.GOOD:
            said += ". Free some disk, or purge old photographs: python -m core purge"
        yield Finding(f"disk of the {name}", health, said)


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
