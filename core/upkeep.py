"""Commands that look after the database: backup, restore, purge, doctor.

``core.cli`` adds them to the command line; what they do is in ``core.commands``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.terminal import bar, console


def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="New file to write.")],
    database_url: Annotated[
        str | None, typer.Option(help="What is backed up [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Write a consistent copy of the database to a new file, while others go on writing."""
    from core.commands.keeping import back_up

    back_up(file, database_url, console.print)


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")],
    database_url: Annotated[
        str | None, typer.Option(help="New or empty database [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Make a new database of a backup; nothing is ever overwritten."""
    from core.commands.keeping import restore_backup

    restore_backup(file, database_url, console.print)


def purge(
    days: Annotated[
        int | None, typer.Option(min=1, help="Keep photographs so long [default: RETENTION_DAYS].")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would go.")] = False,
    database_url: Annotated[
        str | None, typer.Option(help="Where photographs are kept [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Let go of old photographs; verdicts, heatmaps and a record of what went are kept."""
    from core.commands.keeping import purge_old

    purge_old(days, dry_run, database_url, bar, console.print)


def doctor(
    database_url: Annotated[
        str | None, typer.Option(help="What is checked [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Check database, migrations, model, disk, clock and permissions, and say what to do."""
    from core.commands.checking import check_all

    raise typer.Exit(0 if check_all(database_url, console.print) else 1)
