"""The spool: photographs of a batch on disk, until every one of them is inspected.

A batch's folder holds its files under numbers and a manifest with their names; a name that
somebody gave a file is a label in the manifest and never becomes a path. The manifest is
written last and the folder gets its final name after that, so a folder with that name is
complete, whatever ended the program in between.

    incoming-3f2a.../      being filled; a leftover is removed a day later
    12-20260423T091500.../ batch 12, ready to be inspected or resumed
        manifest.json
        000000 000001 ...
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from core.errors import UploadRefused
from core.inspection.images import sha256_of
from core.inspection.records import Photograph

MANIFEST = "manifest.json"
LEFTOVER_SECONDS = 24 * 3600
_INCOMING = "incoming-"


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """One announced file: stored under ``stored_as``, or refused with a ``reason``."""

    name: str
    """What the user calls it; never a path."""
    stored_as: str
    """Its name in the folder; empty where it was refused."""
    sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Spool:
    """A complete folder and what is in it."""

    folder: Path
    files: tuple[SpooledFile, ...]


def new_folder(root: Path) -> Path:
    """An empty folder to fill; raises UploadRefused where it cannot be made."""
    folder = root / f"{_INCOMING}{uuid4().hex}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UploadRefused(
            f"The spool folder cannot be written ({error.strerror}). Free some disk, or name "
            "another place in SPOOL_FOLDER."
        ) from error
    return folder


def seal(folder: Path, files: Sequence[SpooledFile], root: Path, name: str) -> Spool:
    """Write the manifest and give the folder its final name: from here on it is a batch's."""
    manifest = json.dumps([asdict(file) for file in files])
    part = folder / f"{MANIFEST}.part"
    try:
        with part.open("w", encoding="ascii") as stream:
            stream.write(manifest)
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(folder / MANIFEST)
        folder.rename(root / name)
    except OSError as error:
        raise UploadRefused(
            f"The upload cannot be kept on disk ({error.strerror}). Free some disk and upload "
            "it again."
        ) from error
    return Spool(root / name, tuple(files))


def spool_name(batch_id: int, created_at: datetime) -> str:
    """The folder of a batch; the instant tells batches of different databases apart."""
    return f"{batch_id}-{created_at:%Y%m%dT%H%M%S%f}"


def find_spool(root: Path, name: str) -> Spool | None:
    """The batch's folder, or None where this machine does not have it (any more)."""
    folder = root / name
    try:
        rows = json.loads((folder / MANIFEST).read_text(encoding="ascii"))
        return Spool(folder, tuple(SpooledFile(**row) for row in rows))
    except (OSError, ValueError, TypeError):
        return None


def photographs(spool: Spool, goes_on: Callable[[], bool] = lambda: True) -> Iterator[Photograph]:
    """The files in the order they came, each read when it is asked for.

    A refused one comes without bytes and with its reason as fault. Ends early when
    ``goes_on()`` turns false. Raises UploadRefused where a file is not what was stored: a
    verdict on other bytes would be recorded under its name.
    """
    for file in spool.files:
        if not goes_on():
            return
        if file.reason:
            yield Photograph(file.name, b"", file.reason)
            continue
        try:
            data = (spool.folder / file.stored_as).read_bytes()
        except OSError as error:
            raise UploadRefused(_lost()) from error
        if sha256_of(data) != file.sha256:
            raise UploadRefused(_lost())
        yield Photograph(file.name, data, sha256=file.sha256)


def _lost() -> str:
    return (
        "A waiting photograph is no longer on disk as it was uploaded. Upload the photographs "
        "again; those that were inspected are kept and not repeated."
    )


def discard(folder: Path) -> None:
    """Remove a spool folder; one that is not there is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path, keep: Callable[[str], bool]) -> None:
    """Remove sealed folders that ``keep(name)`` does not want and leftovers of broken uploads."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        if folder.name.startswith(_INCOMING):
            if time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS:
                discard(folder)
        elif (folder / MANIFEST).is_file() and not keep(folder.name):
            discard(folder)
