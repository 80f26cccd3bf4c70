"""What the report of a shift is made of: its parts one by one, and its figures.

A shift is an interval of instants; every query cuts it out of an index that begins with the
time, or with the station and the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Result, case, func, select

from core.inspection.records import Verdict
from core.process.shift_report import Figures, InForce, Report, ReportedPart
from core.process.shifts import Shift
from core.review.decisions import Decision
from db.review.decisions import settled
from db.schema import batch, inspection, model, rejection, review_item, threshold_change
from db.selection import Selection, conditions

_CHUNK = 2_000
"""Rows held in memory at a time."""


def shift_parts(
    connection: Connection, shift: Shift, station: str | None = None, limit: int | None = None
) -> Iterator[ReportedPart]:
    """The shift's parts in the order they were inspected; read while they are asked for.

    ``limit`` takes the first ones only.
    """
    within = _within(shift, station)
    latest = settled()
    # Read first: parts that people decided are few, and joined to all the others they would be
    # looked for once a part.
    decisions = {
        number: tuple(said)
        for number, *said in connection.execute(
            select(
                inspection.c.id,
                latest.c.decision,
                func.nullif(latest.c.defect_type, ""),
                case((latest.c.verified, latest.c.name), else_=latest.c.name + " (unverified)"),
                func.nullif(latest.c.note, ""),
            )
            .select_from(latest.join(inspection, inspection.c.id == latest.c.inspection_id))
            .where(*within)
        )
    }
    query = (
        select(
            inspection.c.id,
            inspection.c.inspected_at,
            inspection.c.file,
            inspection.c.station,
            inspection.c.batch_id,
            inspection.c.verdict,
            inspection.c.probability,
            inspection.c.threshold,
            model.c.sha256,
            inspection.c.reason,
            inspection.c.photograph_sha256,
        )
        .select_from(inspection.join(model))
        .where(*within)
        .order_by(inspection.c.inspected_at, inspection.c.id)
        .limit(limit)
    )
    rows: Result[*tuple[Any, ...]] = connection.execute(
        query, execution_options={"yield_per": _CHUNK}
    )
    nobody = (None, None, None, None)
    for row in rows:
        yield ReportedPart(*row, *decisions.get(row[0], nobody))


def shift_report(connection: Connection, shift: Shift, station: str | None = None) -> Report:
    """The shift's figures, and the models and thresholds that gave its verdicts."""
    part = inspection.c
    flagged, passed, not_inspectable = connection.execute(
        select(
            func.count().filter(part.verdict == Verdict.DEFECTIVE.value),
            func.count().filter(part.verdict == Verdict.OK.value),
            func.count().filter(part.verdict == Verdict.NOT_INSPECTABLE.value),
        ).where(*_within(shift, station))
    ).one()
    decided, audited = _decided(connection, shift, station)
    p50, p95 = _latency(connection, shift, station)
    figures = Figures(
        inspected=flagged + passed + not_inspectable,
        flagged=flagged,
        passed=passed,
        not_inspectable=not_inspectable,
        rejected=_rejected(connection, shift, station),
        confirmed=decided[Verdict.DEFECTIVE, Decision.DEFECTIVE],
        false_alarms=decided[Verdict.DEFECTIVE, Decision.OK],
        awaiting=flagged
        - decided[Verdict.DEFECTIVE, Decision.DEFECTIVE]
        - decided[Verdict.DEFECTIVE, Decision.OK],
        audited=audited[Decision.DEFECTIVE] + audited[Decision.OK],
        audit_escapes=audited[Decision.DEFECTIVE],
        escapes=decided[Verdict.OK, Decision.DEFECTIVE],
        threshold_changes=_threshold_changes(connection, shift),
        latency_p50_ms=p50,
        latency_p95_ms=p95,
    )
    return Report(shift, station, figures, _in_force(connection, shift, station), None)


def latest_inspection(connection: Connection) -> datetime | None:
    """When the newest part was inspected; None where there is none."""
    newest: datetime | None = connection.scalar(select(func.max(inspection.c.inspected_at)))
    return newest


def _within(shift: Shift, station: str | None) -> list[ColumnElement[bool]]:
    return conditions(Selection(station, since=shift.begins, until=shift.ends))


def _in_force(connection: Connection, shift: Shift, station: str | None) -> tuple[InForce, ...]:
    used = (
        select(inspection.c.model_id, inspection.c.threshold, func.count().label("parts"))
        .where(*_within(shift, station))
        .group_by(inspection.c.model_id, inspection.c.threshold)
        .subquery("used")
    )
    rows = connection.execute(
        select(model.c.sha256, model.c.name, used.c.threshold, used.c.parts)
        .select_from(used.join(model, model.c.id == used.c.model_id))
        .order_by(used.c.parts.desc(), model.c.id, used.c.threshold)
    )
    return tuple(InForce(*row) for row in rows)


def _decided(
    connection: Connection, shift: Shift, station: str | None
) -> tuple[Counter[tuple[Verdict, Decision]], Counter[Decision]]:
    """Settled parts by verdict and decision, and those of the audit sample by decision."""
    latest = settled()
    audited = review_item.c.audit_rate.is_not(None)
    rows = connection.execute(
        select(inspection.c.verdict, latest.c.decision, audited, func.count())
        .select_from(
            latest.join(inspection, inspection.c.id == latest.c.inspection_id).outerjoin(
                review_item, review_item.c.inspection_id == inspection.c.id
            )
        )
        .where(*_within(shift, station))
        .group_by(inspection.c.verdict, latest.c.decision, audited)
    )
    all_parts: Counter[tuple[Verdict, Decision]] = Counter()
    sample: Counter[Decision] = Counter()
    for verdict, decision, drawn, count in rows:
        all_parts[Verdict(verdict), Decision(decision)] += count
        if drawn:
            sample[Decision(decision)] += count
    return all_parts, sample


def _rejected(connection: Connection, shift: Shift, station: str | None) -> int:
    query = (
        select(func.count())
        .select_from(rejection)
        .where(rejection.c.rejected_at >= shift.begins, rejection.c.rejected_at < shift.ends)
    )
    if station is not None:
        query = query.join(batch).where(batch.c.station == station)
    return connection.scalar(query) or 0


def _threshold_changes(connection: Connection, shift: Shift) -> int:
    log = threshold_change.c
    # The first entry of a model's log comes with the model and changes nothing.
    first = select(func.min(log.id)).group_by(log.model_id)
    query = select(func.count()).where(
        log.changed_at >= shift.begins, log.changed_at < shift.ends, log.id.not_in(first)
    )
    return connection.scalar(query) or 0


def _latency(
    connection: Connection, shift: Shift, station: str | None
) -> tuple[float | None, float | None]:
    part = inspection.c
    spent = part.decode_ms + part.gate_ms + part.inference_ms + func.coalesce(part.store_ms, 0.0)
    # Percentiles are counted here: SQLite has no function for them.
    values = np.fromiter(connection.scalars(select(spent).where(*_within(shift, station))), float)
    if not values.size:
        return None, None
    p50, p95 = np.percentile(values, (50, 95), method="inverted_cdf")
    return float(p50), float(p95)
