"""Where in a folder something changed, also on a network share and while that comes and goes.

    changes = FolderChanges(folder, stop, tell)
    for path in changes.next(): ...         # a file, or a folder to be looked through

Events of the file system (``watchfiles``) only say where to look: a share may report nothing, so
the whole folder is looked through now and then, and every second where the system has no events
to give. A folder that is gone is waited for and looked through when it is back.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

from watchfiles import Change, watch
from watchfiles._rust_notify import WatchfilesRustInternalError

from core.inspection.file_names import printable

LOOK_MS = 100
"""Longest time that is waited for a change."""
LOOK_THROUGH_SECONDS = 30.0
"""Between two looks through the whole folder."""
POLL_SECONDS = 1.0
"""The same without events; in a folder that takes long to look through, ten times as long."""
EVENTS_AGAIN_SECONDS = 60.0
"""Until events are asked for again where there were none."""

log = logging.getLogger(__name__)


class FolderChanges:
    """What changed in a folder since it was last asked.

    ``tell`` gets a message each time the folder is gone or back, and one when there are no events.
    Used by one thread at a time.
    """

    def __init__(self, folder: Path, stop: threading.Event, tell: Callable[[str], object]) -> None:
        self._folder = folder
        self._stop = stop
        self._tell = tell
        self.trouble = ""
        """Why nothing can be seen of the folder; empty where all is well."""
        self._mounted = os.path.ismount(folder)
        self._identity: tuple[int, int] | None = None
        self._events: Generator[set[tuple[Change, str]], None, None] | None = None
        self._events_again = 0.0
        self._told_of_polling = False
        self._look_through_at = 0.0
        self._look_began: float | None = None
        self._there()

    def next(self) -> set[str]:
        """Paths that changed, or the folder itself; nothing after a while without changes."""
        if not self._there():
            self._stop.wait(LOOK_MS / 1000)
            return set()
        moment = time.monotonic()
        if self._look_began is not None:
            self._look_through_at = moment + self._until_next_look(moment - self._look_began)
            self._look_began = None
        if moment >= self._look_through_at:
            if self._events is None and moment >= self._events_again:
                self._ask_for_events()
            return self._everything()
        if self._events is None:
            self._stop.wait(LOOK_MS / 1000)
            return set()
        try:
            return {path for _, path in next(self._events, set())}
        except (OSError, WatchfilesRustInternalError) as error:
            # A name that is not UTF-8 ends the events too.
            log.info("no events from the folder: %s", error)
            self._without_events()
            return self._everything()

    def _until_next_look(self, seconds: float) -> float:
        return LOOK_THROUGH_SECONDS if self._events else max(POLL_SECONDS, 10 * seconds)

    def _everything(self) -> set[str]:
        self._look_began = time.monotonic()
        return {str(self._folder)}

    def _there(self) -> bool:
        """Whether the folder can be seen; another one under its name is watched from here on."""
        found = self._seen()
        shown = printable(str(self._folder))
        if found is None:
            if not self.trouble:
                self.trouble = (
                    f"The folder {shown} is gone. Mount its share or make it again: nothing is "
                    "inspected until it is back."
                )
                self._tell(self.trouble)
            self._identity = None
            return False
        if self.trouble:
            self.trouble = ""
            self._tell(f"The folder {shown} is back.")
        if found != self._identity:
            self._identity = found
            self._ask_for_events()
            self._look_through_at, self._look_began = 0.0, None
        return True

    def _seen(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._folder)
        except OSError:
            return None
        # Under a share that was unmounted lies the empty folder that it was mounted on.
        if self._mounted and not os.path.ismount(self._folder):
            return None
        return status.st_dev, status.st_ino

    def _ask_for_events(self) -> None:
        if self._events is not None:
            self._events.close()
        events = watch(
            self._folder,
            watch_filter=None,
            debounce=50,
            step=10,
            stop_event=self._stop,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        try:
            next(events, None)  # It watches from here on, so the look that follows misses nothing.
        except FileNotFoundError:
            self._identity = None
            self._without_events()
        except (OSError, UnicodeError, WatchfilesRustInternalError) as error:
            self._without_events()
            if not self._told_of_polling:
                self._told_of_polling = True
                self._tell(
                    f"The system gives no events of {printable(str(self._folder))} ({error}): it "
                    "is looked through every second instead. Where a limit is reached, raise "
                    "fs.inotify.max_user_instances and fs.inotify.max_user_watches."
                )
        else:
            self._events = events

    def _without_events(self) -> None:
        self._events = None
        self._events_again = time.monotonic() + EVENTS_AGAIN_SECONDS
