"""``python -m core demo``: fill an empty database with a demonstration, or clear one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from core.demonstration import DAYS, PARTS
from core.settings import read_settings
from db.session import connect
from services import demo
from services.application import opened


def make_demonstration(
    bar: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
    say: Callable[[str], None],
    database_url: str | None,
    parts: int = PARTS,
) -> None:
    """Fill an empty database; raises DemonstrationRefused where it is in use."""
    with opened("model card", database_url) as application, bar("Inspecting") as progress:
        made = demo.make_demonstration(application, parts, progress=progress)
    say(
        f"{made} rendered parts of {DAYS} days are in the database, marked as a demonstration. "
        "Start the app to look at them: streamlit run streamlit_app.py"
    )


def clear_demonstration(say: Callable[[str], None], database_url: str | None) -> None:
    """Empty a demonstration's database; raises DemonstrationRefused for any other."""
    database = connect(database_url or read_settings().database_url)
    try:
        demo.clear_demonstration(database)
    finally:
        database.dispose()
    say("The demonstration is cleared; the database is empty.")
