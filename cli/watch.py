"""``python -m core watch``: every file that comes into a folder, once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.markup import escape

from cli.options import ThisStation, VerdictDatabase
from cli.terminal import growing_bar, say


def watch(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder that photographs come to.")
    ],
    station: ThisStation = None,
    move_to: Annotated[
        Path | None,
        typer.Option(help="Move inspected files into this folder [default: they are left]."),
    ] = None,
    settle: Annotated[
        float,
        typer.Option(min=0.0, max=3600.0, help="Seconds unchanged until a file counts as written."),
    ] = 0.5,
    database_url: VerdictDatabase = None,
) -> None:
    """Inspect each file once as it comes into a folder, until the program is stopped."""
    from core.inspection.file_names import printable
    from services.application import opened
    from services.inspection.watch_folder import SOURCE, watch_folder

    with opened(SOURCE, database_url) as application:
        named = f"{station or application.settings.station}: {printable(folder.name)}"
        title = escape(" ".join(named.split()))
        with _stop_requested() as stop, growing_bar(title) as progress:
            found = watch_folder(
                application,
                folder,
                station,
                move_to,
                settle,
                stop,
                progress=progress,
                say=lambda text: say(escape(text), soft_wrap=True),
            )
    say(f"Stopped. {found.done:,} files were inspected, {found.rejected:,} of them rejected.")


@contextmanager
def _stop_requested() -> Iterator[Event]:
    """Set by the first SIGINT or SIGTERM; a second one ends the program at once."""
    stop = Event()

    def ask(_signal: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("Stopping: the photographs in progress are finished first ...")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
