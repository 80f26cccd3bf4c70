"""``python -m core report``: a shift's figures on the screen, its parts in CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import VerdictDatabase, opened_database
from cli.terminal import say

if TYPE_CHECKING:
    from core.process.shift_report import Report, ReportedPart
    from core.process.shifts import Calendar


def report(
    shift: Annotated[str, typer.Option(help="The shift, as 2026-11-23:night.")],
    csv: Annotated[Path | None, typer.Option(help="Write one row per part here.")] = None,
    station: Annotated[str | None, typer.Option(help="One station [default: all].")] = None,
    database_url: VerdictDatabase = None,
) -> None:
    """Report a shift: its figures, one row per part as CSV, and a manifest of both."""
    from dataclasses import replace

    from core.errors import SettingsError
    from core.process.shift_report import summary_rows
    from core.process.shifts import read_shift
    from core.settings import read_settings
    from db.process.control_chart import shift_signals
    from db.process.shift_report import shift_parts, shift_report
    from db.session import reading
    from db.settings import settings_in_force

    with opened_database(database_url) as database, reading(database) as connection:
        calendar = settings_in_force(connection, read_settings()).calendar
        try:
            named = read_shift(calendar, shift)
        except LookupError as error:
            raise SettingsError(str(error.args[0])) from error
        found = replace(
            shift_report(connection, named, station),
            signals=shift_signals(connection, calendar, named, station),
        )
        if csv is not None:
            _write(csv, found, calendar, shift_parts(connection, named, station))
    for name, value, meaning in summary_rows(found, calendar):
        shown = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
        say(f"{name:<18} {shown:<24} {meaning}".rstrip())
    if csv is not None:
        say(f"{found.figures.inspected} parts are in {csv}; summary and manifest are beside it.")


def _write(csv: Path, found: Report, calendar: Calendar, parts: Iterable[ReportedPart]) -> None:
    """Write ``shift.csv``, ``shift.summary.csv`` and ``shift.manifest.json``."""
    from datetime import UTC, datetime

    from core.errors import StoreUnavailable
    from core.process.shift_report import manifest, write_parts, write_summary

    summary, description = csv.with_suffix(".summary.csv"), csv.with_suffix(".manifest.json")
    try:
        with csv.open("wb") as file:
            rows = write_parts(file, csv.name, parts, calendar)
        with summary.open("wb") as file:
            figures = write_summary(file, summary.name, found, calendar)
        description.write_bytes(manifest(found, calendar, [rows, figures], datetime.now(UTC)))
    except OSError as error:
        raise StoreUnavailable(
            f"{error.filename} cannot be written: {error.strerror}. Choose another place."
        ) from error
