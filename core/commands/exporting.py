"""``python -m core export``: what people decided, as a data set to train on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import db
from core.settings import read_settings
from core.training.reviewed import CASTINGS, write_data_set

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def export_reviewed(
    folder: Path,
    database_url: str | None,
    station: str | None,
    bar: Bar,
    say: Callable[[str], None],
) -> None:
    """Write the reviewed parts of all stations, or of one, to ``folder``.

    Raises DataSetError where the folder is not empty or no data set comes about.
    """
    database = db.connect(database_url or read_settings().database_url)
    try:
        with db.reading(database) as connection:
            parts = db.reviewed_parts(connection, db.Filters(station=station))

            def photograph(sha256: str) -> bytes | None:
                return db.photograph_bytes(connection, sha256)

            with bar("Finding castings", len(parts)) as step:
                done = 0

                def progress(looked_at: int, _total: int) -> None:
                    nonlocal done
                    step(looked_at - done)
                    done = looked_at

                written = write_data_set(folder, parts, photograph, progress)
    finally:
        database.dispose()
    say(
        f"{written.defective} defective and {written.ok} OK photographs of {written.castings} "
        f"castings are in {folder}."
    )
    say(f"Train on them: python -m core train {folder} --castings {folder / CASTINGS}")
