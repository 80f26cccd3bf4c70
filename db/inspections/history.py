"""What is known of a part from before: the same photograph, or one of the same file name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from core.inspection.records import Verdict
from db.review.decisions import final_verdict, settled
from db.schema import inspection


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another inspection that may show the same casting."""

    inspection_id: int
    same_photograph: bool
    """True for the same bytes; False where only the file name is the same."""
    inspected_at: datetime
    station: str
    verdict: Verdict
    final: Verdict
    """Its final state: what people decided, else the model's verdict."""


def history(connection: Connection, inspection_id: int, limit: int = 5) -> list[Earlier]:
    """Other inspections of the same photograph, or of one with the same file name, newest first.

    More is not known: nothing in a photograph names its casting.
    """
    this = inspection.alias()
    latest = settled()
    same = inspection.c.photograph_sha256 == this.c.photograph_sha256
    columns = (
        inspection.c.id,
        same.label("same_photograph"),
        inspection.c.inspected_at,
        inspection.c.station,
        inspection.c.verdict,
        final_verdict(latest).label("final"),
    )
    # Two questions, each with its index; one with "or" would walk the whole table.
    found = {}
    for link in (same, inspection.c.file == this.c.file):
        rows = connection.execute(
            select(*columns)
            .select_from(
                inspection.join(this, link).outerjoin(
                    latest, latest.c.inspection_id == inspection.c.id
                )
            )
            .where(this.c.id == inspection_id, inspection.c.id != inspection_id)
            .order_by(inspection.c.inspected_at.desc())
            .limit(limit)
        )
        for number, alike, at, station, verdict, final in rows:
            found[number] = Earlier(
                number, bool(alike), at, station, Verdict(verdict), Verdict(final)
            )
    ordered = sorted(found.values(), key=lambda item: item.inspected_at, reverse=True)
    return ordered[:limit]
