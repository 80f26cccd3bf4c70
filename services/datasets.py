"""Data sets to train on: which of their photographs show one casting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from core.training.data.castings import CastingReport, Progress, group_castings
from core.training.data.dataset import LabelledPhotograph, read_castings


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
