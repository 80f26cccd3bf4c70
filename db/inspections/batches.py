"""Batches: opening and finishing them, their summaries and their rejected files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from core.clock import now
from core.inspection.records import Rejection, Verdict
from db.inspections.rows import rejection_from
from db.schema import batch, batch_part, inspection, model, rejection

_COLUMNS = (
    batch.c.id,
    batch.c.source,
    batch.c.label,
    batch.c.station,
    batch.c.model_id,
    model.c.sha256.label("model_sha256"),
    model.c.name.label("model_name"),
    batch.c.total,
    batch.c.created_at,
    batch.c.finished_at,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """One delivery of photographs, inspected by one model at one station."""

    id: int
    source: str
    """Where it came from: "upload", "command line", "samples", ..."""
    label: str
    station: str
    model_id: int
    model_sha256: str
    model_name: str
    total: int
    """Number of files that were announced."""
    created_at: datetime
    finished_at: datetime | None
    """None until every file has an outcome; such a batch can be resumed."""


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """Counts of one batch.

    ``inspected`` = defective + ok + not_inspectable, of which ``already_inspected`` have
    their verdict from an earlier batch. ``first_at`` and ``last_at`` bound the inspections
    that this batch added; both are None where it added none.
    """

    total: int
    inspected: int
    defective: int
    ok: int
    not_inspectable: int
    rejected: int
    already_inspected: int
    first_at: datetime | None
    last_at: datetime | None


def open_batch(
    connection: Connection, source: str, label: str, station: str, model_id: int, total: int
) -> Batch:
    """Begin a batch of ``total`` announced files."""
    added = connection.execute(
        batch.insert().returning(batch.c.id),
        {
            "source": source,
            "label": label,
            "station": station,
            "model_id": model_id,
            "total": total,
            "created_at": now(),
        },
    )
    return Batch(*connection.execute(_batches().where(batch.c.id == added.scalar_one())).one())


def finish_batch(connection: Connection, batch_id: int) -> None:
    """Note that every file of the batch has an outcome; a second call changes nothing."""
    connection.execute(
        batch.update()
        .where(batch.c.id == batch_id, batch.c.finished_at.is_(None))
        .values(finished_at=now())
    )


def latest_batch(
    connection: Connection,
    source: str,
    label: str,
    station: str,
    model_id: int,
    unfinished: bool = False,
) -> Batch | None:
    """The newest batch of this kind, or the newest of those that were not finished."""
    column = batch.c
    query = select(func.max(column.id)).where(
        column.source == source,
        column.label == label,
        column.station == station,
        column.model_id == model_id,
    )
    if unfinished:
        query = query.where(column.finished_at.is_(None))
    number = connection.scalar(query)
    return None if number is None else batch_by_id(connection, number)


def continue_batch(
    connection: Connection, source: str, label: str, station: str, model_id: int, total: int = 0
) -> Batch:
    """The batch of this kind that broke off, with ``total`` announced files; else a new one."""
    found = latest_batch(connection, source, label, station, model_id, unfinished=True)
    if found is None:
        return open_batch(connection, source, label, station, model_id, total)
    connection.execute(batch.update().where(batch.c.id == found.id).values(total=total))
    return replace(found, total=total)


def end_batch(connection: Connection, batch_id: int) -> None:
    """Finish a batch that grew, or that grew further: its files are those with an outcome."""
    update_total(connection, batch_id, 0)
    connection.execute(batch.update().where(batch.c.id == batch_id).values(finished_at=now()))


def update_total(connection: Connection, batch_id: int, waiting: int) -> None:
    """Set the batch's total to the files that have an outcome and ``waiting`` more."""
    outcomes = [
        select(func.count())
        .select_from(table)
        .where(table.c.batch_id == batch_id)
        .scalar_subquery()
        for table in (batch_part, rejection)
    ]
    connection.execute(
        batch.update()
        .where(batch.c.id == batch_id)
        .values(total=outcomes[0] + outcomes[1] + waiting)
    )


def batch_by_id(connection: Connection, batch_id: int) -> Batch | None:
    """The batch with this number."""
    row = connection.execute(_batches().where(batch.c.id == batch_id)).one_or_none()
    return None if row is None else Batch(*row)


def recent_batches(connection: Connection, limit: int = 20) -> list[Batch]:
    """The latest batches, newest first."""
    rows = connection.execute(_batches().order_by(batch.c.id.desc()).limit(limit))
    return [Batch(*row) for row in rows]


def unfinished_batches(connection: Connection) -> list[Batch]:
    """Batches that were not finished, newest first: running now, or broken off."""
    query = _batches().where(batch.c.finished_at.is_(None)).order_by(batch.c.id.desc())
    return [Batch(*row) for row in connection.execute(query)]


def batch_summary(connection: Connection, batch_id: int) -> BatchSummary | None:
    """The batch's counts; None where there is no such batch."""
    total = connection.scalar(select(batch.c.total).where(batch.c.id == batch_id))
    if total is None:
        return None
    part = batch_part.c
    # Counted side by side in one walk along an index; grouping would sort the whole batch.
    defective, ok, not_inspectable, already_inspected = connection.execute(
        select(
            func.count().filter(part.verdict == Verdict.DEFECTIVE.value),
            func.count().filter(part.verdict == Verdict.OK.value),
            func.count().filter(part.verdict == Verdict.NOT_INSPECTABLE.value),
            func.count().filter(part.already_inspected),
        ).where(part.batch_id == batch_id)
    ).one()
    rejected = select(func.count()).select_from(rejection).where(rejection.c.batch_id == batch_id)

    # Two queries, because only a single min or max is read off the end of an index.
    moments = [
        connection.scalar(
            select(bound(inspection.c.inspected_at)).where(inspection.c.batch_id == batch_id)
        )
        for bound in (func.min, func.max)
    ]
    return BatchSummary(
        total=total,
        inspected=defective + ok + not_inspectable,
        defective=defective,
        ok=ok,
        not_inspectable=not_inspectable,
        rejected=connection.scalar(rejected) or 0,
        already_inspected=already_inspected,
        first_at=moments[0],
        last_at=moments[1],
    )


def rejections(connection: Connection, batch_id: int) -> list[Rejection]:
    """The batch's files that could not be inspected, in the order they came."""
    rows = connection.execute(
        select(rejection).where(rejection.c.batch_id == batch_id).order_by(rejection.c.id)
    )
    return [rejection_from(row) for row in rows]


def _batches() -> Select[int, str, str, str, int, str, str, int, datetime, datetime | None]:
    return select(*_COLUMNS).select_from(batch.join(model))
