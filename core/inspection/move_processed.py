"""Moving a file that was inspected out of a watched folder, never over another one."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from core.inspection.images import sha256_of
from core.inspection.watch_folder import WatchedFile, still_the_same

REJECTED = "rejected"
"""Folder beside the inspected files for those that could not be."""


def move_processed(file: WatchedFile, aside: Path, sha256: str, rejected: bool) -> None:
    """Move ``file`` to its name below ``aside``; one that is gone is fine.

    Where another file has that name, the beginning of ``sha256`` is added. Where the file was
    replaced since it was read, it is the other file that was moved, and it goes back: it is to
    be inspected. Raises OSError where it cannot be moved.
    """
    target = _free(aside / REJECTED / file.name if rejected else aside / file.name, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        file.path.rename(target)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_over(file, target)
        return
    if not still_the_same(file, target):
        _give_back(target, file.path)


def _free(target: Path, sha256: str) -> Path:
    """The name itself, or one with the sha256 where another photograph has it."""
    try:
        taken = sha256_of(target.read_bytes()) != sha256
    except OSError:
        taken = target.exists()
    return target.with_name(f"{target.stem}-{sha256[:12]}{target.suffix}") if taken else target


def _copy_over(file: WatchedFile, target: Path) -> None:
    """To another disk: the copy is whole and on disk before the file is removed."""
    part = target.with_name(f".{target.name}.part")
    with file.path.open("rb") as source, part.open("wb") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    shutil.copystat(file.path, part)
    if still_the_same(file, file.path):
        part.replace(target)
        file.path.unlink()
    else:
        part.unlink()


def _give_back(target: Path, path: Path) -> None:
    """Where the name is taken again, that file is newer still and stays."""
    while True:
        with suppress(FileExistsError):
            os.link(target, path)
            target.unlink()
            return
        path = path.with_name(f"{path.stem}-again{path.suffix}")
