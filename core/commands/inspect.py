"""``python -m core inspect``: files and folders, into database and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from core.engine import EngineKind
from services import files as service
from services.application import opened


def inspect_files(
    paths: Sequence[Path],
    bar: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
    say: Callable[[str], None],
    database_url: str | None,
    csv: Path | None,
    threshold: float | None,
    engine: EngineKind,
    station: str | None,
) -> int:
    """Inspect and store every photograph of ``paths``; returns the number rejected."""
    files, skipped = service.photograph_files(paths)
    label = ", ".join(map(str, paths))
    with opened(service.SOURCE, database_url, engine) as application, bar("Inspecting") as progress:
        found = service.inspect_files(
            application, files, label, station, csv, threshold, progress=progress, say=say
        )
    rate = found.photographs / found.seconds
    say(
        f"{found.photographs} photographs in {found.seconds:.1f} s ({rate:.1f} per second): "
        f"{found.defective} defective, {found.ok} OK, {found.not_inspectable} not inspectable, "
        f"{found.rejected} rejected."
    )
    if found.already_inspected:
        say(
            f"{found.already_inspected} were already inspected: no verdict was added; they keep "
            "their verdict and its threshold."
        )
    if skipped:
        say(f"{skipped} other files were skipped: they are not pictures.")
    if csv is not None:
        say(f"One row per photograph is in {csv}.")
    return found.rejected
