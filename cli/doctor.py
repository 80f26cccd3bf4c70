"""``python -m core doctor``: what could keep the program from working, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cli.terminal import say

COLOURS = {"good": "green", "warning": "yellow", "fault": "red"}


def doctor(
    database_url: Annotated[
        str | None, typer.Option(help="What is checked [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Check database, migrations, model, disk, clock and permissions, and say what to do."""
    from services.doctor import Health, check

    findings = list(check(database_url))
    for item in findings:
        said = escape(item.said)
        say(f"[{COLOURS[item.health]}]{item.health:8}[/] {item.subject}: {said}")
    raise typer.Exit(any(item.health is Health.FAULT for item in findings))
