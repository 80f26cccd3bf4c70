"""``python -m core report``: a shift's figures on the screen, its parts in CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import db
from core.errors import SettingsError, StoreUnavailable
from core.settings import read_settings
from core.shift_reports import (
    Report,
    ReportedPart,
    manifest,
    summary_rows,
    write_parts,
    write_summary,
)
from core.shifts import Calendar, Shift, read_shift


def report_shift(
    key: str,
    csv: Path | None,
    station: str | None,
    database_url: str | None,
    say: Callable[[str], None],
) -> None:
    """Say the figures of the shift ``DATE:NAME``; with ``csv`` write its three files.

    Beside ``shift.csv`` these are ``shift.summary.csv`` and ``shift.manifest.json``. Raises
    SettingsError where the key names no shift, StoreUnavailable where a file cannot be written.
    """
    settings = read_settings()
    database = db.connect(database_url or settings.database_url)
    try:
        with db.reading(database) as connection:
            calendar = db.settings_in_force(connection, settings).calendar
        shift = _named(calendar, key)
        with db.reading(database) as connection:
            report = replace(
                db.shift_report(connection, shift, station),
                signals=db.shift_signals(connection, calendar, shift, station),
            )
            if csv is not None:
                parts = db.shift_parts(connection, shift, station)
                _write(csv, report, calendar, parts)
    finally:
        database.dispose()
    for name, value, meaning in summary_rows(report, calendar):
        shown = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
        say(f"{name:<18} {shown:<24} {meaning}".rstrip())
    if csv is not None:
        say(f"{report.figures.inspected} parts are in {csv}; summary and manifest are beside it.")


def _named(calendar: Calendar, key: str) -> Shift:
    try:
        return read_shift(calendar, key)
    except LookupError as error:
        raise SettingsError(str(error.args[0])) from error


def _write(csv: Path, report: Report, calendar: Calendar, parts: Iterable[ReportedPart]) -> None:
    summary, description = csv.with_suffix(".summary.csv"), csv.with_suffix(".manifest.json")
    try:
        with csv.open("wb") as file:
            rows = write_parts(file, csv.name, parts, calendar)
        with summary.open("wb") as file:
            figures = write_summary(file, summary.name, report, calendar)
        description.write_bytes(manifest(report, calendar, [rows, figures], datetime.now(UTC)))
    except OSError as error:
        raise StoreUnavailable(
            f"{error.filename} cannot be written: {error.strerror}. Choose another place."
        ) from error
