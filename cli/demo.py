"""``python -m core samples`` and ``demo``: rendered parts, and a month of production from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import opened_database
from cli.terminal import growing_bar, say


def samples(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    count: Annotated[int, typer.Option(min=1, max=1_000_000)] = 24,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Render castings with known defects, and labels.csv with the defects' boxes."""
    from core.synthetic.samples import write_samples

    write_samples(folder, count, seed)
    say(f"{count} rendered parts and labels.csv are in {folder}.")


def demo(
    database_url: Annotated[
        str | None, typer.Option(help="An empty database [default: DATABASE_URL].")
    ] = None,
    parts: Annotated[
        int, typer.Option(min=300, max=100_000, help="Approximate number of parts.")
    ] = 2_400,
    clear: Annotated[
        bool, typer.Option("--clear", help="Empty a demonstration's database instead.")
    ] = False,
) -> None:
    """Fill an empty database with thirty days of production from rendered parts."""
    from core.synthetic.production import DAYS
    from services.application import opened
    from services.demo import clear_demonstration, make_demonstration

    if clear:
        with opened_database(database_url) as database:
            clear_demonstration(database)
        say("The demonstration is cleared; the database is empty.")
        return
    # No model yet: a database that is in use is refused before anything is written.
    with opened(None, database_url) as application, growing_bar("Inspecting") as progress:
        made = make_demonstration(application, parts, progress=progress)
    say(
        f"{made} rendered parts of {DAYS} days are in the database, marked as a demonstration. "
        "Start the app to look at them: streamlit run streamlit_app.py"
    )
