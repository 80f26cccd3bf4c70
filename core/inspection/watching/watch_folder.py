"""A folder that photographs come into: each file once, as soon as it is completely written.

    folder = WatchedFolder(path, known, settle=0.5, stop=stop)
    for photograph in folder.photographs(goes_on): ...      # in the order they were written
    file = folder.next_done(sha256)                             # which file an outcome belongs to

A file is complete when its size and times have not changed for ``settle`` seconds by this machine's
own clock: what a share says of the time of writing may be hours off. A file is known by its name
and its mark; another file under the same name has another mark.
"""

from __future__ import annotations

import mimetypes
import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.inspection.file_names import passed_over, printable
from core.inspection.images import EXTENSIONS, MAX_BYTES
from core.inspection.records import Photograph
from core.inspection.watching.folder_changes import FolderChanges

UNREADABLE_SECONDS = 10.0
"""For which a file that cannot be read is tried again: its writer or the share may hold it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was inspected under a name."""

    mark: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WatchedFile:
    """A complete file."""

    path: Path
    name: str
    """Its path inside the folder, as Python reads it from disk."""
    mark: str
    """Differs for other content under the same name."""

    @property
    def shown(self) -> str:
        """The name as it is shown and stored; another name is shown otherwise."""
        return printable(self.name)


def may_be_a_picture(path: Path) -> bool:
    """Whether a file's name does not say that it is something else."""
    extension = path.suffix.lower().lstrip(".")
    kind = mimetypes.guess_type(f"name{path.suffix}")[0]
    return extension in EXTENSIONS or kind is None or kind.startswith("image/")


