"""Moving a file that was inspected out of a watched folder, never over another one."""

from __future__ import annotations

import errno
import os
import shutil
from itertools import count
from pathlib import Path

from core.inspection.file_names import with_addition
from core.inspection.images import sha256_of
from core.inspection.watching.watch_folder import WatchedFile, still_the_same

REJECTED = "rejected"
"""Folder beside the inspected files for those that could not be."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
"""What a share answers that has no second name for a file."""


def move_processed(file: WatchedFile, aside: Path, sha256: str, rejected: bool) -> None:
    """Move ``file`` to its name below ``aside``; one that is gone is fine.

    Where another file has that name, the beginning of ``sha256`` is added. Where the file was
    replaced since it was read, it is the other file that was moved, and it goes back: it is to
    be inspected. Raises OSError where it cannot be moved, also where ``aside`` is not there.
    """
    if not os.path.lexists(file.path):
        return
    if not aside.is_dir():
        # Made here, it would lie under the share that is not mounted now.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(aside))
    target = _free(aside / REJECTED / file.name if rejected else aside / file.name, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        file.path.rename(target)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_over(file, target, sha256)
        return
    if not still_the_same(file, target):
        _give_back(target, file.path)


def _free(target: Path, sha256: str) -> Path:
    """The name itself, or one with the sha256 where another photograph has it."""
    try:
        taken = sha256_of(target.read_bytes()) != sha256
    except OSError:
        taken = target.exists()
    return with_addition(target, f"-{sha256[:12]}") if taken else target


def _copy_over(file: WatchedFile, target: Path, sha256: str) -> None:
    """To another disk: the copy is whole and on disk before the file is removed."""
    part = target.with_name(f".{sha256}.part")
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
    for number in count(1):
        try:
            os.link(target, path)
        except FileExistsError:
            path = with_addition(path, f"-again-{number}")
        except OSError as error:
            if error.errno not in _NO_LINKS or path.exists():
                raise
            target.rename(path)
            return
        else:
            target.unlink()
            return
