"""Arguments and options that several commands share, and the database they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

DataSet = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Data set folder.")]
Castings = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="CSV: which photographs show one casting."),
]
Weights = Annotated[Path | None, typer.Option(help="ImageNet weights on disk.")]
Runtime = Annotated[Literal["onnx", "torch"], typer.Option(help="Runtime.")]
VerdictDatabase = Annotated[
    str | None, typer.Option(help="Where verdicts are kept [default: DATABASE_URL].")
]
ThisStation = Annotated[str | None, typer.Option(help="Station [default: STATION].")]
JsonReport = Annotated[Path | None, typer.Option(help="Write every figure here.")]


@contextmanager
def opened_database(url: str | None) -> Iterator[Database]:
    """The database at ``url``, by default the one in the settings; raises StoreError."""
    from core.settings import read_settings
    from db.session import connect

    database = connect(url or read_settings().database_url)
    try:
        yield database
    finally:
        database.dispose()
