"""``python -m core watch``: every file that comes into a folder is inspected once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from services import watch_folder as service
from services.application import opened


def watch_folder(
    folder: Path,
    station: str | None,
    move_to: Path | None,
    settle: float,
    database_url: str | None,
    bar: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
    say: Callable[[str], None],
) -> None:
    """Inspect files until the program is told to stop, and say how many there were."""
    stop = threading.Event()
    with opened(service.SOURCE, database_url) as application:
        title = f"{station or application.settings.station}: {folder.name}"
        with stopping(stop, say), bar(title) as progress:
            report = service.watch_folder(
                application, folder, station, move_to, settle, stop, progress=progress, say=say
            )
    say(f"Stopped. {report.done:,} files were inspected, {report.rejected:,} of them rejected.")


@contextmanager
def stopping(stop: threading.Event, say: Callable[[str], None]) -> Iterator[None]:
    """Stop after the photographs that are under way; a second request ends at once."""

    def ask(_signal: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("Stopping: the photographs under way are finished first ...")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
