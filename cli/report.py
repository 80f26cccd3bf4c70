"""``python -m core report``: a shift's figures on the screen, its parts in CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import VerdictDatabase, opened_database
from cli.terminal import say


def report(
    shift: Annotated[str, typer.Option(help="The shift, as 2026-11-23:night.")],
    csv: Annotated[Path | None, typer.Option(help="Write one row per part here.")] = None,
    station: Annotated[str | None, typer.Option(help="One station [default: all].")] = None,
    database_url: VerdictDatabase = None,
) -> None:
    """Report a shift: its figures, one row per part as CSV, and a manifest of both."""
    from core.errors import SettingsError
    from core.process.shift_report import summary_rows
    from core.process.shifts import read_shift
    from core.settings import read_settings
    from db.session import reading
    from db.settings import settings_in_force
    from services.reports import shift_report, write_files

    with opened_database(database_url) as database, reading(database) as connection:
        calendar = settings_in_force(connection, read_settings()).calendar
        try:
            named = read_shift(calendar, shift)
        except LookupError as error:
            raise SettingsError(str(error.args[0])) from error
        found = shift_report(connection, calendar, named, station)
        if csv is not None:
            write_files(connection, csv, found, calendar, station)
    for name, value, meaning in summary_rows(found, calendar):
        shown = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
        say(f"{name:<18} {shown:<24} {meaning}".rstrip())
    if csv is not None:
        say(f"{found.figures.inspected} parts are in {csv}; summary and manifest are beside it.")
