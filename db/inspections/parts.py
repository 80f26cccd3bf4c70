"""Reading parts: the gallery, one part, its photograph, and the version of all of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, literal, select, text

from core.inspection.records import Inspection, Verdict
from db.inspections.rows import INSPECTION_COLUMNS, INSPECTION_FROM, inspection_from
from db.schema import (
    baseline,
    batch,
    batch_part,
    disposition,
    inspection,
    photograph,
    purge,
    rejection,
    setting_change,
    signal_note,
    threshold_change,
)
from db.selection import Selection, conditions


class Sort(StrEnum):
    """The order of a gallery."""

    PROBABILITY = "probability"
    """Most probably defective first; parts without a probability last."""
    LEAST_PROBABLE = "least_probable"
    """The other way round; parts without a probability first."""
    TIME = "time"
    """Newest first."""
    ORDER = "order"
    """As they came; oldest first."""
    FILE = "file"
    """By name."""


@dataclass(frozen=True, slots=True)
class Part:
    """An inspection as it is stored and listed."""

    id: int
    """Number of the inspection."""
    batch_id: int
    """The batch that gave the verdict."""
    station: str
    file: str
    """Its name in the batch that is listed."""
    already_inspected: bool
    """True where the listed batch found the verdict of an earlier upload."""
    inspection: Inspection
    store_ms: float
    """Milliseconds this part took of its transaction, without the final write to disk."""


def gallery(
    connection: Connection,
    batch_id: int | None = None,
    verdict: Verdict | None = None,
    sort: Sort = Sort.PROBABILITY,
    offset: int = 0,
    limit: int = 24,
) -> list[Part]:
    """A page of a batch's parts, or of all parts where ``batch_id`` is None.

    The photographs' bytes are not read; see :func:`photograph_bytes`.
    """
    selection = Selection(batch_id=batch_id, verdict=verdict)
    listed = inspection if batch_id is None else batch_part
    order = _order(listed, sort)
    # The page is cut out of an index first, and whole rows are read for its parts only.
    page = (
        select(listed.c.id)
        .where(*conditions(selection, listed))
        .order_by(*order)
        .offset(offset)
        .limit(limit)
    )
    if batch_id is None:
        return parts_of(connection, page, *order)
    chosen = page.subquery("page")
    query = select(
        *INSPECTION_COLUMNS, batch_part.c.file.label("listed_file"), batch_part.c.already_inspected
    ).select_from(
        INSPECTION_FROM.join(batch_part, batch_part.c.inspection_id == inspection.c.id).join(
            chosen, chosen.c.id == batch_part.c.id
        )
    )
    return [_part(row) for row in connection.execute(query.order_by(*order))]


def gallery_size(
    connection: Connection, batch_id: int | None = None, verdict: Verdict | None = None
) -> int:
    """How many parts the gallery with these filters has."""
    listed = inspection if batch_id is None else batch_part
    asked = conditions(Selection(batch_id=batch_id, verdict=verdict), listed)
    return connection.scalar(select(func.count()).select_from(listed).where(*asked)) or 0


def parts_of(connection: Connection, page: Select[int], *order: ColumnElement[Any]) -> list[Part]:
    """The parts whose numbers ``page`` selects, under the names they first came with."""
    chosen = page.subquery("page")
    query = (
        select(
            *INSPECTION_COLUMNS,
            inspection.c.file.label("listed_file"),
            literal(False).label("already_inspected"),
        )
        .select_from(INSPECTION_FROM.join(chosen, chosen.c.id == inspection.c.id))
        .order_by(*order)
    )
    return [_part(row) for row in connection.execute(query)]


def part_by_id(connection: Connection, inspection_id: int) -> Part | None:
    """The part with this number of its inspection, under the name it first came with."""
    found = parts_of(connection, select(inspection.c.id).where(inspection.c.id == inspection_id))
    return found[0] if found else None


def photograph_bytes(connection: Connection, sha256: str) -> bytes | None:
    """The photograph's original bytes; None where they were purged or never stored."""
    found = connection.scalar(select(photograph.c.data).where(photograph.c.sha256 == sha256))
    return found or None


_LOGS = (
    batch,
    inspection,
    batch_part,
    rejection,
    threshold_change,
    disposition,
    baseline,
    signal_note,
    # Hours and shifts that were counted may have begun at other times.
    setting_change,
    purge,
)


def data_version(connection: Connection) -> str:
    """A key that differs whenever anything was stored since: for caches, in well under 1 ms.

    On PostgreSQL it may also differ when nothing here changed: the numbers of rows are given
    out before they are visible, so the server's own snapshot is the key.
    """
    if connection.dialect.name == "postgresql":
        return str(connection.scalar(text("SELECT pg_current_snapshot()::text")))
    newest = [select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery() for table in _LOGS]
    unfinished = (
        select(func.count())
        .select_from(batch)
        .where(batch.c.finished_at.is_(None))
        .scalar_subquery()
    )
    row = connection.execute(select(*newest, unfinished)).one()
    return "-".join(str(number) for number in row)


def _order(listed: FromClause, sort: Sort) -> list[ColumnElement[Any]]:
    if sort is Sort.PROBABILITY:
        return [listed.c.probability.desc().nulls_last(), listed.c.verdict, listed.c.id]
    if sort is Sort.LEAST_PROBABLE:
        # The same index, read backwards.
        return [
            listed.c.probability.asc().nulls_first(),
            listed.c.verdict.desc(),
            listed.c.id.desc(),
        ]
    if sort is Sort.FILE:
        return [listed.c.file, listed.c.id]
    columns = [listed.c.inspected_at, listed.c.id] if listed is inspection else [listed.c.id]
    return [column if sort is Sort.ORDER else column.desc() for column in columns]


def _part(row: Any) -> Part:
    """The part in a row of INSPECTION_COLUMNS with its ``listed_file``."""
    return Part(
        id=row.id,
        batch_id=row.batch_id,
        station=row.station,
        file=row.listed_file,
        already_inspected=row.already_inspected,
        inspection=inspection_from(row),
        store_ms=row.store_ms,
    )
