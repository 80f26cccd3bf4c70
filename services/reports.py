"""Reporting a shift: its figures, and the files to hand over, for the page and the command."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from core.errors import StoreUnavailable
from core.process.shift_report import (
    Report,
    manifest,
    write_bundle,
    write_parts,
    write_summary,
)
from core.process.shifts import Calendar, Shift
from db.process.control_chart import shift_signals
from db.process.shift_report import shift_parts
from db.process.shift_report import shift_report as stored_report
from db.session import reading


def shift_report(
    connection: Connection, calendar: Calendar, shift: Shift, station: str | None
) -> Report:
    """The figures of a shift with the signals of its control charts; of all stations for None."""
    report = stored_report(connection, shift, station)
    return replace(report, signals=shift_signals(connection, calendar, shift, station))


def parts_csv(database: Database, calendar: Calendar, shift: Shift, station: str | None) -> bytes:
    """The shift's parts as CSV, one row per part."""
    file = io.BytesIO()
    with reading(database) as connection:
        write_parts(file, "", shift_parts(connection, shift, station), calendar)
    return file.getvalue()


def summary_csv(database: Database, calendar: Calendar, shift: Shift, station: str | None) -> bytes:
    """The shift's figures as CSV."""
    file = io.BytesIO()
    with reading(database) as connection:
        write_summary(file, "", shift_report(connection, calendar, shift, station), calendar)
    return file.getvalue()


def bundle(database: Database, calendar: Calendar, shift: Shift, station: str | None) -> bytes:
    """Both files with a manifest, as a ZIP archive of one state of the database."""
    file = io.BytesIO()
    with reading(database) as connection:
        report = shift_report(connection, calendar, shift, station)
        parts = shift_parts(connection, shift, station)
        write_bundle(file, report, parts, calendar, datetime.now(UTC))
    return file.getvalue()


def write_files(
    connection: Connection, csv: Path, report: Report, calendar: Calendar, station: str | None
) -> None:
    """Write the parts to ``csv``, and summary and manifest beside it.

    Raises StoreUnavailable where one of them cannot be written.
    """
    summary, description = csv.with_suffix(".summary.csv"), csv.with_suffix(".manifest.json")
    try:
        with csv.open("wb") as file:
            parts = shift_parts(connection, report.shift, station)
            rows = write_parts(file, csv.name, parts, calendar)
        with summary.open("wb") as file:
            figures = write_summary(file, summary.name, report, calendar)
        description.write_bytes(manifest(report, calendar, [rows, figures], datetime.now(UTC)))
    except OSError as error:
        raise StoreUnavailable(
            f"{error.filename} cannot be written: {error.strerror}. Choose another place."
        ) from error
