"""``python -m core inspect``: files and folders into database and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Runtime, ThisStation, VerdictDatabase
from cli.terminal import growing_bar, say


def inspect(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, help="Photographs, or folders of them.")
    ],
    database_url: VerdictDatabase = None,
    csv: Annotated[Path | None, typer.Option(help="Write one row per file here.")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Probability from which a part is defective [default: in force]."
        ),
    ] = None,
    engine: Runtime = "onnx",
    station: ThisStation = None,
) -> None:
    """Inspect photographs, store every verdict with its heatmap, and report what was found."""
    from core.model.engine import EngineKind
    from services.application import opened
    from services.inspection.files import SOURCE, inspect_files, photograph_files

    files, skipped = photograph_files(paths)
    with (
        opened(SOURCE, database_url, EngineKind(engine)) as application,
        growing_bar("Inspecting") as progress,
    ):
        found = inspect_files(
            application,
            files,
            ", ".join(map(str, paths)),
            station,
            csv,
            threshold,
            progress=progress,
            say=say,
        )
    say(
        f"{found.photographs} photographs in {found.seconds:.1f} s "
        f"({found.photographs / found.seconds:.1f} a second): {found.defective} defective, "
        f"{found.ok} OK, {found.not_inspectable} not inspectable, {found.rejected} rejected."
    )
    if found.already_inspected:
        say(
            f"{found.already_inspected} were already inspected: no verdict was added, theirs "
            "stand with the threshold they were given."
        )
    if skipped:
        say(f"{skipped} other files were skipped: they are not pictures.")
    if csv is not None:
        say(f"One row per photograph is in {csv}.")
    raise typer.Exit(1 if found.rejected else 0)