class WatchedFolder:
    """The files of a folder that are still to be inspected.

    ``known`` are, by the name shown, those that were inspected, ``aside`` a folder within that
    is not looked into; ``tell`` gets what keeps it from seeing files. Used by the thread that
    reads and the one that takes outcomes.
    """

    def __init__(
        self,
        folder: Path,
        known: Mapping[str, Known],
        settle: float,
        stop: threading.Event,
        aside: Path | None = None,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.folder = folder.resolve()
        self._known = dict(known)
        self._settle = settle
        self._stop = stop
        self._aside = None if aside is None else aside.resolve()
        self._written: dict[str, tuple[str, float]] = {}
        """Files that may still be written: mark, and since when it is this."""
        self._ready: deque[WatchedFile] = deque()
        self._queued: dict[str, str] = {}
        self._begun: deque[WatchedFile] = deque()
        self._unreadable: dict[str, float] = {}
        """Files that could not be read, and since when."""
        self._changes = FolderChanges(self.folder, stop, tell)

    @property
    def trouble(self) -> str:
        """Why no file can be seen; empty where all is well."""
        return self._changes.trouble

    @property
    def waiting(self) -> int:
        """Files that were seen and have no outcome yet."""
        return len(self._ready) + len(self._written) + len(self._begun)

    def wait(self) -> bool:
        """Wait for a complete file; False where it is to stop."""
        while not self._ready and not self._stop.is_set():
            self._look()
        return not self._stop.is_set()

    def photographs(self, goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        """Every file as it is complete, until ``goes_on()`` turns false or it is to stop."""
        while goes_on() and not self._stop.is_set():
            if not self._ready:
                self._look()
                continue
            file = self._ready.popleft()
            photograph = self._read(file)
            if photograph is not None:
                self._begun.append(file)
                yield photograph

    def next_done(self, sha256: str) -> WatchedFile:
        """The file of the next outcome: they come in the order the photographs went."""
        file = self._begun.popleft()
        self._known[file.shown] = Known(file.mark, sha256)
        self._queued.pop(file.name, None)
        return file

    def give_back(self) -> None:
        """What was read and got no outcome waits again, before all others."""
        while self._begun:
            self._ready.appendleft(self._begun.pop())

    def forget(self, file: WatchedFile) -> None:
        """The file is no longer under its name; another may come."""
        known = self._known.get(file.shown)
        if known is not None and known.mark == file.mark:
            del self._known[file.shown]

    def _look(self) -> None:
        places = self._changes.next()
        if self.trouble:
            # What is there when the folder is back is found and waited for again.
            self._written.clear()
            self._unreadable.clear()
            return
        places |= {os.path.join(self.folder, name) for name in self._written}
        paths = {path for place in places for path in self._behind(place)}
        found = [complete for path in paths if (complete := self._complete(Path(path)))]
        for _, file in sorted(found, key=lambda item: (item[0], item[1].name)):
            self._queued[file.name] = file.mark
            self._ready.append(file)

    def _behind(self, path: str) -> Iterator[str]:
        """The path; of a new folder what is in it, which may have come before it was watched."""
        yield from self._everything(Path(path)) if os.path.isdir(path) else (path,)

    def _everything(self, folder: Path) -> Iterator[str]:
        for root, folders, names in os.walk(folder):
            folders[:] = [
                name
                for name in folders
                if not passed_over(f"{name}/") and Path(root, name) != self._aside
            ]
            yield from (os.path.join(root, name) for name in names)

    def _complete(self, path: Path) -> tuple[int, WatchedFile] | None:
        """The file and when it was written, if it is complete and not yet known."""
        if self._aside is not None and self._aside in path.parents:
            return None
        try:
            name = path.relative_to(self.folder).as_posix()
            status = path.stat()
        except (OSError, ValueError):
            name = os.path.relpath(path, self.folder)
            self._written.pop(name, None)
            return None
        if passed_over(name) or not stat.S_ISREG(status.st_mode) or not may_be_a_picture(path):
            return None
        mark = _mark(status)
        known = self._known.get(printable(name))
        if mark == self._queued.get(name) or (known is not None and mark == known.mark):
            self._written.pop(name, None)
            return None
        now = time.monotonic()
        seen, since = self._written.get(name, ("", now))
        if seen != mark:
            since = now
        if now - since < self._settle:
            self._written[name] = (mark, since)
            return None
        self._written.pop(name, None)
        return status.st_mtime_ns, WatchedFile(path, name, mark)

    def _read(self, file: WatchedFile) -> Photograph | None:
        """The photograph; None where the file went, or changed and is looked at again."""
        try:
            with file.path.open("rb") as stream:
                # One byte over the limit is enough for the decoder to refuse a file of any size.
                data = stream.read(MAX_BYTES + 1)
                status = os.fstat(stream.fileno())
        except (FileNotFoundError, NotADirectoryError):
            self._queued.pop(file.name, None)
            return None
        except OSError as error:
            now = time.monotonic()
            if now - self._unreadable.setdefault(file.name, now) < UNREADABLE_SECONDS:
                self._queued.pop(file.name, None)
                self._written[file.name] = (file.mark, now)
                return None
            del self._unreadable[file.name]
            reason = f"The file cannot be read: {error.strerror}."
            return Photograph(file.shown, b"", fault=reason)
        self._unreadable.pop(file.name, None)
        if _mark(status) != file.mark:
            self._queued.pop(file.name, None)
            self._written[file.name] = (_mark(status), time.monotonic())
            return None
        known = self._known.get(file.shown)
        photograph = Photograph(file.shown, data)
        if known is not None and known.sha256 == photograph.sha256:
            # Copied, moved or touched: the same photograph under the same name.
            self._known[file.shown] = Known(file.mark, known.sha256)
            self._queued.pop(file.name, None)
            return None
        return photograph


def still_the_same(file: WatchedFile, path: Path) -> bool:
    """Whether the file now at ``path`` has the content that was read, by size and time.

    A rename changes the time of the last change of its entry, so that is left out.
    """
    return _content(path.stat()) == file.mark.rpartition("-")[0]


def _mark(status: os.stat_result) -> str:
    return f"{_content(status)}-{status.st_ctime_ns}"


def _content(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
