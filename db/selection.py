"""Which parts a question is about: one dataclass for every page, and its condition in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause

from core.inspection.records import Verdict
from db.schema import inspection


@dataclass(frozen=True, slots=True)
class Selection:
    """Which parts; None is all. An instant is in the period if since <= instant < until."""

    station: str | None = None
    model_id: int | None = None
    verdict: Verdict | None = None
    batch_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    reviewer: str | None = None
    """Key of a person; only parts that they decided. Only lists of decided parts know it."""
    disagreement: bool = False
    """Only parts whose final state is not the model's verdict. As above."""


def conditions(selection: Selection, rows: FromClause = inspection) -> list[ColumnElement[bool]]:
    """Of rows of ``inspection``, or of ``batch_part``: those of the selection.

    What people decided is not asked here. Only columns that are asked for must be in ``rows``.
    """
    verdict = selection.verdict and selection.verdict.value
    wanted = {
        "station": selection.station,
        "model_id": selection.model_id,
        "verdict": verdict,
        "batch_id": selection.batch_id,
    }
    found = [rows.c[name] == value for name, value in wanted.items() if value is not None]
    if selection.since is not None:
        found.append(rows.c.inspected_at >= selection.since)
    if selection.until is not None:
        found.append(rows.c.inspected_at < selection.until)
    return found
