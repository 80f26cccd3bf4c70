"""``python -m core backup``, ``restore`` and ``purge``: looking after the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import opened_database
from cli.terminal import bar, say

if TYPE_CHECKING:
    from db.backup import Contents


def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="New file to write.")],
    database_url: Annotated[
        str | None, typer.Option(help="What is backed up [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Write a consistent copy of the database to a new file, while others keep writing."""
    from services.maintenance import back_up

    with opened_database(database_url) as database:
        found, waiting = back_up(database, file)
    say(f"{file}: {_summary(found)}. It is complete.")
    if waiting:
        say(
            f"{waiting} batches are not finished; their photographs that still wait are in the "
            "spool folder and not in the backup."
        )


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")],
    database_url: Annotated[
        str | None, typer.Option(help="New or empty database [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Make a new database of a backup; nothing is ever overwritten."""
    from core.settings import read_settings
    from db.backup import restore as restore_database

    found = restore_database(file, database_url or read_settings().database_url)
    say(f"Restored from {file}: {_summary(found)}.")


def purge(
    days: Annotated[
        int | None,
        typer.Option(min=1, help="Keep photographs for so long [default: RETENTION_DAYS]."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be deleted.")] = False,
    database_url: Annotated[
        str | None, typer.Option(help="Where photographs are kept [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Delete old photographs; verdicts, heatmaps and a record of what was deleted are kept."""
    from core.settings import read_settings
    from db.retention import purge_photographs
    from services.maintenance import CHANGED_BY, purgeable

    with opened_database(database_url) as database:
        old = purgeable(database, read_settings(), days)
        if dry_run:
            say(
                f"{old.photographs:,} photographs of {old.byte_count / 1e6:,.1f} MB, last "
                f"inspected {old.days} days ago or earlier, would be deleted. Nothing was changed."
            )
            return
        with bar("Purging", old.photographs) as step:
            done = purge_photographs(database, old.days, CHANGED_BY, step)
    if done is None:
        say("No photograph is old enough to be deleted.")
        return
    say(
        f"{done.photographs:,} photographs of {done.byte_count / 1e6:,.1f} MB were deleted; their "
        f"verdicts and heatmaps are kept, and entry {done.id} of the purge log names them."
    )


def _summary(found: Contents) -> str:
    return (
        f"{found.parts:,} parts of {found.batches:,} batches with {found.photographs:,} "
        f"photographs, {found.byte_count / 1e6:,.1f} MB, schema {found.revision}"
    )
