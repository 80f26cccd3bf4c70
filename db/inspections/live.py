"""What happens now: stage times of the last minutes, the latest parts and their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.inspection.records import Verdict
from core.process.throughput import TimedPart
from db.inspections.parts import Part, parts_of
from db.schema import inspection
from db.selection import Selection, conditions

_STAGES = (
    inspection.c.decode_ms,
    inspection.c.gate_ms,
    inspection.c.inference_ms,
    func.coalesce(inspection.c.store_ms, 0.0),
)


def timed_parts(
    connection: Connection, begins: datetime, ends: datetime, station: str | None = None
) -> list[TimedPart]:
    """Stage times of the parts inspected from ``begins`` up to, not including, ``ends``."""
    query = select(inspection.c.inspected_at, *_STAGES).where(
        *conditions(Selection(station, since=begins, until=ends))
    )
    return [TimedPart(at, (a, b, c, d)) for at, a, b, c, d in connection.execute(query)]


def latest_verdicts(
    connection: Connection, limit: int, station: str | None = None
) -> Sequence[Verdict]:
    """Verdicts of the latest parts, the newest first."""
    query = (
        select(inspection.c.verdict)
        .where(*conditions(Selection(station)))
        .order_by(inspection.c.inspected_at.desc())
        .limit(limit)
    )
    return [Verdict(verdict) for verdict in connection.scalars(query)]


def latest_parts(connection: Connection, limit: int, station: str | None = None) -> list[Part]:
    """The latest parts, the newest first."""
    newest = inspection.c.inspected_at.desc()
    page = (
        select(inspection.c.id).where(*conditions(Selection(station))).order_by(newest).limit(limit)
    )
    return parts_of(connection, page, newest, inspection.c.id.desc())
