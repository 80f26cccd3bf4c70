"""Data sets to train on: which photographs show one casting, and the parts people reviewed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine as Database

from core.training.data.castings import CastingReport, Progress, group_castings
from core.training.data.dataset import LabelledPhotograph, read_castings
from core.training.data.reviewed import Exported, write_data_set
from db.inspections.parts import photograph_bytes
from db.review.reviewed import reviewed_parts
from db.selection import Selection
from db.session import reading


def export_reviewed(
    database: Database, folder: Path, filters: Selection, progress: Progress | None = None
) -> Exported:
    """Write the reviewed parts that match ``filters`` to ``folder`` as a data set.

    Raises DataSetError where the folder is not empty or one of the classes has no part.
    """
    with reading(database) as connection:
        parts = reviewed_parts(connection, filters)
        return write_data_set(
            folder, parts, lambda sha256: photograph_bytes(connection, sha256), progress
        )


def casting_report(
    dataset: Path,
    photographs: Sequence[LabelledPhotograph],
    bar: Callable[[str], AbstractContextManager[Progress]],
) -> CastingReport:
    """Which of the data set's photographs show one casting; raises DataSetError."""
    with bar("Finding castings") as progress:
        return group_castings(photographs, dataset, progress)


def castings_for(
    dataset: Path,
    photographs: Sequence[LabelledPhotograph],
    table: Path | None,
    bar: Callable[[str], AbstractContextManager[Progress]],
) -> dict[str, str]:
    """sha256 -> casting from the table, or found on the photographs where none is given."""
    if table is not None:
        return read_castings(table)
    return {row.sha256: row.casting for row in casting_report(dataset, photographs, bar).rows}
