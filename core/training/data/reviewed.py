"""People's decisions as a data set to train on: labelled photographs and their castings.

    DIR/defective/<sha256>.jpg
    DIR/ok/<sha256>.jpg
    DIR/castings.csv       which of them show the same casting, as ``python -m core castings`` says
    DIR/decisions.csv      who decided each, when, and what defect it is

A file is named by its sha256: the plant's own names repeat, and are not to be trusted as paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataSetError
from core.process.csv_export import write_rows
from core.review.decisions import ReviewedPart
from core.training.data.castings import Progress, group_castings
from core.training.data.dataset import DEFECTIVE, OK, read_data_set

CASTINGS, DECISIONS = "castings.csv", "decisions.csv"
_COLUMNS = ("path", "label", "defect_type", "note", "decided_by", "verified", "decided_at", "file")
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "TIFF": "tif", "WEBP": "webp"}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    defective: int
    ok: int
    castings: int


def write_data_set(
    folder: Path,
    parts: Iterable[ReviewedPart],
    photograph: Callable[[str], bytes | None],
    progress: Progress | None = None,
) -> Exported:
    """Write the parts as a data set that ``python -m core train`` reads.

    ``photograph`` gives the bytes of a sha256; a part whose photograph is no longer kept is
    left out. ``folder`` is created; it must be empty. Raises DataSetError where it is not, where
    a file cannot be written, or where no part or only one class was reviewed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DataSetError(f"{folder} is not empty. Name a new folder for the data set.")
        written = _write_photographs(folder, parts, photograph)
        _write_decisions(folder / DECISIONS, written)
        photographs = read_data_set(folder)
        castings = group_castings(photographs, folder, progress)
        castings.to_csv(folder / CASTINGS)
    except OSError as error:
        raise DataSetError(f"{error.filename} cannot be written: {error.strerror}.") from error
    defective = sum(part.is_defective for part in written)
    names = {row.casting for row in castings.rows}
    return Exported(defective, len(written) - defective, len(names))


def path_of(part: ReviewedPart) -> str:
    """Where a part lies in the data set."""
    label = DEFECTIVE if part.is_defective else OK
    return f"{label}/{part.sha256}.{_EXTENSIONS[part.format]}"


def _write_photographs(
    folder: Path, parts: Iterable[ReviewedPart], photograph: Callable[[str], bytes | None]
) -> list[ReviewedPart]:
    for label in (DEFECTIVE, OK):
        (folder / label).mkdir()
    written = []
    for part in parts:
        data = photograph(part.sha256)
        if data is not None:
            (folder / path_of(part)).write_bytes(data)
            written.append(part)
    if len({part.is_defective for part in written}) < 2:
        raise DataSetError(
            "A data set needs parts that people found defective and parts that they found OK. "
            "Review some of both first."
        )
    return written


def _write_decisions(path: Path, parts: Iterable[ReviewedPart]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write_rows(
            file,
            _COLUMNS,
            (
                (
                    path_of(part),
                    DEFECTIVE if part.is_defective else OK,
                    part.defect_type,
                    part.note,
                    part.name,
                    "yes" if part.verified else "no",
                    part.decided_at.isoformat(),
                    part.file,
                )
                for part in parts
            ),
        )
